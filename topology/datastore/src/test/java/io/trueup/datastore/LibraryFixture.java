package io.trueup.datastore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;

import io.trueup.avro.RecordCodecs;
import io.trueup.broker.TestBroker;
import io.trueup.schema.Condition;
import io.trueup.schema.Divergence;
import io.trueup.schema.RepairEvent;
import io.trueup.source.Observation;
import io.trueup.source.WriteFormat;
import io.trueup.tree.Write;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The topics of one replica on the shared broker, a datastore in memory, and what can be seen of them from outside. */
final class LibraryFixture implements AutoCloseable {

    static final int PARTITIONS = 2;
    static final Duration PATIENCE = Duration.ofMinutes(2);

    final TestBroker broker = TestBroker.shared();
    final String group = TestBroker.unique("library");
    final ReplicaTopics topics;
    final Rows rows = new Rows();
    final KafkaProducer<byte[], byte[]> kafka = new KafkaProducer<>(
            Map.of("bootstrap.servers", broker.bootstrapServers(), "linger.ms", 0, "max.request.size", 5_000_000),
            new ByteArraySerializer(),
            new ByteArraySerializer());
    final WriteEventProducer events;
    private final Map<String, Object> changed;
    private final List<RepairConsumer> consumers = new ArrayList<>();

    LibraryFixture() {
        this(RecordLayout.TRUEUP);
    }

    LibraryFixture(RecordLayout layout) {
        this(layout, Map.of(), Map.of());
    }

    /**
     * @param changed settings of the clients
     * @param deadLetters configuration of the topic of dead letters
     */
    LibraryFixture(RecordLayout layout, Map<String, Object> changed, Map<String, String> deadLetters) {
        this.changed = changed;
        topics = new ReplicaTopics("us", group + ".writes", layout, group + ".repairs", layout, group + ".dead");
        broker.createTopics(PARTITIONS, topics.writes());
        broker.createTopics(PARTITIONS, Map.of("max.message.bytes", "5000000"), topics.repairs());
        broker.createTopics(1, deadLetters, topics.deadLetters());
        events = new WriteEventProducer(topics, settings());
    }

    Map<String, Object> settings() {
        Map<String, Object> settings = new HashMap<>(Map.of(
                "bootstrap.servers", broker.bootstrapServers(),
                "group.id", group,
                "fetch.max.wait.ms", 50,
                "heartbeat.interval.ms", 300,
                "linger.ms", 0));
        settings.putAll(changed);
        return settings;
    }

    RepairConsumer start() {
        return start((replica, key) -> null);
    }

    RepairConsumer start(ReferenceSource references) {
        RepairConsumer consumer =
                new RepairConsumer(topics, settings(), events, rows, references, RecordCodecs.embedded());
        consumers.add(consumer);
        new Thread(consumer, "repairs").start();
        return consumer;
    }

    static Key key(int partition, String text) {
        return new Key(partition, text.getBytes(UTF_8));
    }

    static Entry value(long version, String text) {
        return Entry.of(version, 1_000 + version, text.getBytes(UTF_8));
    }

    /** A repair of the replica that is valid for an hour. */
    RepairEvent.Builder repair(String id, Key key, Entry winner) {
        return RepairEvent.newBuilder()
                .setId(id)
                .setDataset("orders")
                .setTarget(topics.replica())
                .setSupplier("eu")
                .setPartition(key.partition())
                .setCut(5_000L)
                .setReason(Divergence.STALE)
                .setVersion(winner.version())
                .setPosition(winner.positionMs())
                .setDeleted(winner.deleted())
                .setValue(winner.value() == null ? null : ByteBuffer.wrap(winner.value()))
                .setCondition(Condition.UNLESS_NEWER)
                .setValidUntil(System.currentTimeMillis() + 3_600_000);
    }

    void send(Key key, RepairEvent repair) {
        send(record(key, repair));
    }

