import io.trueup.avro.SingleObjectCodec;
import io.trueup.config.TrueupConfig;
import io.trueup.demo.EmbeddedBroker;
import io.trueup.schema.Outcome;
import io.trueup.schema.RepairEvent;
import io.trueup.schema.RoundReport;
import io.trueup.schema.WriteEvent;
import io.trueup.stream.Job;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Records what an earlier version of the job leaves behind: the broker's data, with all topics and committed offsets, and the
 * state directories of two processes, one for each replica. The script {@code record} runs it with the jars of that version alone.
 *
 * <p>What is recorded, in {@code cities} of two partitions, is what {@code UpgradeIT} expects.
 */
final class RecordState {

    private static final int PARTITIONS = 2;
    private static final List<String> REPLICAS = List.of("eu", "us");
    private static final SingleObjectCodec<WriteEvent> WRITES = SingleObjectCodec.of(WriteEvent.class);
    private static final SingleObjectCodec<RoundReport> REPORTS = SingleObjectCodec.of(RoundReport.class);
    private static final SingleObjectCodec<RepairEvent> REPAIRS = SingleObjectCodec.of(RepairEvent.class);

    private final Path directory;
    private final EmbeddedBroker broker;
    private final KafkaProducer<byte[], byte[]> producer;

    private RecordState(Path directory, EmbeddedBroker broker) {
        this.directory = directory;
        this.broker = broker;
        producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", broker.bootstrapServers()),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    /** @param arguments an empty directory, which gets {@code data}, {@code state-eu} and {@code state-us} */
    public static void main(String[] arguments) throws Exception {
        Path directory = Path.of(arguments[0]).toAbsolutePath();
        EmbeddedBroker broker = EmbeddedBroker.start("log.index.size.max.bytes=4096", "log.segment.bytes=1048576");
        ProcessHandle process = ProcessHandle.of(broker.pid()).orElseThrow();
        Path files = brokerFiles();
        new RecordState(directory, broker).record();
        process.destroy();
        process.onExit().get(1, TimeUnit.MINUTES);
        copy(files.resolve("data"), directory.resolve("data"));
        broker.close();
        System.exit(0);
    }

    /** The broker of that version does not say where its files are: below the temporary directory, which has nothing else. */
    private static Path brokerFiles() throws Exception {
        try (Stream<Path> directories = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return directories
                    .filter(directory -> directory.getFileName().toString().startsWith("trueup-broker-"))
                    .reduce((one, other) -> {
                        throw new IllegalStateException("two brokers: " + one + ", " + other);
                    })
                    .orElseThrow();
        }
    }

    private void record() throws Exception {
        createTopics();
        long before = System.currentTimeMillis() - 60_000;
        for (String replica : REPLICAS) {
            for (int i = 0; i < 40; i++) {
                write(replica, "key-" + i, 1, before, "value", null);
            }
            for (int i = 0; i < 10; i++) {
                write(replica, "deleted-" + i, 1, before, "value", null);
                write(replica, "deleted-" + i, 2, before + 1_000, null, null);
            }
        }
        try (Job eu = job("eu");
                Job us = job("us")) {
            awaitReports("equal", report -> report.getOutcome() == Outcome.EQUAL, before);

            long lost = System.currentTimeMillis();
            for (int i = 0; i < 10; i++) {
                write("eu", "lost-" + i, 1, lost, "value", null);
            }
            advance();
            Map<String, RepairEvent> repairs = awaitRepairs(10);
            for (int i = 0; i < 5; i++) {
                RepairEvent repair = repairs.get("lost-" + i);
                write("us", "lost-" + i, repair.getVersion(), repair.getPosition(), "value", repair.getId());
            }
            advance();
            long answered = System.currentTimeMillis();
            awaitReports("rounds after the answers", report -> report.getOutcome() != Outcome.SKIPPED, answered);
        }
        long stopped = System.currentTimeMillis();
        for (int i = 0; i < 5; i++) {
            write("eu", "new-" + i, 1, stopped, "value", null);
        }
        for (int i = 0; i < 3; i++) {
            write("us", "key-" + i, 2, stopped, null, null);
        }
        for (String replica : REPLICAS) {
            write(replica, "key-10", 2, stopped, "changed", null);
        }
        advance();
        producer.close();
    }

    private void createTopics() throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
            List<NewTopic> topics = Stream.of(
                            "writes.eu", "writes.us", "repairs.eu", "repairs.us", "control", "rounds", "conflicts",
                            "dead-letters")
                    .map(name -> new NewTopic("cities." + name, PARTITIONS, (short) 1)
                            .configs(Map.of("retention.ms", "-1")))
                    .toList();
            admin.createTopics(topics).all().get();
        }
    }

    private Job job(String replica) {
        Map<String, String> settings = new HashMap<>();
        settings.put("bootstrap.servers", broker.bootstrapServers());
        settings.put("dataset", "cities");
        settings.put("replicas", String.join(",", REPLICAS));
        settings.put("hosted.replicas", replica);
        settings.put("hash.secret", "0123456789abcdef0123456789abcdef");
        settings.put("state.dir", directory.resolve("state-" + replica).toString());
        settings.put("topics.create", "true");
        settings.put("topics.partitions", Integer.toString(PARTITIONS));
        settings.put("topics.replication.factor", "1");
        settings.put("round.interval", "2s");
        settings.put("grace", "500ms");
        settings.put("tree.segments", "256");
        Job job = new Job(TrueupConfig.of(settings));
        job.start();
        return job;
    }

    private void write(String replica, String key, long version, long positionMs, String value, String repairId) {
        String topic = "cities.writes." + replica;
        WriteEvent event = WriteEvent.newBuilder()
                .setVersion(version)
                .setPosition(positionMs)
                .setDeleted(value == null)
                .setValue(value == null ? null : ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8)))
                .setRepairId(repairId)
                .build();
        producer.send(new ProducerRecord<>(
                topic, key.getBytes(StandardCharsets.UTF_8), WRITES.encode(topic, event)));
    }

    /** Writes to every partition of both replicas, so that neither lags. */
    private void advance() {
        long now = System.currentTimeMillis();
        for (String replica : REPLICAS) {
            for (int i = 0; i < 20; i++) {
                write(replica, "advance-" + i, now, now, "now", null);
            }
        }
        producer.flush();
    }

    private interface Wanted {
        boolean is(RoundReport report);
    }

    /** Waits until each replica has reported each partition as wanted, at a cut after a time. */
    private void awaitReports(String what, Wanted wanted, long sinceMs) throws Exception {
        long untilNs = System.nanoTime() + Duration.ofMinutes(5).toNanos();
        while (System.nanoTime() < untilNs) {
            Set<String> found = new HashSet<>();
            for (ConsumerRecord<byte[], byte[]> record : readAll("cities.rounds")) {
                RoundReport report = REPORTS.decode(record.topic(), record.value());
                if (report.getCut() > sinceMs && !report.getHeard().isEmpty() && wanted.is(report)) {
                    found.add(report.getReplica() + report.getPartition());
                }
            }
            if (found.size() == REPLICAS.size() * PARTITIONS) {
                return;
            }
            Thread.sleep(500);
        }
        throw new IllegalStateException("not seen: " + what);
    }

    private Map<String, RepairEvent> awaitRepairs(int number) throws Exception {
        long untilNs = System.nanoTime() + Duration.ofMinutes(5).toNanos();
        Map<String, RepairEvent> repairs = new HashMap<>();
        while (repairs.size() < number) {
            if (System.nanoTime() > untilNs) {
                throw new IllegalStateException("only these are repaired: " + repairs.keySet());
            }
            for (ConsumerRecord<byte[], byte[]> record : readAll("cities.repairs.us")) {
                repairs.put(
                        new String(record.key(), StandardCharsets.UTF_8),
                        REPAIRS.decode(record.topic(), record.value()));
            }
            Thread.sleep(500);
        }
        return repairs;
    }

    private List<ConsumerRecord<byte[], byte[]>> readAll(String topic) {
        List<ConsumerRecord<byte[], byte[]>> records = new java.util.ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", broker.bootstrapServers(), "isolation.level", "read_committed"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = Stream.of(0, 1)
                    .map(partition -> new TopicPartition(topic, partition))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (partitions.stream().anyMatch(partition -> consumer.position(partition) < ends.get(partition))) {
                consumer.poll(Duration.ofMillis(100)).forEach(records::add);
            }
        }
        return records;
    }

    private static void copy(Path from, Path to) throws Exception {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
        }
    }
}
