package io.trueup.job;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.trueup.command.CommandFailedException;
import io.trueup.command.Commands;
import io.trueup.command.StateReset;
import io.trueup.job.JobFixture.Sent;
import io.trueup.schema.RoundReport;
import io.trueup.schema.Wait;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Missing evidence at a primary or a majority: their repairs would delete or roll back what another replica holds. */
class EvidenceIT {

    private static final int KEYS = 200;
    private static final int LOST = 20;

    @TempDir
    Path directory;

    private Path state() {
        return directory.resolve("state");
    }

    private JobFixture fixture() {
        JobFixture fixture = new JobFixture(state(), "eu", "us").quick();
        fixture.settings.put("resolution", "primary:eu");
        fixture.settings.put("repair.max.fraction", "1");
        fixture.createTopics();
        return fixture;
    }

    @Test
    void shouldRepairNothingByAPrimaryWhoseDatastoreHasSeenNothing() throws Exception {
        try (JobFixture fixture = fixture()) {
            long before = System.currentTimeMillis() - 120_000;
            for (int i = 0; i < KEYS; i++) {
                fixture.writeEverywhere("same-" + i, 1, before, "one");
            }
            fixture.advanceAll(before + 10_000);
            JobProcess job = fixture.startProcess(directory);
            fixture.awaitEqual();

            long after = System.currentTimeMillis() - 60_000;
            for (int i = 0; i < KEYS; i++) {
                fixture.write("us", (i % 2 == 0 ? "same-" : "new-") + i, 2, after, "two");
            }
            plantLosses(fixture, before + 1_000).awaitRepaired();
            await().atMost(JobFixture.PATIENCE)
                    .pollInterval(Duration.ofSeconds(1))
                    .until(() -> needsPerson(fixture) == KEYS);
            fixture.awaitRounds(3);

            assertThat(fixture.repairs("us")).extracting(Sent::key).allMatch(key -> key.startsWith("lost-"));
            assertThat(fixture.repairs("eu")).isEmpty();

            for (int i = 0; i < KEYS; i++) {
                fixture.write("eu", (i % 2 == 0 ? "same-" : "new-") + i, 2, after, "two");
            }
            fixture.flush();
            await().atMost(JobFixture.PATIENCE)
                    .pollInterval(Duration.ofSeconds(1))
                    .until(() -> needsPerson(fixture) == 0);
            assertAlive(job);
        }
    }

    /**
     * Two of three datastores are down while their reconcilers run: their older entries are no votes against what the third has
     * written. Its new keys are filled in, since absence has no vote.
     */
    @Test
    void shouldUndoNothingByAMajorityOfDatastoresThatHaveSeenNothing() throws Exception {
        try (JobFixture fixture = new JobFixture(state(), "ap", "eu", "us").quick()) {
            fixture.settings.put("resolution", "majority");
            fixture.settings.put("repair.max.fraction", "1");
            fixture.createTopics();
            long before = System.currentTimeMillis() - 120_000;
            for (int i = 0; i < KEYS; i++) {
                fixture.writeEverywhere("same-" + i, 1, before, "one");
            }
            fixture.advanceAll(before + 10_000);
            JobProcess job = fixture.startProcess(directory);
            fixture.awaitEqual();

            long after = System.currentTimeMillis() - 60_000;
            for (int i = 0; i < KEYS; i++) {
                fixture.write("us", (i % 2 == 0 ? "same-" : "new-") + i, 2, after, "two");
            }
            plantLosses(fixture, before + 1_000, "ap", "eu").awaitRepaired();
            await().atMost(JobFixture.PATIENCE)
                    .pollInterval(Duration.ofSeconds(1))
                    .until(() -> needsPerson(fixture) == KEYS / 2
                            && repairedKeys(fixture, "ap").size() >= KEYS / 2
                            && repairedKeys(fixture, "eu").size() >= KEYS / 2);
            fixture.awaitRounds(3);

            assertThat(fixture.repairs("us")).extracting(Sent::key).allMatch(key -> key.startsWith("lost-"));
            for (String target : List.of("ap", "eu")) {
                assertThat(fixture.repairs(target)).allSatisfy(sent -> {
                    assertThat(sent.key()).startsWith("new-");
                    assertThat(sent.value()).isEqualTo("two");
                });
            }

            for (int i = 0; i < KEYS; i++) {
                fixture.write("ap", (i % 2 == 0 ? "same-" : "new-") + i, 2, after, "two");
            }
            fixture.flush();
            await().atMost(JobFixture.PATIENCE)
                    .pollInterval(Duration.ofSeconds(1))
                    .until(() -> repairedKeys(fixture, "eu").size() == KEYS);
            assertThat(fixture.repairs("eu"))
                    .allSatisfy(sent -> assertThat(sent.value()).isEqualTo("two"));
            assertThat(fixture.repairs("ap")).extracting(Sent::key).allMatch(key -> key.startsWith("new-"));
            assertAlive(job);
        }
    }

