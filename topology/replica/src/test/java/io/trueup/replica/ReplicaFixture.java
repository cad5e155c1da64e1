package io.trueup.replica;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodecs;
import io.trueup.broker.TestBroker;
import io.trueup.repair.EncodedRepair;
import io.trueup.replica.table.Datastore;
import io.trueup.source.Observation;
import io.trueup.source.WriteFormat;
import io.trueup.tree.Write;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;

/** The topics, the database and the configuration of one replica, and what can be seen of it from outside. */
final class ReplicaFixture implements AutoCloseable {

    static final int PARTITIONS = 4;
    static final Duration TIMEOUT = Duration.ofSeconds(60);

    final String feed = TestBroker.unique("feed");
    final String writes = feed + "-writes";
    final String repairs = feed + "-repairs";
    final String deadLetters = feed + "-dead";
    final Map<String, String> settings = new HashMap<>();
    final KafkaProducer<byte[], byte[]> producer;

    private final TestBroker broker = TestBroker.shared();
    private final Path directory;

    ReplicaFixture(Path directory) {
        this(directory, Map.of("retention.ms", "-1"));
    }

    /** @param writesTopic configuration of the writes topic */
    ReplicaFixture(Path directory, Map<String, String> writesTopic) {
        this.directory = directory;
        broker.createTopics(PARTITIONS, feed, repairs);
        broker.createTopics(PARTITIONS, writesTopic, writes);
        broker.createTopics(1, deadLetters);
        producer = broker.promptProducer();
        settings.put("name", "eu");
        settings.put("group.id", feed);
        settings.put("bootstrap.servers", broker.bootstrapServers());
        settings.put("feed.topic", feed);
        settings.put("writes.topic", writes);
        settings.put("repairs.topic", repairs);
        settings.put("dead.letter.topic", deadLetters);
        settings.put("jdbc.url", "jdbc:sqlite:" + directory.resolve("eu.db"));
        settings.put("progress.interval", "200ms");
        settings.put("kafka.fetch.max.wait.ms", "50");
        settings.put("kafka.heartbeat.interval.ms", "300");
    }

    ReplicaFixture with(String key, String value) {
        settings.put(key, value);
        return this;
    }

    ReplicaConfig config() {
        return ReplicaConfig.of(settings);
    }

    Replica start() {
        return start(Intake.FAITHFUL);
    }

    Replica start(Intake intake) {
        Replica replica = new Replica(config(), intake);
        replica.start();
        return replica;
    }

    Path directory() {
        return directory;
    }

    /** The partition of a key in all topics of the fixture. */
    static int partition(String key) {
        return Math.floorMod(key.hashCode(), PARTITIONS);
    }

    /** Sends a write and returns its offset, which is its version. */
    long feed(String key, String value) {
        return send(new ProducerRecord<>(feed, partition(key), bytes(key), value == null ? null : bytes(value)));
    }

    /** Sends a write with a given version. */
    long feed(String key, String value, long version) {
        ProducerRecord<byte[], byte[]> record =
                new ProducerRecord<>(feed, partition(key), bytes(key), value == null ? null : bytes(value));
        record.headers().add("trueup.version", bytes(Long.toString(version)));
        return send(record);
    }

    void repair(EncodedRepair repair) {
        int partition = partition(new String(repair.key(), UTF_8));
        send(new ProducerRecord<>(repairs, partition, repair.key(), repair.value(), repair.headers()));
    }

