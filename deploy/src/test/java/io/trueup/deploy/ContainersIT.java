package io.trueup.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.dockerjava.api.DockerClient;
import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.SingleObjectCodec;
import io.trueup.schema.Outcome;
import io.trueup.schema.RepairEvent;
import io.trueup.schema.RoundReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.BindMode;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.kafka.KafkaContainer;
import org.testcontainers.utility.DockerImageName;

/**
 * A broker, two replicas and two instances of the job, each in a container of its own whose root file system cannot be written.
 * Both instances host both replicas, and share the partitions. The tests follow each other on the same containers.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ContainersIT {

    private static final int PARTITIONS = 4;
    private static final List<String> REPLICAS = List.of("eu", "us");
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final Duration POLL = Duration.ofMillis(500);
    private static final SingleObjectCodec<RoundReport> REPORTS = SingleObjectCodec.of(RoundReport.class);
    private static final SingleObjectCodec<RepairEvent> REPAIRS = SingleObjectCodec.of(RepairEvent.class);

    @TempDir
    static Path directory;

    private static final Network NETWORK = network();
    private static final Map<String, GenericContainer<?>> REPLICA = new HashMap<>();
    private static final List<GenericContainer<?>> JOB = new ArrayList<>();

    private static KafkaContainer kafka;
    private static Admin admin;
    private static KafkaProducer<String, String> feed;

    private static Network network() {
        Docker.base();
        return Network.newNetwork();
    }

    @BeforeAll
    static void start() throws Exception {
        kafka = new KafkaContainer(DockerImageName.parse(Docker.kafka()).asCompatibleSubstituteFor("apache/kafka"))
                .withNetwork(NETWORK)
                .withListener("kafka:19092")
                .withEnv("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false");
        kafka.start();
        Map<String, Object> servers = Map.of("bootstrap.servers", kafka.getBootstrapServers());
        admin = Admin.create(servers);
        feed = new KafkaProducer<>(new HashMap<>(servers), new StringSerializer(), new StringSerializer());
        createTopics();
        String image = Docker.trueup();
        for (String replica : REPLICAS) {
            REPLICA.put(replica, container(image, "replica", replicaSettings(replica)));
        }
        for (int instance = 0; instance < 2; instance++) {
            JOB.add(container(image, "run", jobSettings())
                    .withEnv("TRUEUP_HEALTH_PORT", "8484")
                    .waitingFor(Wait.forLogMessage(".*Started: dataset.*", 1))
                    .withStartupTimeout(PATIENCE));
        }
        REPLICA.values().forEach(GenericContainer::start);
        JOB.forEach(GenericContainer::start);
    }

    /** What the containers have written stays in {@code target}. */
    @AfterAll
    static void stop() throws IOException {
        for (int instance = 0; instance < JOB.size(); instance++) {
            keep("job-" + instance, JOB.get(instance));
        }
        for (String replica : REPLICAS) {
            keep("replica-" + replica, REPLICA.get(replica));
        }
        JOB.forEach(GenericContainer::stop);
        REPLICA.values().forEach(GenericContainer::stop);
        feed.close();
        admin.close();
        kafka.stop();
        NETWORK.close();
    }

    private static void keep(String name, GenericContainer<?> container) throws IOException {
        Files.writeString(Path.of("target", "container-" + name + ".log"), container.getLogs(), UTF_8);
    }

    private static void createTopics() throws Exception {
        List<NewTopic> topics = new ArrayList<>(List.of(topic("cities.feed")));
        for (String replica : REPLICAS) {
            topics.add(topic("cities.writes." + replica).configs(Map.of("cleanup.policy", "compact")));
            topics.add(topic("cities.repairs." + replica));
            topics.add(topic("cities.replica." + replica + ".dead.letters"));
        }
        admin.createTopics(topics).all().get();
    }

    private static NewTopic topic(String name) {
        return new NewTopic(name, PARTITIONS, (short) 1);
    }

    private static String replicaSettings(String name) {
        return """
                name = %1$s
                bootstrap.servers = kafka:19092
                feed.topic = cities.feed
                writes.topic = cities.writes.%1$s
                repairs.topic = cities.repairs.%1$s
                dead.letter.topic = cities.replica.%1$s.dead.letters
                jdbc.url = jdbc:sqlite:/var/lib/trueup/cities.db
                """.formatted(name);
    }

    private static String jobSettings() {
        return """
                bootstrap.servers = kafka:19092
                dataset = cities
                replicas = eu, us
                hash.secret = 0123456789abcdef0123456789abcdef
                round.interval = 4s
                grace = 2s
                topics.create = true
                topics.replication.factor = 1
                consumer.session.timeout.ms = 10000
                repair.flood.min.keys = 1000
                state.dir = /var/lib/trueup
                http.listen = 127.0.0.1:8484
                """;
    }

    private static GenericContainer<?> container(String image, String command, String settings) throws IOException {
        Path file = Files.createTempFile(directory, command, ".properties");
        Files.writeString(file, settings, UTF_8);
        assertThat(file.toFile().setReadable(true, false)).isTrue();
        assertThat(directory.toFile().setExecutable(true, false)).isTrue();
        return new GenericContainer<>(DockerImageName.parse(image))
                .withNetwork(NETWORK)
                .withFileSystemBind(file.toString(), "/etc/trueup/trueup.properties", BindMode.READ_ONLY)
                .withCommand(command, "-c", "/etc/trueup/trueup.properties")
                .withEnv("JAVA_OPTS", "-Xmx256m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
                .withCreateContainerCmdModifier(created -> Objects.requireNonNull(created.getHostConfig())
                        .withReadonlyRootfs(true)
                        .withTmpFs(Map.of("/tmp", "exec")));
    }

    /** By the health check of the image. */
    private static boolean isHealthy(GenericContainer<?> container) {
        return "healthy"
                .equals(container
                        .getCurrentContainerInfo()
                        .getState()
                        .getHealth()
                        .getStatus());
    }

    @Test
    @Order(1)
    void shouldShareThePartitionsAndContinueWhereOneInstanceIsKilled() throws Exception {
        write(0, 400);
        awaitAllEqual();
        await().atMost(PATIENCE)
                .pollInterval(POLL)
                .untilAsserted(() -> assertThat(owners("trueup-cities-eu"))
                        .as("partitions of each member")
                        .hasSize(2)
                        .allMatch(owned -> !owned.isEmpty()));

        await().atMost(PATIENCE).pollInterval(POLL).until(() -> JOB.stream().allMatch(ContainersIT::isHealthy));

        docker().killContainerCmd(JOB.get(0).getContainerId()).exec();
        awaitAllEqual();

        assertThat(owners("trueup-cities-eu")).hasSize(1).allMatch(owned -> owned.size() >= PARTITIONS);
        docker().startContainerCmd(JOB.get(0).getContainerId()).exec();
        awaitAllEqual();
        assertThat(repaired()).isEmpty();
    }

    @Test
    @Order(2)
    void shouldRepairNothingDuringARollingRestartUnderLoad() throws Exception {
        try (Load load = new Load()) {
            for (GenericContainer<?> instance : JOB) {
                docker().stopContainerCmd(instance.getContainerId())
                        .withTimeout(60)
                        .exec();
                docker().startContainerCmd(instance.getContainerId()).exec();
                awaitReports();
            }
            assertThat(load.written()).isPositive();
        }
        awaitAllEqual();
        assertThat(repaired()).isEmpty();
    }

    @Test
    @Order(3)
    void shouldRepairWhatIsLostOnceTheNetworkIsBack() throws Exception {
        for (GenericContainer<?> instance : JOB) {
            docker().disconnectFromNetworkCmd()
                    .withContainerId(instance.getContainerId())
                    .withNetworkId(NETWORK.getId())
                    .exec();
        }
        lose("us", 1_000, 20);
        await().atMost(PATIENCE)
                .pollInterval(POLL)
                .untilAsserted(() -> assertThat(owners("trueup-cities-eu"))
                        .as("the broker has ended the sessions of both instances")
                        .isEmpty());
        for (GenericContainer<?> instance : JOB) {
            docker().connectToNetworkCmd()
                    .withContainerId(instance.getContainerId())
                    .withNetworkId(NETWORK.getId())
                    .exec();
        }

        write(0, 400); // until then us may still receive what it has missed

        Set<String> lost = IntStream.range(1_000, 1_020)
                .mapToObj(i -> "us key-" + i)
                .collect(Collectors.toCollection(TreeSet::new));
        await().atMost(PATIENCE)
                .pollInterval(POLL)
                .untilAsserted(() -> assertThat(repaired()).isEqualTo(lost));
        awaitAllEqual();
        assertThat(repaired()).isEqualTo(lost);
    }

    /** A replica is away for longer than the feed keeps the writes. */
    private static void lose(String replica, int first, int count) throws Exception {
        String id = REPLICA.get(replica).getContainerId();
        docker().stopContainerCmd(id).withTimeout(60).exec();
        write(first, count);
        Map<TopicPartition, OffsetSpec> partitions = IntStream.range(0, PARTITIONS)
                .mapToObj(partition -> new TopicPartition("cities.feed", partition))
                .collect(Collectors.toMap(partition -> partition, partition -> OffsetSpec.latest()));
        Map<TopicPartition, RecordsToDelete> expired = new HashMap<>();
        admin.listOffsets(partitions)
                .all()
                .get()
                .forEach((partition, end) -> expired.put(partition, RecordsToDelete.beforeOffset(end.offset())));
        admin.deleteRecords(expired).all().get();
        docker().startContainerCmd(id).exec();
    }

    private static void write(int first, int count) {
        for (int i = first; i < first + count; i++) {
            var unused = feed.send(new ProducerRecord<>("cities.feed", "key-" + i, "value " + i));
        }
        feed.flush();
    }

    /** Waits until each partition of each replica reports a cut after now as equal. */
    private static void awaitAllEqual() {
        awaitReports(Outcome.EQUAL);
    }

    private static void awaitReports() {
        awaitReports(null);
    }

    private static void awaitReports(Outcome outcome) {
        long since = System.currentTimeMillis();
        await().atMost(PATIENCE)
                .pollInterval(POLL)
                .until(() -> records("cities.rounds").stream()
                                .map(record -> decoded(REPORTS, record))
                                .filter(report -> report.getCut() > since
                                        && report.getHeard().size() == 1
                                        && (outcome == null || report.getOutcome() == outcome))
                                .map(report -> report.getReplica() + "/" + report.getPartition())
                                .distinct()
                                .count()
                        == (long) PARTITIONS * REPLICAS.size());
    }

    /** Target and key of all repair events so far. */
    private static Set<String> repaired() {
        Set<String> repaired = new TreeSet<>();
        for (String replica : REPLICAS) {
            records("cities.repairs." + replica)
                    .forEach(record ->
                            repaired.add(decoded(REPAIRS, record).getTarget() + " " + new String(record.key(), UTF_8)));
        }
        return repaired;
    }

    private static List<Set<TopicPartition>> owners(String group) throws Exception {
        return admin.describeConsumerGroups(List.of(group)).describedGroups().get(group).get().members().stream()
                .map(MemberDescription::assignment)
                .map(assignment -> assignment.topicPartitions())
                .toList();
    }

    private static List<ConsumerRecord<byte[], byte[]>> records(String topic) {
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        Map<String, Object> settings =
                Map.of("bootstrap.servers", kafka.getBootstrapServers(), "isolation.level", "read_committed");
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = IntStream.range(
                            0, consumer.partitionsFor(topic).size())
                    .mapToObj(partition -> new TopicPartition(topic, partition))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (partitions.stream().anyMatch(partition -> consumer.position(partition) < ends.get(partition))) {
                consumer.poll(Duration.ofMillis(200)).forEach(records::add);
            }
        }
        return records;
    }

    private static <T extends SpecificRecord> T decoded(
            SingleObjectCodec<T> codec, ConsumerRecord<byte[], byte[]> record) {
        try {
            return codec.decode(record.topic(), record.value());
        } catch (MalformedRecordException e) {
            throw new AssertionError(e);
        }
    }

    private static DockerClient docker() {
        return DockerClientFactory.lazyClient();
    }

    /** Writes all the time. */
    private static final class Load implements AutoCloseable {

        private final Thread thread = new Thread(this::run, "load");
        private volatile boolean ends;
        private final AtomicInteger written = new AtomicInteger();

        Load() {
            thread.start();
        }

        private void run() {
            while (!ends) {
                write(written.getAndIncrement() % 300, 1);
                try {
                    Thread.sleep(10);
                } catch (InterruptedException e) {
                    return;
                }
            }
        }

        int written() {
            return written.get();
        }

        @Override
        public void close() {
            ends = true;
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