    @Test
    void shouldRepairOnlyByWhatTheConsumerGroupOfThePrimaryHasConsumed() throws Exception {
        try (JobFixture fixture = fixture()) {
            String feed = fixture.dataset + ".feed";
            fixture.settings.put("replica.eu.progress", "group:" + fixture.dataset + "-eu@" + feed);
            JobProcess refused = fixture.startProcess(directory);
            refused.awaitEnd();
            assertThat(refused.lines()).anyMatch(line -> line.contains("There is no topic " + feed));
            fixture.broker
                    .admin()
                    .createTopics(List.of(new NewTopic(feed, 3, (short) 1)))
                    .all()
                    .get();
            FedDatastore datastore = new FedDatastore(fixture, "eu", feed);
            for (int i = 0; i < KEYS; i++) {
                publish(fixture, feed, "same-" + i, 1);
            }
            JobProcess job = fixture.startProcess(directory);
            fixture.awaitEqual();

            for (int i = 0; i < LOST; i++) {
                fixture.write("us", "stray-" + i, 1, System.currentTimeMillis(), "not in the feed");
            }
            plantLosses(fixture, System.currentTimeMillis()).awaitRepaired();
            await().atMost(JobFixture.PATIENCE)
                    .pollInterval(Duration.ofSeconds(1))
                    .until(() -> repairedKeys(fixture).size() == 2 * LOST);

            datastore.close();
            for (int i = 0; i < KEYS; i++) {
                publish(fixture, feed, (i % 2 == 0 ? "same-" : "new-") + i, 2);
            }
            await().atMost(JobFixture.PATIENCE)
                    .pollInterval(Duration.ofSeconds(1))
                    .until(() -> needsPerson(fixture) == KEYS);
            fixture.awaitRounds(3);
            assertThat(repairedKeys(fixture)).hasSize(2 * LOST).noneMatch(key -> key.matches("(same|new)-.*"));
            assertThat(deleted(fixture)).hasSize(LOST).allMatch(key -> key.startsWith("stray-"));
            assertThat(fixture.repairs("eu")).isEmpty();

            FedDatastore again = new FedDatastore(fixture, "eu", feed);
            await().atMost(JobFixture.PATIENCE)
                    .pollInterval(Duration.ofSeconds(1))
                    .until(() -> needsPerson(fixture) == 0);
            again.close();
            assertAlive(job);
        }
    }

    /** A write that reaches us at once, and eu by the feed. */
    private static void publish(JobFixture fixture, String feed, String key, long version) {
        long now = System.currentTimeMillis();
        fixture.send(
                fixture.producer,
                new ProducerRecord<>(feed, null, now, JobFixture.bytes(key), JobFixture.bytes("" + version)));
        fixture.write("us", key, version, now, "value " + version);
        fixture.flush();
    }

    private static Set<String> repairedKeys(JobFixture fixture) {
        return repairedKeys(fixture, "us");
    }

    private static Set<String> repairedKeys(JobFixture fixture, String target) {
        return fixture.repairs(target).stream().map(Sent::key).collect(Collectors.toSet());
    }

    /** Applies a feed as a consumer group named after dataset and replica, and commits what it has applied. */
    private static final class FedDatastore implements AutoCloseable {
        private final KafkaConsumer<byte[], byte[]> feed;
        private final Thread thread = new Thread(this::run, "fed-datastore");
        private final JobFixture fixture;
        private final String replica;

