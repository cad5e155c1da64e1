package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.SingleObjectCodec;
import io.trueup.broker.TestBroker;
import io.trueup.config.TrueupConfig;
import io.trueup.control.ControlCodec;
import io.trueup.mac.RecordMac;
import io.trueup.provision.NeededTopics;
import io.trueup.reconcile.exchange.Message;
import io.trueup.schema.ControlMessage;
import io.trueup.schema.Outcome;
import io.trueup.schema.RepairEvent;
import io.trueup.schema.RoundReport;
import io.trueup.schema.WriteEvent;
import io.trueup.source.DefaultPartitioner;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * A dataset of its own on the shared broker, its replicas' writes produced by the test, and a job. Times are generous: many
 * tests share two cores.
 */
final class JobFixture implements AutoCloseable {

    static final int PARTITIONS = 4;
    static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final SingleObjectCodec<WriteEvent> WRITES = SingleObjectCodec.of(WriteEvent.class);
    private static final SingleObjectCodec<RepairEvent> REPAIRS = SingleObjectCodec.of(RepairEvent.class);
    private static final SingleObjectCodec<RoundReport> REPORTS = SingleObjectCodec.of(RoundReport.class);

    final TestBroker broker;
    final String dataset;
    final List<String> replicas;
    /** Partitions of the dataset; {@link #PARTITIONS} unless a test asks for more. */
    final int partitions;

    final Map<String, String> settings = new HashMap<>();
    final KafkaProducer<byte[], byte[]> producer;
    private final Queue<String> lost = new ConcurrentLinkedQueue<>();
    private final List<Runnable> closers = new ArrayList<>();

    /** Three replicas: ap, eu and us. */
    JobFixture(Path stateDir) {
        this(stateDir, "ap", "eu", "us");
    }

    JobFixture(Path stateDir, String... names) {
        this(TestBroker.shared(), stateDir, PARTITIONS, names);
    }

    JobFixture(Path stateDir, int partitions, String... names) {
        this(TestBroker.shared(), stateDir, partitions, names);
    }

    JobFixture(TestBroker broker, Path stateDir, String... names) {
        this(broker, stateDir, PARTITIONS, names);
    }

    private JobFixture(TestBroker broker, Path stateDir, int partitions, String... names) {
        this(broker, TestBroker.unique("cities"), stateDir, partitions, names);
    }

    JobFixture(TestBroker broker, String dataset, Path stateDir, int partitions, String... names) {
        this.broker = broker;
        this.dataset = dataset;
        this.partitions = partitions;
        producer = broker.producer();
        replicas = List.of(names);
        settings.put("bootstrap.servers", broker.bootstrapServers());
        settings.put("dataset", dataset);
        settings.put("replicas", String.join(",", replicas));
        settings.put("hash.secret", "0123456789abcdef0123456789abcdef");
        settings.put("state.dir", stateDir.toString());
        settings.put("topics.create", "true");
        settings.put("topics.partitions", Integer.toString(partitions));
        settings.put("topics.replication.factor", "1");
        settings.put("round.interval", "2s");
        settings.put("grace", "500ms");
        settings.put("repair.flood.min.keys", "1000"); // the datasets of most tests are small
        settings.put("tree.segments", "256");
        settings.put("consumer.session.timeout.ms", "10000");
        settings.put("consumer.heartbeat.interval.ms", "2000");
    }

    /** Doubles the rate of rounds, and leaves as much time as before for answers to repairs. */
    JobFixture quick() {
        settings.put("round.interval", "1s");
        settings.put("repair.timeout", "5s");
        return this;
    }

    TrueupConfig config() {
        return TrueupConfig.of(settings);
    }

    /** Creates all topics without starting anything. */
    void createTopics() {
        createWritesTopics();
        new TopicCheck(config(), broker.admin()).prepare();
    }

    /** Creates the writes topics of all replicas of the fixture, also of those that join later. */
    void createWritesTopics() {
        replicas.forEach(this::createWritesTopic);
    }

    void createWritesTopic(String replica) {
        TrueupConfig config = config();
        NeededTopics needed = new NeededTopics(config);
        String any = needed.hostedWrites().iterator().next();
        broker.createTopics(config.topicsPartitions().orElseThrow(), needed.settings(any), writesTopic(replica));
    }

    Job start() {
        Job job = new Job(config());
        closers.add(job::close);
        job.start();
        return job;
    }

    /**
     * Starts the job in a process of its own.
     *
     * @param directory its settings are put there
     */
    JobProcess startProcess(Path directory) throws IOException {
        Files.createDirectories(Path.of(settings.get("state.dir")));
        JobProcess job = new JobProcess(settings, directory);
        closers.add(job::close);
        return job;
    }