    ProducerRecord<byte[], byte[]> record(Key key, RepairEvent repair) {
        return new ProducerRecord<>(
                topics.repairs(),
                key.partition(),
                key.bytes(),
                RecordCodecs.embedded().of(RepairEvent.class).encode(topics.repairs(), repair));
    }

    void send(ProducerRecord<byte[], byte[]> record) {
        try {
            var unused = kafka.send(record).get();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** What the job reads in the writes topic: {@code key=value@version} or {@code key deleted@version}, and the repair that it answers. */
    List<String> written() {
        return observed().stream()
                .filter(Observation.Observed.class::isInstance)
                .map(observation -> text(((Observation.Observed) observation).write()))
                .toList();
    }

    List<Observation> observed() {
        return broker.readAll(topics.writes()).stream().map(this::observation).toList();
    }

    void awaitWritten(String... expected) {
        await().atMost(PATIENCE).until(() -> written().containsAll(List.of(expected)));
    }

    List<ConsumerRecord<byte[], byte[]>> deadLetters() {
        return broker.readAll(topics.deadLetters());
    }

    /** The committed offset of a partition of the repairs topic, or 0. */
    long committed(int partition) {
        try {
            var offsets = broker.admin()
                    .listConsumerGroupOffsets(group)
                    .partitionsToOffsetAndMetadata()
                    .get();
            var offset = offsets.get(new TopicPartition(topics.repairs(), partition));
            return offset == null ? 0 : offset.offset();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private Observation observation(ConsumerRecord<byte[], byte[]> record) {
        try {
            String format = topics.writesLayout() == RecordLayout.PLAIN ? "plain" : "trueup";
            return WriteFormat.of(format, topics.writes(), RecordCodecs.embedded())
                    .decode(
                            record.key(),
                            record.value(),
                            record.headers(),
                            record.timestamp(),
                            record.offset(),
                            record.timestamp());
        } catch (Exception e) {
            throw new AssertionError("the job cannot read " + record, e);
        }
    }

    private static String text(Write write) {
        String content = write.deleted() ? " deleted" : "=" + new String(write.value(), UTF_8);
        String version = write.version() == Entry.NOTHING ? "nothing" : Long.toString(write.version());
        return new String(write.key(), UTF_8) + content + "@" + version
                + (write.repairId() == null ? "" : " answers " + write.repairId());
    }

    @Override
    public void close() {
        consumers.forEach(RepairConsumer::close);
        events.close();
        kafka.close();
    }

    /** A datastore in memory that a test can disturb. */
    static class Rows implements Datastore {

        final Map<Key, Entry> stored = new ConcurrentHashMap<>();

        /** Sends digests in place of values. */
        volatile boolean digests;

        /** Called before each call of the datastore, with the name of its method. */
        volatile Disturbance disturbance = (method, key) -> {};

        @FunctionalInterface
        interface Disturbance {

            void before(String method, Key key) throws Exception;
        }

        @Override
        public Entry read(Key key) throws Exception {
            disturbance.before("read", key);
            Entry held = stored.get(key);
            return held == null ? null : reported(held);
        }

        @Override
        public Entry reported(Entry winner) {
            return digests && !winner.deleted() ? winner.withDigestOnly(digest(winner.value())) : winner;
        }

        private static byte[] digest(byte[] value) {
            return ByteBuffer.allocate(Entry.DIGEST_BYTES)
                    .putInt(Arrays.hashCode(value))
                    .array();
        }

        @Override
        public boolean replace(Key key, Entry held, Entry winner) throws Exception {
            disturbance.before("replace", key);
            return held == null ? stored.putIfAbsent(key, winner) == null : stored.replace(key, held, winner);
        }

        @Override
        public void scan(int partition, BiConsumer<Key, Entry> row) throws Exception {
            disturbance.before("scan", null);
            stored.forEach((key, entry) -> {
                if (key.partition() == partition) {
                    row.accept(key, entry);
                }
            });
        }
    }
}