        FedDatastore(JobFixture fixture, String replica, String topic) {
            this.fixture = fixture;
            this.replica = replica;
            feed = new KafkaConsumer<>(
                    Map.of(
                            "bootstrap.servers",
                            fixture.broker.bootstrapServers(),
                            "group.id",
                            fixture.dataset + "-" + replica,
                            "enable.auto.commit",
                            false,
                            "auto.offset.reset",
                            "earliest"),
                    new ByteArrayDeserializer(),
                    new ByteArrayDeserializer());
            feed.subscribe(List.of(topic));
            thread.start();
        }

        private void run() {
            try (feed) {
                while (true) {
                    feed.poll(Duration.ofMillis(200)).forEach(record -> {
                        long version = Long.parseLong(new String(record.value(), UTF_8));
                        String key = new String(record.key(), UTF_8);
                        fixture.write(replica, key, version, record.timestamp(), "value " + version);
                    });
                    fixture.flush();
                    feed.commitSync();
                }
            } catch (WakeupException e) {
                // closed
            }
        }

        @Override
        public void close() {
            feed.wakeup();
            JobFixture.join(thread);
        }
    }

    @Test
    void shouldDeleteNothingByAPrimaryWhoseStateWasLost() throws Exception {
        try (JobFixture fixture = fixture()) {
            long before = System.currentTimeMillis() - 120_000;
            for (int i = 0; i < KEYS; i++) {
                fixture.writeEverywhere("same-" + i, 1, before, "one");
            }
            fixture.advanceAll(before + 10_000);
            JobProcess job = fixture.startProcess(directory);
            fixture.awaitEqual();
            job.stop();

            loseState(fixture, "eu");
            JobProcess again = fixture.startProcess(directory);
            PlantedLosses losses = plantLosses(fixture, System.currentTimeMillis());
            fixture.advanceAll(System.currentTimeMillis() + 1_000);
            losses.awaitRepaired();
            fixture.awaitRounds(3);

            assertThat(fixture.repairs("us")).allSatisfy(sent -> {
                assertThat(sent.event().getDeleted()).isFalse();
                assertThat(sent.key()).startsWith("lost-");
            });
            assertThat(fixture.repairs("eu")).isEmpty();
            assertThat(unknown(fixture))
                    .as("the state is built again from the topic")
                    .isZero();
            again.stop();

            try (StateReset reset = new StateReset(fixture.config(), "eu")) {
                // the broker may count the member in until its session ends
                await().atMost(JobFixture.PATIENCE)
                        .pollInterval(Duration.ofSeconds(1))
                        .ignoreException(CommandFailedException.class)
                        .untilAsserted(() -> reset.execute(reset.plan()));
            }
            JobProcess whole = fixture.startProcess(directory);
            await().atMost(JobFixture.PATIENCE)
                    .pollInterval(Duration.ofSeconds(1))
                    .until(() -> fixture.lastCompared().size() == 2 * JobFixture.PARTITIONS && unknown(fixture) == 0);
            assertThat(fixture.repairs("us")).extracting(Sent::key).allMatch(key -> key.startsWith("lost-"));
            assertThat(fixture.repairs("eu")).isEmpty();
            assertAlive(whole);
        }
    }

    @Test
    void shouldDeleteNothingByAPrimaryWhoseWritesTopicWasTrimmedUntilAPersonSaysThatItIsComplete() throws Exception {
        try (JobFixture fixture = fixture()) {
            long before = System.currentTimeMillis() - 120_000;
            for (int i = 0; i < KEYS; i++) {
                fixture.writeEverywhere("same-" + i, 1, before, "one");
            }
            fixture.flush();
            trim(fixture, fixture.writesTopic("eu"));

            JobProcess job = fixture.startProcess(directory);
            fixture.advanceAll(System.currentTimeMillis());
            PlantedLosses losses = plantLosses(fixture, System.currentTimeMillis() + 1_000);
            fixture.advanceAll(System.currentTimeMillis() + 2_000);
            losses.awaitRepaired();
            await().atMost(JobFixture.PATIENCE)
                    .pollInterval(Duration.ofSeconds(1))
                    .until(() -> unknown(fixture) == KEYS);
            fixture.awaitRounds(3);
            assertThat(fixture.repairs("us")).extracting(Sent::key).allMatch(key -> key.startsWith("lost-"));
            assertThat(fixture.repairs("eu")).isEmpty();

            try (Commands commands = new Commands(fixture.config())) {
                commands.complete("eu", Instant.now().plus(Duration.ofHours(1)), Set.of());
            }
            fixture.advanceAll(System.currentTimeMillis()); // the primary has seen what it does not hold
            await().atMost(JobFixture.PATIENCE)
                    .pollInterval(Duration.ofSeconds(1))
                    .until(() -> deleted(fixture).size() == KEYS);
            assertAlive(job);
        }
    }