    /** Starts a replica that does what repair events say, and answers them. */
    Answering answer(String replica) {
        Answering answering = new Answering(this, replica);
        closers.add(answering::close);
        return answering;
    }

    /** An empty datastore, which applies the repair events for its replica from now on. */
    InMemoryDatastore datastore(String replica) {
        InMemoryDatastore datastore = new InMemoryDatastore(this, replica);
        closers.add(datastore::close);
        return datastore;
    }

    /** An empty datastore for each replica, in the order of {@link #replicas}, which also reports its progress. */
    List<InMemoryDatastore> reportingDatastores() {
        List<InMemoryDatastore> all = replicas.stream().map(this::datastore).toList();
        all.forEach(InMemoryDatastore::reportProgress);
        return all;
    }

    /** The partition of a key whose producer uses Kafka's default partitioner. */
    static int partitionOf(String key) {
        return DefaultPartitioner.partitionOf(bytes(key), PARTITIONS);
    }

    String writesTopic(String replica) {
        return dataset + ".writes." + replica;
    }

    void write(String replica, String key, long version, long positionMs, String value) {
        write(producer, replica, key, version, positionMs, value, null);
    }

    /** Writes an entry with a timestamp of the record. */
    void write(String replica, String key, long version, long positionMs, String value, long timestampMs) {
        String topic = writesTopic(replica);
        WriteEvent event = event(version, positionMs, value, null);
        send(producer, new ProducerRecord<>(topic, null, timestampMs, bytes(key), WRITES.encode(topic, event)));
    }

    /** Writes an entry; a null value is a delete. */
    void write(
            Producer<byte[], byte[]> through,
            String replica,
            String key,
            long version,
            long positionMs,
            String value,
            String repairId) {
        String topic = writesTopic(replica);
        WriteEvent event = event(version, positionMs, value, repairId);
        send(through, new ProducerRecord<>(topic, bytes(key), WRITES.encode(topic, event)));
    }

    private static WriteEvent event(long version, long positionMs, String value, String repairId) {
        return WriteEvent.newBuilder()
                .setVersion(version)
                .setPosition(positionMs)
                .setDeleted(value == null)
                .setValue(value == null ? null : ByteBuffer.wrap(bytes(value)))
                .setRepairId(repairId)
                .build();
    }

    /** Sends a record to the control topic that has the MAC of the dataset. */
    void sendSigned(int partition, byte[] key, byte[] value) {
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(dataset + ".control", partition, key, value);
        new RecordMac(config().controlSecrets(), RecordMac.Use.CONTROL).sign(key, value, record.headers());
        send(producer, record);
    }

    void send(Producer<byte[], byte[]> through, ProducerRecord<byte[], byte[]> record) {
        send(through, record, () -> {});
    }

    void send(Producer<byte[], byte[]> through, ProducerRecord<byte[], byte[]> record, Runnable acknowledged) {
        var unused = through.send(record, (sent, failure) -> {
            if (failure == null) {
                acknowledged.run();
            } else {
                lost.add(record.topic() + ": " + failure);
            }
        });
    }

    /** Waits until all that was written is in its topic: a lost write would be a divergence that the test did not mean. */
    void flush() {
        producer.flush();
        assertThat(lost).as("writes of the test that did not reach the broker").isEmpty();
    }

    void writeEverywhere(String key, long version, long positionMs, String value) {
        replicas.forEach(replica -> write(replica, key, version, positionMs, value));
    }

    /** Writes keys {@code lost-0}, {@code lost-1} and so on that a replica has lost to those that hold them. */
    PlantedLosses plantLosses(String target, int keys, long positionMs, String... holders) {
        Set<String> lost = new TreeSet<>();
        for (int i = 0; i < keys; i++) {
            for (String holder : holders) {
                write(holder, "lost-" + i, 1, positionMs, "kept");
            }
            lost.add("lost-" + i);
        }
        flush();
        return new PlantedLosses(this, target, holders.length, lost);
    }

    /** Gives every partition of every replica a late write, so that no replica lags. */
    void advanceAll(long positionMs) {
        for (int i = 0; i < 20 * PARTITIONS; i++) {
            writeEverywhere("advance-" + i, positionMs, positionMs, "now");
        }
        flush();
    }

    /** The repair events of a replica so far. */
    List<Sent> repairs(String replica) {
        return broker.readAll(dataset + ".repairs." + replica).stream()
                .map(Sent::of)
                .toList();
    }

    List<Sent> repairs() {
        return replicas.stream().flatMap(replica -> repairs(replica).stream()).toList();
    }

    List<RoundReport> reports() {
        return broker.readAll(dataset + ".rounds").stream()
                .map(record -> decoded(REPORTS, record))
                .toList();
    }

