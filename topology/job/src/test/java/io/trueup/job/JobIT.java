package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.job.JobFixture.Sent;
import io.trueup.reconcile.exchange.Message;
import io.trueup.schema.HeaderNames;
import io.trueup.schema.Outcome;
import io.trueup.schema.RoundReport;
import io.trueup.stream.JobClocks;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The job on a real broker, with four partitions and three replicas whose writes the test produces. */
class JobIT {

    @TempDir
    Path directory;

    private JobFixture fixture;

    @BeforeEach
    void open() {
        fixture = new JobFixture(directory).quick();
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"at_least_once", "exactly_once_v2"})
    void shouldSendExactlyTheRepairsThatMakeTheReplicasEqual(String guarantee) {
        fixture.settings.put("streams.processing.guarantee", guarantee);
        fixture.createTopics();
        List<String> expected = writeAllKindsOfDivergence();
        fixture.replicas.forEach(fixture::answer);

        fixture.start();

        await().atMost(JobFixture.PATIENCE)
                .pollInterval(Duration.ofMillis(500))
                .untilAsserted(() -> assertThat(summaries()).hasSizeGreaterThanOrEqualTo(expected.size()));
        fixture.awaitEqual();
        assertThat(summaries()).containsExactlyInAnyOrderElementsOf(expected);
        assertThat(fixture.repairs().stream().map(sent -> sent.event().getId()).distinct())
                .hasSameSizeAs(expected);
        assertThat(fixture.repairs()).allSatisfy(sent -> {
            assertThat(sent.event().getPartition()).isEqualTo(sent.partition());
            assertThat(sent.event().getDataset()).isEqualTo(fixture.dataset);
        });
    }

    /** Returns the repairs that must follow. */
    private List<String> writeAllKindsOfDivergence() {
        long before = System.currentTimeMillis() - 60_000;
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            fixture.writeEverywhere("same-" + i, 1, before, "value " + i);
        }
        for (int i = 0; i < 8; i++) {
            fixture.write("ap", "missing-" + i, 3, before, "m" + i);
            fixture.write("eu", "missing-" + i, 3, before, "m" + i);
            expected.add("MISSING missing-" + i + " on us := m" + i + " v3");

            fixture.writeEverywhere("stale-" + i, 1, before, "old");
            fixture.write("eu", "stale-" + i, 2, before + 1_000, "new" + i);
            fixture.write("us", "stale-" + i, 2, before + 1_000, "new" + i);
            expected.add("STALE stale-" + i + " on ap := new" + i + " v2");

            fixture.write("ap", "corrupt-" + i, 5, before, "good" + i);
            fixture.write("eu", "corrupt-" + i, 5, before, "bad");
            fixture.write("us", "corrupt-" + i, 5, before, "good" + i);
            expected.add("CORRUPT corrupt-" + i + " on eu := good" + i + " v5");

            fixture.writeEverywhere("gone-" + i, 1, before, "old");
            fixture.write("ap", "gone-" + i, 2, before + 1_000, null);
            fixture.write("eu", "gone-" + i, 2, before + 1_000, null);
            expected.add("UNDELETED gone-" + i + " on us := deleted v2");
        }
        fixture.advanceAll(before + 30_000);
        return expected;
    }

    @Test
    void shouldExchangeRootsOnlyAndRepairNothingUnderContinuousLoad() throws Exception {
        fixture.settings.put("grace", "4s");
        fixture.settings.put("repair.timeout", "6s");
        fixture.createTopics();
        fixture.advanceAll(System.currentTimeMillis());
        fixture.start();
        try (Load load = new Load(fixture)) {
            fixture.awaitRounds(6);
            assertThat(load.written()).isPositive();
        }

        assertThat(fixture.repairs()).isEmpty();
        assertThat(fixture.control())
                .isNotEmpty()
                .allSatisfy(message -> assertThat(message.body()).isInstanceOf(Message.Root.class));
    }

    @Test
    void shouldSendMalformedRecordsToTheDeadLettersAndGoOn() {
        fixture.createTopics();
        long before = System.currentTimeMillis() - 60_000;
        fixture.writeEverywhere("k", 1, before, "v");
        fixture.advanceAll(before + 30_000);
        Job job = fixture.start();
        fixture.awaitRounds(1);

        fixture.send(
                fixture.producer,
                new ProducerRecord<>(fixture.writesTopic("eu"), 2, JobFixture.bytes("broken"), JobFixture.bytes("x")));
        fixture.sendSigned(1, JobFixture.bytes("us/1"), JobFixture.bytes("rubbish"));
        fixture.flush();

        // The control record is malformed for all reconcilers except "us", which takes it for its own.
        await().atMost(JobFixture.PATIENCE).until(() -> fixture.deadLetters().size() >= 3);
        fixture.awaitRounds(2);
        assertThat(fixture.deadLetters())
                .extracting(letter -> header(letter, HeaderNames.DEAD_LETTER_REPLICA) + " "
                        + header(letter, HeaderNames.DEAD_LETTER_TOPIC) + "-"
                        + header(letter, HeaderNames.DEAD_LETTER_PARTITION))
                .containsExactlyInAnyOrder(
                        "eu " + fixture.writesTopic("eu") + "-2",
                        "eu " + fixture.dataset + ".control-1",
                        "ap " + fixture.dataset + ".control-1");
        assertThat(fixture.deadLetters())
                .allSatisfy(letter -> assertThat(header(letter, HeaderNames.DEAD_LETTER_REASON))
                        .contains("single-object encoding"));
        assertThat(fixture.reports().stream()
                        .mapToLong(RoundReport::getMalformed)
                        .sum())
                .isEqualTo(3);
        assertThat(job.status().failure()).isEmpty();
        assertThat(fixture.lastCompared().values())
                .allSatisfy(report -> assertThat(report.getOutcome())
                        .as("what eu holds under the key in partition 2 is unknown")
                        .isEqualTo(report.getPartition() == 2 ? Outcome.DIVERGENT : Outcome.EQUAL));
        assertThat(fixture.repairs()).isEmpty();
    }

    /** The changelog of one replica was created by an earlier version: its records have the timestamps that the job gives them. */
    @Test
    void shouldTakeInWritesWithTimestampsThatTheBrokerRefusesInOtherTopics() throws Exception {
        fixture.createTopics();
        fixture.broker.createTopics(
                JobFixture.PARTITIONS,
                Map.of("cleanup.policy", "compact"),
                fixture.config().applicationId("eu") + "-entries-changelog");
        for (String replica : fixture.replicas) {
            fixture.broker
                    .admin()
                    .incrementalAlterConfigs(Map.of(
                            new ConfigResource(ConfigResource.Type.TOPIC, fixture.writesTopic(replica)),
                            List.of(new AlterConfigOp(
                                    new ConfigEntry("message.timestamp.after.max.ms", "" + Long.MAX_VALUE),
                                    AlterConfigOp.OpType.SET))))
                    .all()
                    .get();
        }
        long before = System.currentTimeMillis() - 60_000;
        fixture.writeEverywhere("k", 1, before, "v");
        fixture.advanceAll(before + 30_000);
        Job job = fixture.start();
        fixture.awaitRounds(1);

        long ahead = System.currentTimeMillis() + Duration.ofHours(2).toMillis();
        for (String replica : List.of("ap", "eu")) {
            for (int i = 0; i < 20; i++) {
                fixture.write(replica, "lost-" + i, 1, System.currentTimeMillis(), "v", ahead);
            }
        }
        fixture.flush();

        await().atMost(JobFixture.PATIENCE)
                .pollInterval(Duration.ofMillis(500))
                .until(() -> fixture.repairs("us").size() == 20);
        fixture.awaitRounds(2);
        assertThat(job.status().failure()).isEmpty();
        assertThat(fixture.repairs()).hasSize(20);
    }

    @Test
    void shouldStopAndSayWhyWhenATopicGrows() throws Exception {
        fixture.createTopics();
        try (Job job = new Job(fixture.config(), Duration.ofMillis(500), new JobClocks())) {
            job.start();
            fixture.broker
                    .admin()
                    .createPartitions(Map.of(fixture.dataset + ".repairs.us", NewPartitions.increaseTo(5)))
                    .all()
                    .get();

            assertThat(job.awaitTermination(JobFixture.PATIENCE)).isTrue();
            assertThat(job.status().failure())
                    .hasValueSatisfying(reason -> assertThat(reason).contains(fixture.dataset + ".repairs.us: 5"));
        }
    }

    @Test
    void shouldRestoreItsStateFromTheChangelogWhenItsDirectoryIsLost() throws IOException {
        fixture.createTopics();
        long before = System.currentTimeMillis() - 60_000;
        for (int i = 0; i < 100; i++) {
            fixture.writeEverywhere("k" + i, 1, before, "v" + i);
        }
        fixture.advanceAll(before + 30_000);
        Job first = fixture.start();
        fixture.awaitRounds(1);
        fixture.awaitEqual();
        first.close();
        Map<String, RoundReport> known = fixture.lastCompared();
        delete(directory);

        fixture.start();

        fixture.awaitRounds(2);
        Map<String, RoundReport> restored = fixture.lastCompared();
        assertThat(restored).allSatisfy((partition, report) -> {
            assertThat(report.getRoot()).isEqualTo(known.get(partition).getRoot());
            assertThat(report.getEntries()).isEqualTo(known.get(partition).getEntries());
        });
        assertThat(restored.values().stream().mapToLong(RoundReport::getEntries).sum())
                .isEqualTo(3 * (100 + 20 * JobFixture.PARTITIONS));
        assertThat(fixture.repairs()).isEmpty();
    }

    @Test
    void shouldStopAtOnceWhenTheSecretHasChanged() throws Exception {
        fixture.createTopics();
        fixture.writeEverywhere("k", 1, System.currentTimeMillis() - 60_000, "v");
        fixture.advanceAll(System.currentTimeMillis() - 30_000);
        Job first = fixture.start();
        fixture.awaitRounds(1);
        first.close();
        fixture.settings.put("hash.secret", "another secret of sufficient length");

        Job job = fixture.start();

        assertThat(job.awaitTermination(JobFixture.PATIENCE)).isTrue();
        assertThat(job.status().failure())
                .hasValueSatisfying(reason -> assertThat(reason).contains("another hash.secret"));
    }

    @Test
    void shouldNeverCountWritesOfAbortedTransactions() {
        fixture.createTopics();
        long before = System.currentTimeMillis() - 60_000;
        fixture.writeEverywhere("k", 1, before, "v");
        fixture.advanceAll(before + 30_000);
        try (KafkaProducer<byte[], byte[]> transactional = transactionalProducer()) {
            transactional.initTransactions();
            transactional.beginTransaction();
            for (int i = 0; i < 50; i++) {
                fixture.write(transactional, "eu", "aborted-" + i, 9, before, "never", null);
                fixture.write(transactional, "eu", "k", 9, before, "never", null);
            }
            transactional.flush();
            transactional.abortTransaction();
        }

        fixture.start();

        fixture.awaitRounds(2);
        fixture.awaitEqual();
        assertThat(fixture.repairs()).isEmpty();
        assertThat(fixture.lastCompared().values().stream()
                        .mapToLong(RoundReport::getEntries)
                        .sum())
                .isEqualTo(3 * (1 + 20 * JobFixture.PARTITIONS));
    }

    @Test
    void shouldSkipRoundsWhileATransactionIsOpenAndTakePartAgainAfterIt() {
        fixture.createTopics();
        long before = System.currentTimeMillis() - 60_000;
        fixture.advanceAll(before);
        fixture.start();
        fixture.awaitRounds(1);
        try (KafkaProducer<byte[], byte[]> transactional = transactionalProducer()) {
            transactional.initTransactions();
            transactional.beginTransaction();
            for (int i = 0; i < 50; i++) {
                fixture.write(transactional, "eu", "open-" + i, 9, before, "later", null);
            }
            transactional.flush();

            await().atMost(JobFixture.PATIENCE)
                    .until(() -> fixture.reports().stream()
                            .anyMatch(report -> report.getReplica().equals("eu")
                                    && report.getOutcome() == Outcome.SKIPPED
                                    && report.getNote().contains("not consumed up to the end")));
            transactional.commitTransaction();
        }
        for (int i = 0; i < 50; i++) {
            fixture.write("ap", "open-" + i, 9, before, "later");
            fixture.write("us", "open-" + i, 9, before, "later");
        }
        fixture.flush();

        fixture.awaitRounds(2);
        fixture.awaitEqual();
    }

    private KafkaProducer<byte[], byte[]> transactionalProducer() {
        return new KafkaProducer<>(
                Map.of(
                        ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        fixture.broker.bootstrapServers(),
                        ProducerConfig.TRANSACTIONAL_ID_CONFIG,
                        fixture.dataset + "-test"),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    /**
     * What the repair events say, each once: a reconciler that missed the round in which a repair was sent may send it
     * again.
     */
    private Set<String> summaries() {
        return fixture.repairs().stream().map(Sent::summary).collect(Collectors.toSet());
    }

    private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
        return new String(record.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> paths = Files.walk(directory)) {
            paths.sorted(Comparator.reverseOrder())
                    .filter(path -> !path.equals(directory))
                    .forEach(path -> {
                        try {
                            Files.delete(path);
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    });
        }
    }

    /** Writes the same to all replicas, one soon after the other, over and over. */
    private static final class Load implements AutoCloseable {

        private final JobFixture fixture;
        private final Thread thread = new Thread(this::run, "load");
        private volatile boolean closing;
        private volatile long written;

        Load(JobFixture fixture) {
            this.fixture = fixture;
            thread.start();
        }

        private void run() {
            long version = System.currentTimeMillis();
            while (!closing) {
                version++;
                long now = System.currentTimeMillis();
                for (int key = 0; key < 20; key++) {
                    fixture.writeEverywhere("busy-" + (version + key) % 500, version, now, "v" + version);
                }
                fixture.flush();
                written = version;
            }
        }

        long written() {
            return written;
        }

        @Override
        public void close() {
            closing = true;
            JobFixture.join(thread);
        }
    }
}