    /** Deletes all records of a topic. A topic that is only compacted refuses that. */
    private static void trim(JobFixture fixture, String topic) throws Exception {
        Admin admin = fixture.broker.admin();
        ConfigEntry policy = new ConfigEntry(TopicConfig.CLEANUP_POLICY_CONFIG, "compact,delete");
        admin.incrementalAlterConfigs(Map.of(
                        new ConfigResource(ConfigResource.Type.TOPIC, topic),
                        List.of(new AlterConfigOp(policy, AlterConfigOp.OpType.SET))))
                .all()
                .get();
        Map<TopicPartition, RecordsToDelete> all = new HashMap<>();
        for (int partition = 0; partition < JobFixture.PARTITIONS; partition++) {
            all.put(new TopicPartition(topic, partition), RecordsToDelete.beforeOffset(-1));
        }
        admin.deleteRecords(all).all().get();
    }

    private static Set<String> deleted(JobFixture fixture) {
        return fixture.repairs("us").stream()
                .filter(sent -> sent.event().getDeleted())
                .map(Sent::key)
                .collect(Collectors.toSet());
    }

    @Test
    void shouldResetOnlyAReconcilerThatIsStopped() throws Exception {
        try (JobFixture fixture = fixture()) {
            fixture.advanceAll(System.currentTimeMillis() - 60_000);
            JobProcess job = fixture.startProcess(directory);
            fixture.awaitEqual();
            try (StateReset reset = new StateReset(fixture.config(), "eu")) {
                StateReset.Plan plan = reset.plan();
                assertThat(plan.partitions()).isEqualTo(JobFixture.PARTITIONS);
                assertThatThrownBy(() -> reset.execute(plan))
                        .hasMessageContaining("the reconciler of eu runs")
                        .hasMessageContaining("Stop every process");
            }
            assertThatThrownBy(() -> new StateReset(fixture.config(), "mars")).hasMessageContaining("eu, us");
            assertAlive(job);
        }
    }

    /** Keys that {@code us} has lost and the primary holds. From now on the datastore of {@code us} applies its repairs. */
    private static PlantedLosses plantLosses(JobFixture fixture, long positionMs) {
        return plantLosses(fixture, positionMs, "eu");
    }

    private static PlantedLosses plantLosses(JobFixture fixture, long positionMs, String... holders) {
        fixture.answer("us");
        return fixture.plantLosses("us", LOST, positionMs, holders);
    }

    private static void assertAlive(JobProcess job) {
        assertThat(job.isAlive()).isTrue();
    }

    private static long needsPerson(JobFixture fixture) {
        return fixture.lastCompared().values().stream()
                .filter(report -> report.getReplica().equals("us"))
                .mapToLong(report -> report.getNeedsPerson().getOrDefault("NOT_SEEN", 0L))
                .sum();
    }

    private static long unknown(JobFixture fixture) {
        return fixture.lastCompared().values().stream()
                .filter(report -> report.getReplica().equals("us"))
                .map(RoundReport::getWaits)
                .flatMap(List::stream)
                .filter(wait -> wait.getReason().equals("ABSENCE_UNKNOWN"))
                .mapToLong(Wait::getKeys)
                .sum();
    }

    /** Deletes the changelog topics of a replica's application and its files, and leaves its consumer group. */
    private void loseState(JobFixture fixture, String replica) throws Exception {
        String application = fixture.config().applicationId(replica);
        Admin admin = fixture.broker.admin();
        List<String> changelogs = admin.listTopics().names().get().stream()
                .filter(topic -> topic.startsWith(application + "-"))
                .toList();
        assertThat(changelogs).isNotEmpty();
        admin.deleteTopics(changelogs).all().get();
        try (Stream<Path> files = Files.walk(state().resolve(application))) {
            files.sorted(Comparator.reverseOrder()).forEach(EvidenceIT::delete);
        }
    }

    private static void delete(Path file) {
        try {
            Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