    long send(ProducerRecord<byte[], byte[]> record) {
        try {
            return producer.send(record).get().offset();
        } catch (ExecutionException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Waits until every record that is in feed and repairs now is applied, its write event is sent and its offset is committed, while the
     * replica runs.
     */
    void awaitCaughtUp(Replica replica) {
        await().atMost(TIMEOUT).pollInterval(Duration.ofMillis(20)).until(() -> {
            assertThat(replica.status().state()).isEqualTo(Replica.State.RUNNING);
            return isCaughtUp();
        });
    }

    /** Whether the offsets of all records that are in feed and repairs now are committed. */
    boolean isCaughtUp() throws ExecutionException, InterruptedException {
        Map<TopicPartition, Long> ends = new HashMap<>(ends(feed));
        ends.putAll(ends(repairs));
        Map<TopicPartition, OffsetAndMetadata> committed = broker.admin()
                .listConsumerGroupOffsets(config().groupId())
                .partitionsToOffsetAndMetadata()
                .get();
        return ends.entrySet().stream()
                .filter(end -> end.getValue() > 0)
                .allMatch(end -> committed.get(end.getKey()) != null
                        && committed.get(end.getKey()).offset() >= end.getValue());
    }

    Map<TopicPartition, Long> ends(String topic) {
        Map<TopicPartition, OffsetSpec> specs = new HashMap<>();
        for (int p = 0; p < PARTITIONS; p++) {
            specs.put(new TopicPartition(topic, p), OffsetSpec.latest());
        }
        try {
            Map<TopicPartition, Long> ends = new HashMap<>();
            broker.admin().listOffsets(specs).all().get().forEach((tp, info) -> ends.put(tp, info.offset()));
            return ends;
        } catch (ExecutionException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The entries of the table, without tombstones and expired entries. */
    Map<String, String> table() {
        Map<String, String> table = new TreeMap<>();
        try (Datastore datastore = Datastore.open(config().jdbc())) {
            datastore.forEach(
                    System.currentTimeMillis(),
                    entry -> table.put(text(entry.key()), text(entry.value()) + "@" + entry.version()));
        }
        return table;
    }

    /** The entries of the last write event of each key, without deletes. Each event must be in the partition of its key. */
    Map<String, String> lastReported() {
        Map<String, String> reported = new TreeMap<>();
        for (SentWrite event : writeEvents()) {
            Write write = event.write();
            String key = text(write.key());
            assertThat(event.record().partition()).isEqualTo(partition(key));
            if (write.deleted()) {
                reported.remove(key);
            } else {
                reported.put(key, text(write.value()) + "@" + write.version());
            }
        }
        return reported;
    }

    /** All write events. */
    List<SentWrite> writeEvents() {
        List<SentWrite> events = new ArrayList<>();
        for (Seen seen : seen()) {
            if (seen.observation() instanceof Observation.Observed observed) {
                events.add(new SentWrite(seen.record(), observed.write()));
            }
        }
        return events;
    }

    /** All records of the writes topic, in order within each partition. */
    List<Seen> seen() {
        return broker.readAll(writes).stream()
                .map(record -> new Seen(record, observation(record)))
                .toList();
    }

    /** Waits for a write event that answers a repair, and returns the last one. */
    Write answer(String repairId) {
        return await().atMost(TIMEOUT)
                .until(
                        () -> writeEvents().stream()
                                .map(SentWrite::write)
                                .filter(write -> repairId.equals(write.repairId()))
                                .reduce((first, second) -> second)
                                .orElse(null),
                        write -> write != null);
    }

    /** Positions of the progress events, by partition, in order. */
    Map<Integer, List<Long>> progress() {
        Map<Integer, List<Long>> progress = new TreeMap<>();
        for (ConsumerRecord<byte[], byte[]> record : broker.readAll(writes)) {
            if (observation(record) instanceof Observation.Progress event) {
                progress.computeIfAbsent(record.partition(), partition -> new ArrayList<>())
                        .add(event.positionMs());
            }
        }
        return progress;
    }

    List<ConsumerRecord<byte[], byte[]>> deadLetters() {
        return broker.readAll(deadLetters);
    }

    /** Moves the offsets of the group back to the beginning. The group must be empty. */
    void rewindGroup() {
        Map<TopicPartition, OffsetAndMetadata> zero = new HashMap<>();
        for (String topic : List.of(feed, repairs)) {
            for (int p = 0; p < PARTITIONS; p++) {
                zero.put(new TopicPartition(topic, p), new OffsetAndMetadata(0));
            }
        }
        await().atMost(TIMEOUT).ignoreExceptions().until(() -> {
            broker.admin()
                    .alterConsumerGroupOffsets(config().groupId(), zero)
                    .all()
                    .get();
            return true;
        });
    }

    private Observation observation(ConsumerRecord<byte[], byte[]> record) {
        try {
            return WriteFormat.of(settings.getOrDefault("writes.format", "trueup"), writes, RecordCodecs.embedded())
                    .decode(
                            record.key(),
                            record.value(),
                            record.headers(),
                            record.timestamp(),
                            record.offset(),
                            record.timestamp());
        } catch (MalformedRecordException e) {
            throw new AssertionError("the replica wrote a malformed write event: " + record, e);
        }
    }

    static String header(ConsumerRecord<byte[], byte[]> record, String name) {
        Header header = record.headers().lastHeader(name);
        return header == null ? null : text(header.value());
    }

    static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    static String text(byte[] bytes) {
        return new String(bytes, UTF_8);
    }

    @Override
    public void close() {
        producer.close();
    }

    /** A record of the writes topic, and what the format of the job reads in it. */
    record Seen(ConsumerRecord<byte[], byte[]> record, Observation observation) {}

    /** A write event, as the format of the job reads it, and its record. */
    record SentWrite(ConsumerRecord<byte[], byte[]> record, Write write) {}
}
