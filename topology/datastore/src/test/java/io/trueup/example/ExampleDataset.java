package io.trueup.example;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;

import io.trueup.avro.SingleObjectCodec;
import io.trueup.broker.TestBroker;
import io.trueup.config.TrueupConfig;
import io.trueup.datastore.Key;
import io.trueup.job.Job;
import io.trueup.replica.Replica;
import io.trueup.replica.ReplicaConfig;
import io.trueup.replica.table.Datastore;
import io.trueup.schema.HeaderNames;
import io.trueup.schema.RoundReport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * A dataset on a real broker: {@code eu} is the reference datastore, which is right; the other replica is the test's, and faults are planted
 * there. The job runs once the test starts it.
 */
final class ExampleDataset implements AutoCloseable {

    static final int PARTITIONS = 2;
    static final Duration PATIENCE = Duration.ofMinutes(2);

    /** The keys at which the other replica differs. */
    static final Set<String> FAULTS = Set.of("lost write", "corrupted", "lost delete");

    private static final SingleObjectCodec<RoundReport> REPORTS = SingleObjectCodec.of(RoundReport.class);

    private final TestBroker broker = TestBroker.shared();
    private final String name = TestBroker.unique("example");
    private final KafkaProducer<byte[], byte[]> producer = broker.promptProducer();
    private final Path directory;
    private final String other;
    private final String format;
    private final Replica eu;
    private Job job;

    /** Stores a write at the other replica, and returns once its write event is sent. */
    @FunctionalInterface
    interface Intake {

        /**
         * Stores a write.
         *
         * @param value null for a delete
         */
        void store(Key key, String value, long version, long positionMs) throws Exception;
    }

    /** @param format the format of the other replica's write events and repairs, as in the configuration of the job */
    ExampleDataset(Path directory, String other, String format) {
        this.directory = directory;
        this.other = other;
        this.format = format;
        broker.createTopics(
                PARTITIONS, feed("eu"), feed(other), writes("eu"), writes(other), repairs("eu"), repairs(other));
        broker.createTopics(1, deadLetters());
        Map<String, String> settings = new HashMap<>(Map.of(
                "name", "eu",
                "group.id", name + "-eu",
                "bootstrap.servers", broker.bootstrapServers(),
                "feed.topic", feed("eu"),
                "writes.topic", writes("eu"),
                "repairs.topic", repairs("eu"),
                "dead.letter.topic", deadLetters(),
                "jdbc.url", url(),
                "progress.interval", "200ms",
                "kafka.fetch.max.wait.ms", "50"));
        eu = new Replica(ReplicaConfig.of(settings));
        eu.start();
    }

    String feed(String replica) {
        return name + ".feed." + replica;
    }

    String writes(String replica) {
        return name + ".writes." + replica;
    }

    String repairs(String replica) {
        return name + ".repairs." + replica;
    }

    String deadLetters() {
        return name + ".dead-letters";
    }

    String bootstrapServers() {
        return broker.bootstrapServers();
    }

    Map<String, String> kafka(String replica) {
        return Map.of("bootstrap.servers", bootstrapServers(), "group.id", name + "-" + replica);
    }

    Key key(String text) {
        return Key.partitioned(text.getBytes(UTF_8), PARTITIONS);
    }

    /**
     * Writes keys to both replicas. The other one has lost a write and a delete, and has stored a wrong value.
     *
     * @return what the reference datastore holds, and the other one should: {@code value@version} by key
     */
    Map<String, String> plant(Intake intake) throws Exception {
        Map<String, String> expected = new TreeMap<>();
        long positionMs = System.currentTimeMillis();
        for (int i = 0; i < 20; i++) {
            feed("eu", "equal-" + i, "value", 1, positionMs);
            intake.store(key("equal-" + i), "value", 1, positionMs);
            expected.put("equal-" + i, "value@1");
        }
        feed("eu", "lost write", "first", 1, positionMs);
        intake.store(key("lost write"), "first", 1, positionMs);
        feed("eu", "lost write", "second", 2, positionMs + 1);
        expected.put("lost write", "second@2");
        feed("eu", "corrupted", "right", 1, positionMs);
        intake.store(key("corrupted"), "wrong", 1, positionMs);
        expected.put("corrupted", "right@1");
        feed("eu", "lost delete", "first", 1, positionMs);
        intake.store(key("lost delete"), "first", 1, positionMs);
        feed("eu", "lost delete", null, 2, positionMs + 1);
        await().atMost(PATIENCE).until(() -> reference().equals(expected));
        return expected;
    }

    /** Sends a record to the feed of a replica. */
    void feed(String replica, String key, String value, long version, long positionMs) throws Exception {
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(
                feed(replica), key(key).partition(), key.getBytes(UTF_8), value == null ? null : value.getBytes(UTF_8));
        record.headers().add(HeaderNames.VERSION, Long.toString(version).getBytes(UTF_8));
        record.headers().add(HeaderNames.POSITION, Long.toString(positionMs).getBytes(UTF_8));
        producer.send(record).get();
    }

    void startJob() {
        Map<String, String> settings = new HashMap<>(Map.of(
                "bootstrap.servers", broker.bootstrapServers(),
                "dataset", name,
                "replicas", "eu," + other,
                "resolution.primary", "eu",
                "hash.secret", "the secret of the example",
                "round.interval", "1s",
                "grace", "200ms",
                "topics.create", "true",
                "state.dir", directory.resolve("state").toString()));
        for (String replica : new String[] {"eu", other}) {
            settings.put("replica." + replica + ".writes.topic", writes(replica));
            settings.put("replica." + replica + ".repairs.topic", repairs(replica));
        }
        settings.put("replica." + other + ".writes.format", format);
        settings.put("replica." + other + ".repairs.format", format);
        job = new Job(TrueupConfig.of(settings));
        job.start();
    }

    /** The values of the reference datastore: {@code value@version} by key. */
    Map<String, String> reference() {
        Map<String, String> table = new TreeMap<>();
        try (Datastore datastore = Datastore.open(url())) {
            datastore.forEach(
                    System.currentTimeMillis(),
                    entry -> table.put(
                            new String(entry.key(), UTF_8), new String(entry.value(), UTF_8) + "@" + entry.version()));
        }
        return table;
    }

    /** The keys for which repairs were sent to a replica. */
    Set<String> repaired(String replica) {
        Set<String> keys = new TreeSet<>();
        broker.readAll(repairs(replica)).forEach(repair -> keys.add(new String(repair.key(), UTF_8)));
        return keys;
    }

    int deadLettersSent() {
        return broker.readAll(deadLetters()).size();
    }

    /** Whether the round reports call a repair of each fault verified. */
    boolean isVerified() throws Exception {
        return verified() >= FAULTS.size();
    }

    private long verified() throws Exception {
        long verified = 0;
        for (ConsumerRecord<byte[], byte[]> record : broker.readAll(name + ".rounds")) {
            verified += REPORTS.decode("", record.value()).getVerified();
        }
        return verified;
    }

    private String url() {
        return "jdbc:sqlite:" + directory.resolve("eu.db");
    }

    @Override
    public void close() {
        if (job != null) {
            job.close();
        }
        eu.close();
        producer.close();
    }
}