    List<Message> control() {
        ControlCodec codec = new ControlCodec(dataset, SingleObjectCodec.of(ControlMessage.class));
        return broker.readAll(dataset + ".control").stream()
                .map(record -> {
                    try {
                        return codec.decode(record.topic(), record.value());
                    } catch (MalformedRecordException e) {
                        throw new AssertionError(e);
                    }
                })
                .toList();
    }

    List<ConsumerRecord<byte[], byte[]>> deadLetters() {
        return broker.readAll(dataset + ".dead-letters");
    }

    /** Waits until every partition of every replica has reported this many more rounds that were not skipped. */
    void awaitRounds(int rounds) {
        Map<String, Long> before = comparedRounds();
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(500)).until(() -> {
            Map<String, Long> now = comparedRounds();
            return now.size() == reconcilers()
                    && now.entrySet().stream()
                            .allMatch(done -> done.getValue() >= before.getOrDefault(done.getKey(), 0L) + rounds);
        });
    }

    /** Number of owners of a partition. */
    private int owners(int partition) {
        String placed = settings.get("placement.partition." + partition);
        return placed == null ? replicas.size() : placed.split(",", -1).length;
    }

    private int reconcilers() {
        return IntStream.range(0, partitions).map(this::owners).sum();
    }

    /** Whether a report is of a round that has compared all owners. */
    boolean hasHeardAll(RoundReport report) {
        return report.getHeard().size() == owners(report.getPartition()) - 1;
    }

    private Map<String, Long> comparedRounds() {
        Map<String, Long> compared = new HashMap<>();
        for (RoundReport report : reports()) {
            if (hasHeardAll(report)) {
                compared.merge(report.getReplica() + "/" + report.getPartition(), 1L, Long::sum);
            }
        }
        return compared;
    }

    /** Waits until the last report of every partition of every replica says that all are equal. */
    void awaitEqual() {
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(500)).until(() -> {
            Map<String, RoundReport> last = lastCompared();
            return last.size() == reconcilers()
                    && last.values().stream().allMatch(report -> report.getOutcome() == Outcome.EQUAL);
        });
    }

    /** The last report of every partition of every replica in which all peers were heard. */
    Map<String, RoundReport> lastCompared() {
        Map<String, RoundReport> last = new HashMap<>();
        for (RoundReport report : reports()) {
            if (hasHeardAll(report)) {
                last.merge(
                        report.getReplica() + "/" + report.getPartition(),
                        report,
                        (a, b) -> a.getRound() > b.getRound() ? a : b);
            }
        }
        return last;
    }

    static <T extends SpecificRecord> T decoded(SingleObjectCodec<T> codec, ConsumerRecord<byte[], byte[]> record) {
        try {
            return codec.decode(record.topic(), record.value());
        } catch (MalformedRecordException e) {
            throw new AssertionError(e);
        }
    }

    static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        for (int i = closers.size() - 1; i >= 0; i--) {
            closers.get(i).run();
        }
        producer.close();
    }

    /** A repair event as found in a repair topic. */
    record Sent(String key, int partition, RepairEvent event) {

        static Sent of(ConsumerRecord<byte[], byte[]> record) {
            return new Sent(
                    new String(record.key(), StandardCharsets.UTF_8), record.partition(), decoded(REPAIRS, record));
        }

        String value() {
            return event.getValue() == null
                    ? null
                    : StandardCharsets.UTF_8
                            .decode(event.getValue().duplicate())
                            .toString();
        }

        /** Its content, in one line. */
        String summary() {
            return event.getReason() + " " + key + " on " + event.getTarget() + " := "
                    + (event.getDeleted() ? "deleted" : value()) + " v" + event.getVersion();
        }
    }

    /** Applies each repair event once, unconditionally, and answers with a write event. */
    static final class Answering implements AutoCloseable {

        private final JobFixture fixture;
        private final String replica;
        private final Thread thread;
        private volatile boolean closing;

        Answering(JobFixture fixture, String replica) {
            this.fixture = fixture;
            this.replica = replica;
            thread = new Thread(this::run, "answering-" + replica);
            thread.start();
        }

        private void run() {
            try (KafkaConsumer<byte[], byte[]> consumer =
                            fixture.broker.consumer(fixture.dataset + ".repairs." + replica);
                    KafkaProducer<byte[], byte[]> producer = fixture.broker.producer()) {
                while (!closing) {
                    for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                        Sent sent = Sent.of(record);
                        RepairEvent event = sent.event();
                        fixture.write(
                                producer,
                                replica,
                                sent.key(),
                                event.getVersion(),
                                event.getPosition(),
                                sent.value(),
                                event.getId());
                    }
                    producer.flush();
                }
            }
        }

        @Override
        public void close() {
            closing = true;
            JobFixture.join(thread);
        }
    }
}
