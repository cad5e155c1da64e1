package io.trueup.repair;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.trueup.avro.RecordCodecs;
import io.trueup.avro.SingleObjectCodec;
import io.trueup.broker.EmbeddedBroker;
import io.trueup.broker.TestBroker;
import io.trueup.repair.ReadResult.Outcome;
import io.trueup.schema.HeaderNames;
import io.trueup.schema.ProgressEvent;
import io.trueup.schema.WriteEvent;
import io.trueup.source.TrueupHeaders;
import io.trueup.source.WriteFormat;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ValueReaderIT {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final ReadLimits LIMITS = new ReadLimits(100_000, 64L << 20, Duration.ofSeconds(60));

    private final TestBroker broker = TestBroker.shared();
    private final String topic = TestBroker.unique("writes");
    private final List<Future<RecordMetadata>> sent = new ArrayList<>();
    private KafkaProducer<byte[], byte[]> producer;
    private ValueReader<Integer> reader;

    @BeforeEach
    void createProducer() {
        producer = broker.producer();
    }

    @AfterEach
    void closeClients() {
        producer.close();
        if (reader != null) {
            reader.close();
        }
    }

    @Test
    void shouldReadDenseAndSparseOffsetsOfSeveralPartitions() throws Exception {
        broker.createTopics(4, topic);
        for (int i = 0; i < 40_000; i++) {
            send(i % 4, i, "value " + i);
        }
        awaitSent();
        open(LIMITS);
        Set<Integer> wanted = new HashSet<>();
        for (int i = 0; i < 40_000; i++) {
            boolean dense = i >= 10_000 && i < 12_000;
            if (dense || i % 9973 == 0 || i == 39_999) {
                wanted.add(i);
                offer(i % 4, i / 4, i, i);
            }
        }

        Map<Integer, ReadResult<Integer>> results = results(wanted.size(), 4);

        assertThat(results.keySet()).isEqualTo(wanted);
        results.forEach((i, result) -> {
            assertThat(result.outcome()).isEqualTo(Outcome.VALUE);
            assertThat(result.value()).isEqualTo(bytes("value " + i));
        });
        assertThat(reader.outstanding()).isZero();
    }

    /** Requests arrive in any order and while others are being read. */
    @Test
    void shouldAnswerEachOfManyRandomRequestsOnce() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        broker.createTopics(2, topic);
        for (int i = 0; i < 20_000; i++) {
            send(i % 2, i, "value " + i);
        }
        awaitSent();
        open(LIMITS);
        List<ReadResult<Integer>> results = new ArrayList<>();
        Map<Integer, Integer> requested = new HashMap<>();
        for (int ticket = 0; ticket < 3000; ticket++) {
            int i = random.nextInt(20_000);
            requested.put(ticket, i);
            offer(i % 2, i / 2, i, ticket);
            poll(results, 2);
        }
        await().atMost(SOON).pollInterval(Duration.ofMillis(5)).until(() -> {
            poll(results, 2);
            return results.size() == 3000;
        });

        assertThat(results.stream().map(result -> result.request().ticket()))
                .as("seed %d", seed)
                .doesNotHaveDuplicates();
        assertThat(results)
                .as("seed %d", seed)
                .allSatisfy(result -> assertThat(result.value())
                        .isEqualTo(
                                bytes("value " + requested.get(result.request().ticket()))));
    }

    @Test
    void shouldReportWhatTheRecordAtTheOffsetIs() throws Exception {
        broker.createTopics(1, topic);
        send(record(0, key(0), null, 0));
        send(0, 1, "value");
        send(record(0, null, null, 2));
        send(new ProducerRecord<>(topic, 0, null, (byte[]) null, (byte[]) null, headers("trueup.progress", "7")));
        awaitSent();
        open(LIMITS);

        offer(0, 0, 0, 0);
        offer(0, 1, 9, 1);
        assertThat(reader.offer(new ReadRequest<>(0, 1, key(1), 9, 2))).isTrue();
        offer(0, 2, 2, 3);
        offer(0, 3, 3, 4);
        offer(0, 1, 1, 5);
        Map<Integer, ReadResult<Integer>> results = results(6, 1);

        assertThat(results.get(0).outcome()).isEqualTo(Outcome.DELETED);
        assertThat(results.get(1))
                .returns(Outcome.MISMATCH, ReadResult::outcome)
                .returns("another key", ReadResult::note);
        assertThat(results.get(2).outcome()).isEqualTo(Outcome.MISMATCH);
        assertThat(results.get(2).note()).isEqualTo("version 1 instead of 9");
        assertThat(results.get(3).outcome()).isEqualTo(Outcome.MISMATCH);
        assertThat(results.get(3).note()).contains("record key");
        assertThat(results.get(4))
                .returns(Outcome.MISMATCH, ReadResult::outcome)
                .returns("neither a write event nor a scanned row", ReadResult::note);
        assertThat(results.get(5).value()).isEqualTo(bytes("value"));
    }

    @Test
    void shouldReadAvroWriteEvents() throws Exception {
        broker.createTopics(1, topic);
        SingleObjectCodec<WriteEvent> codec = SingleObjectCodec.of(WriteEvent.class);
        WriteEvent value = WriteEvent.newBuilder()
                .setVersion(0)
                .setPosition(5)
                .setValue(ByteBuffer.wrap(bytes("value")))
                .build();
        WriteEvent digest = WriteEvent.newBuilder()
                .setVersion(1)
                .setPosition(5)
                .setValueDigest(ByteBuffer.allocate(16))
                .build();
        send(new ProducerRecord<>(topic, 0, key(0), codec.encode(topic, value)));
        send(new ProducerRecord<>(topic, 0, key(1), codec.encode(topic, digest)));
        send(new ProducerRecord<>(
                topic, 0, null, SingleObjectCodec.of(ProgressEvent.class).encode(topic, new ProgressEvent(7L))));
        awaitSent();
        reader = new ValueReader<>(
                config(broker.bootstrapServers()),
                topic,
                WriteFormat.of("trueup", topic, RecordCodecs.embedded()),
                LIMITS);

        offer(0, 0, 0, 0);
        offer(0, 1, 1, 1);
        offer(0, 2, 2, 2);
        Map<Integer, ReadResult<Integer>> results = results(3, 1);

        assertThat(results.get(0).value()).isEqualTo(bytes("value"));
        assertThat(results.get(1))
                .returns(Outcome.NO_VALUE, ReadResult::outcome)
                .returns(null, ReadResult::value);
        assertThat(results.get(2).outcome()).isEqualTo(Outcome.MISMATCH);
    }

    @Test
    void shouldReportOffsetsBelowTheStartOfTheLogAsGone() throws Exception {
        broker.createTopics(2, topic);
        for (int i = 0; i < 2000; i++) {
            send(i % 2, i, "value " + i);
        }
        awaitSent();
        broker.admin()
                .deleteRecords(Map.of(
                        new TopicPartition(topic, 0), RecordsToDelete.beforeOffset(500),
                        new TopicPartition(topic, 1), RecordsToDelete.beforeOffset(1000)))
                .all()
                .get();
        open(LIMITS);
        for (int i = 0; i < 2000; i++) {
            offer(i % 2, i / 2, i, i);
        }

        Map<Integer, ReadResult<Integer>> results = results(2000, 2);

        results.forEach((i, result) ->
                assertThat(result.outcome()).isEqualTo(i % 2 == 1 || i < 1000 ? Outcome.GONE : Outcome.VALUE));
    }

    @Test
    void shouldReportCompactedOffsetsAsGone() throws Exception {
        Map<String, String> compacted = Map.of(
                "cleanup.policy", "compact",
                "min.cleanable.dirty.ratio", "0.01",
                "segment.ms", "100",
                "max.compaction.lag.ms", "100");
        broker.createTopics(1, compacted, topic);
        for (int i = 0; i < 300; i++) {
            send(record(0, key(i % 3), bytes("value " + i), i));
        }
        awaitSent();
        await().atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(500))
                .until(() -> {
                    producer.send(record(0, key(99), bytes("a later segment"), 99))
                            .get();
                    return broker.readAll(topic).stream()
                                    .filter(record -> record.offset() < 300)
                                    .count()
                            == 3;
                });
        open(LIMITS);
        for (int i = 0; i < 300; i++) {
            assertThat(reader.offer(new ReadRequest<>(0, i, key(i % 3), i, i))).isTrue();
        }

        Map<Integer, ReadResult<Integer>> results = results(300, 1);

        results.forEach((i, result) -> assertThat(result.outcome()).isEqualTo(i < 297 ? Outcome.GONE : Outcome.VALUE));
    }

    @Test
    void shouldReportAbortedOffsetsAndTransactionMarkersAsGone() throws Exception {
        broker.createTopics(2, topic);
        List<Long> committed = new ArrayList<>();
        List<Long> aborted = new ArrayList<>();
        try (KafkaProducer<byte[], byte[]> transactional = transactionalProducer()) {
            transactional.initTransactions();
            for (int round = 0; round < 10; round++) {
                transactional.beginTransaction();
                List<Future<RecordMetadata>> sent = new ArrayList<>();
                for (int i = 0; i < 20; i++) {
                    sent.add(transactional.send(record(0, key(7), bytes("value"), 7)));
                }
                transactional.flush();
                boolean commit = round % 2 == 0;
                for (Future<RecordMetadata> each : sent) {
                    (commit ? committed : aborted).add(each.get().offset());
                }
                if (commit) {
                    transactional.commitTransaction();
                } else {
                    transactional.abortTransaction();
                }
            }
        }
        long markerAtTheEnd = 10 * 21 - 1;
        open(LIMITS);
        for (long offset = 0; offset <= markerAtTheEnd; offset++) {
            assertThat(reader.offer(new ReadRequest<>(0, offset, key(7), 7, (int) offset)))
                    .isTrue();
        }

        Map<Integer, ReadResult<Integer>> results = results(210, 2);

        assertThat(offsets(results, Outcome.VALUE)).containsExactlyInAnyOrderElementsOf(committed);
        assertThat(offsets(results, Outcome.GONE))
                .containsAll(aborted)
                .contains(20L, markerAtTheEnd)
                .hasSize(110);
    }

    /** Only offsets of the last, aborted transaction are requested: no record is returned, only the position moves. */
    @Test
    void shouldNotWaitForRecordsAfterAnAbortAtTheEnd() throws Exception {
        broker.createTopics(1, topic);
        long offset;
        try (KafkaProducer<byte[], byte[]> transactional = transactionalProducer()) {
            transactional.initTransactions();
            transactional.beginTransaction();
            offset = transactional
                    .send(record(0, key(7), bytes("value"), 7))
                    .get()
                    .offset();
            transactional.abortTransaction();
        }
        open(LIMITS);

        offer(0, offset, 7, 0);

        assertThat(results(1, 1).get(0).outcome()).isEqualTo(Outcome.GONE);
    }

    @Test
    void shouldFailRequestsBeyondTheEndWithoutHoldingUpOthers() throws Exception {
        broker.createTopics(2, topic);
        for (int i = 0; i < 100; i++) {
            send(0, i, "value " + i);
        }
        awaitSent();
        open(LIMITS);

        offer(0, 100, 100, 100);
        offer(0, 5000, 5000, 5000);
        offer(1, 0, 1, 1);
        offer(0, 50, 50, 50);
        Map<Integer, ReadResult<Integer>> results = results(4, 2);

        assertThat(results.get(50).outcome()).isEqualTo(Outcome.VALUE);
        assertThat(List.of(results.get(100), results.get(5000), results.get(1)))
                .allSatisfy(result -> assertThat(result.outcome()).isEqualTo(Outcome.FAILED))
                .allSatisfy(result -> assertThat(result.note()).contains("beyond the end of the log"));
    }

    @Test
    void shouldReadLargeValuesWithinItsMemory() throws Exception {
        int values = 24;
        broker.createTopics(2, Map.of("retention.ms", "-1", "max.message.bytes", "2000000"), topic);
        try (KafkaProducer<byte[], byte[]> large = new KafkaProducer<>(
                Map.of("bootstrap.servers", broker.bootstrapServers(), "max.request.size", 2_000_000),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            for (int i = 0; i < values; i++) {
                byte[] value = new byte[1_000_000 + i];
                Arrays.fill(value, (byte) i);
                sent.add(large.send(record(i % 2, key(i), value, i)));
            }
        }
        awaitSent();
        open(new ReadLimits(1000, 3_000_000, Duration.ofSeconds(60)));
        for (int i = 0; i < values; i++) {
            offer(i % 2, i / 2, i, i);
        }
        List<ReadResult<Integer>> results = new ArrayList<>();
        await().atMost(SOON).until(() -> reader.outstanding() == values);

        await().atMost(SOON).pollInterval(Duration.ofMillis(5)).until(() -> {
            poll(results, 2);
            return results.size() == values;
        });

        assertThat(results).allSatisfy(result -> {
            int i = result.request().ticket();
            assertThat(result.value()).hasSize(1_000_000 + i).startsWith(i).endsWith(i);
        });
    }

    @Test
    void shouldRefuseRequestsBeyondItsLimitUntilResultsArePolled() throws Exception {
        broker.createTopics(1, topic);
        for (int i = 0; i < 10; i++) {
            send(0, i, "value " + i);
        }
        awaitSent();
        open(new ReadLimits(5, 1 << 20, Duration.ofSeconds(60)));
        for (int i = 0; i < 5; i++) {
            offer(0, i, i, i);
        }

        assertThat(reader.offer(new ReadRequest<>(0, 9, key(9), 9, 9))).isFalse();
        results(5, 1);
        offer(0, 9, 9, 9);

        assertThat(results(1, 1).get(9).value()).isEqualTo(bytes("value 9"));
    }

    @Test
    void shouldForgetAPartitionThatMovedAway() throws Exception {
        broker.createTopics(2, topic);
        send(0, 0, "value 0");
        send(1, 1, "value 1");
        awaitSent();
        open(LIMITS);
        offer(0, 0, 0, 0);
        offer(1, 0, 1, 1);

        reader.forget(0);

        assertThat(results(1, 2).get(1).value()).isEqualTo(bytes("value 1"));
        assertThat(reader.outstanding()).isZero();
    }

    @Test
    void shouldSurviveAnOutageOfTheBroker() throws Exception {
        try (EmbeddedBroker own = EmbeddedBroker.start()) {
            try (Admin admin = Admin.create(Map.of("bootstrap.servers", own.bootstrapServers()))) {
                admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1)))
                        .all()
                        .get();
            }
            try (KafkaProducer<byte[], byte[]> sender = new KafkaProducer<>(
                    Map.of("bootstrap.servers", own.bootstrapServers()),
                    new ByteArraySerializer(),
                    new ByteArraySerializer())) {
                for (int i = 0; i < 10; i++) {
                    sender.send(record(0, key(i), bytes("value " + i), i)).get();
                }
            }
            reader = new ValueReader<>(
                    config(own.bootstrapServers()),
                    topic,
                    WriteFormat.of("plain", topic, RecordCodecs.embedded()),
                    new ReadLimits(100, 1 << 20, Duration.ofSeconds(5)));
            offer(0, 0, 0, 0);
            assertThat(results(1, 1).get(0).outcome()).isEqualTo(Outcome.VALUE);

            own.kill();
            offer(0, 1, 1, 1);
            ReadResult<Integer> delayed = results(1, 1).get(1);
            assertThat(delayed.outcome()).isEqualTo(Outcome.FAILED);
            assertThat(delayed.note()).contains("not read in time");

            own.restart();
            await().atMost(SOON).until(() -> {
                offer(0, 2, 2, 2);
                return results(1, 1).get(2).outcome() == Outcome.VALUE;
            });

            own.kill();
            offer(0, 3, 3, 3);
            long startMs = System.nanoTime() / 1_000_000;
            reader.close();
            assertThat(System.nanoTime() / 1_000_000 - startMs).isLessThan(5000);
            assertThat(readerThreads()).isEmpty();
        }
    }

    @Test
    void shouldEndItsThreadAndRefuseRequestsWhenClosed() {
        broker.createTopics(1, topic);
        open(LIMITS);
        assertThat(readerThreads()).hasSize(1);

        reader.close();

        assertThat(readerThreads()).isEmpty();
        assertThat(reader.offer(new ReadRequest<>(0, 0, key(0), 0, 0))).isFalse();
    }

    @Test
    void shouldRefuseAnImpossibleConfiguration() {
        Map<String, Object> config = Map.of("bootstrap.servers", "nowhere");
        assertThatThrownBy(() -> new ValueReader<>(
                        config, topic, WriteFormat.of("plain", topic, RecordCodecs.embedded()), LIMITS))
                .isInstanceOf(KafkaException.class);
        assertThat(readerThreads()).isEmpty();
    }

    private void open(ReadLimits limits) {
        reader = new ValueReader<>(
                config(broker.bootstrapServers()),
                topic,
                WriteFormat.of("plain", topic, RecordCodecs.embedded()),
                limits);
    }

    private static Map<String, Object> config(String bootstrapServers) {
        return Map.of("bootstrap.servers", bootstrapServers, "group.id", "must not matter", "client.id", "reader");
    }

    private void offer(int partition, long offset, int i, int ticket) {
        assertThat(reader.offer(new ReadRequest<>(partition, offset, key(i), i, ticket)))
                .isTrue();
    }

    private Map<Integer, ReadResult<Integer>> results(int count, int partitions) {
        List<ReadResult<Integer>> results = new ArrayList<>();
        await().atMost(SOON).pollInterval(Duration.ofMillis(5)).until(() -> {
            poll(results, partitions);
            return results.size() >= count;
        });
        assertThat(results).hasSize(count);
        return results.stream()
                .collect(Collectors.toMap(result -> result.request().ticket(), result -> result));
    }

    private void poll(List<ReadResult<Integer>> results, int partitions) {
        for (int partition = 0; partition < partitions; partition++) {
            for (ReadResult<Integer> result; (result = reader.poll(partition)) != null; ) {
                assertThat(result.request().partition()).isEqualTo(partition);
                results.add(result);
            }
        }
    }

    private static List<Long> offsets(Map<Integer, ReadResult<Integer>> results, Outcome outcome) {
        return results.values().stream()
                .filter(result -> result.outcome() == outcome)
                .map(result -> result.request().offset())
                .toList();
    }

    private List<Thread> readerThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("trueup-values-" + topic))
                .toList();
    }

    private void send(int partition, int i, String value) {
        send(record(partition, key(i), bytes(value), i));
    }

    private void send(ProducerRecord<byte[], byte[]> record) {
        sent.add(producer.send(record));
    }

    private void awaitSent() throws Exception {
        producer.flush();
        for (Future<RecordMetadata> each : sent) {
            each.get();
        }
        sent.clear();
    }

    private ProducerRecord<byte[], byte[]> record(int partition, byte[] key, byte[] value, int version) {
        return new ProducerRecord<>(
                topic, partition, key, value, headers(HeaderNames.VERSION, Integer.toString(version)));
    }

    private static Headers headers(String name, String value) {
        Headers headers = new RecordHeaders();
        TrueupHeaders.add(headers, name, value);
        return headers;
    }

    private KafkaProducer<byte[], byte[]> transactionalProducer() {
        return new KafkaProducer<>(
                Map.of("bootstrap.servers", broker.bootstrapServers(), "transactional.id", topic),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    private static byte[] key(int i) {
        return bytes("key " + i);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
