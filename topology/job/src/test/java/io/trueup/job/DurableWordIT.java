package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.command.Commands;
import io.trueup.job.InMemoryDatastore.Row;
import io.trueup.job.JobFixture.Sent;
import io.trueup.schema.RoundReport;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A person decides, and the only process that hosts the replicas is killed at once: the decision holds after the next start, and at
 * another instance that takes the partitions over with a state directory of its own.
 */
@Tag("proof")
class DurableWordIT {

    private static final int KEYS = 200;
    private static final int CONFLICTS = 8;
    private static final int LOST = 20;
    private static final Map<String, String> NO_COMMITS = Map.of(
            "streams.processing.guarantee", "at_least_once",
            "streams.commit.interval.ms", "120000");
    private static final String ENTRY_OF_EU = "from eu";

    @TempDir
    Path directory;

    private InMemoryDatastore ap;
    private InMemoryDatastore eu;
    private InMemoryDatastore us;

    /** Starts an instance of the job, on the state that the instance of this name has left. */
    private JobProcess start(JobFixture fixture, String instance) throws Exception {
        Map<String, String> settings = new HashMap<>(fixture.settings);
        Path own = Files.createDirectories(directory.resolve(instance));
        settings.put("state.dir", Files.createDirectories(own.resolve("state")).toString());
        return new JobProcess(settings, own);
    }

    private JobFixture fixture(Map<String, String> settings) {
        JobFixture fixture = new JobFixture(directory);
        fixture.settings.putAll(settings);
        fixture.createTopics();
        ap = fixture.datastore("ap");
        eu = fixture.datastore("eu");
        us = fixture.datastore("us");
        all().forEach(InMemoryDatastore::reportProgress);
        return fixture;
    }

    private List<InMemoryDatastore> all() {
        return List.of(ap, eu, us);
    }

    /**
     * @param committed whether the process has read the choice and committed that when it is killed: what it had sent by then is
     *     lost; otherwise it is killed at once, and commits nothing by itself
     * @param next the instance that runs next; the first one is killed
     */
    @ParameterizedTest
    @CsvSource({
        "latest, at_least_once, false, first",
        "majority, exactly_once_v2, true, first",
        "latest, exactly_once_v2, true, first",
        "vector, exactly_once_v2, true, first",
        "majority, exactly_once_v2, true, second",
        "latest, exactly_once_v2, true, second"
    })
    void shouldCarryOutAChoiceAndSettleItOnlyOnceAllHoldTheSame(
            String resolution, String guarantee, boolean committed, String next) throws Exception {
        Map<String, String> settings = new HashMap<>(
                Map.of("resolution", resolution, "streams.processing.guarantee", guarantee, "round.interval", "4s"));
        if (!committed) {
            settings.putAll(NO_COMMITS);
        }
        try (JobFixture fixture = fixture(settings)) {
            long before = System.currentTimeMillis() - 60_000;
            for (int i = 0; i < KEYS; i++) {
                String key = "same-" + i;
                all().forEach(datastore -> datastore.store(key, row(1, resolution, before, "value")));
            }
            for (int i = 0; i < CONFLICTS; i++) {
                storeConflict("conflict-" + i, resolution, before);
            }
            all().forEach(datastore -> datastore.loseRepairs(key -> key.startsWith("conflict-")));
            try (JobProcess job = start(fixture, "first");
                    Commands commands = new Commands(fixture.config())) {
                await().atMost(JobFixture.PATIENCE).until(() -> listed(commands, 3) == CONFLICTS || !job.isAlive());
                for (int i = 0; i < LOST; i++) {
                    Row row = row(1, resolution, System.currentTimeMillis(), "kept");
                    eu.store("lost-" + i, row);
                    us.store("lost-" + i, row);
                }
                for (int i = 0; i < CONFLICTS; i++) {
                    commands.choose(JobFixture.bytes("conflict-" + i), "eu");
                }
                if (committed) {
                    awaitCommandsRead(fixture);
                }
                job.kill();
            }
            int sentBefore = chosen(fixture).size();

            try (JobProcess job = start(fixture, next);
                    Commands commands = new Commands(fixture.config())) {
                int targets = resolution.equals("vector") ? 3 : 2;
                await().atMost(JobFixture.PATIENCE)
                        .pollInterval(Duration.ofSeconds(1))
                        .until(() -> distinct(chosen(fixture).stream()
                                        .skip(committed ? sentBefore : 0)
                                        .toList())
                                == (long) targets * CONFLICTS);
                fixture.awaitRounds(2);
                assertThat(listed(commands, 1)).as("nothing is applied yet").isEqualTo(CONFLICTS);

                all().forEach(datastore -> datastore.loseRepairs(key -> false));
                await().atMost(JobFixture.PATIENCE).until(() -> listed(commands, 1) == 0);
                for (int i = 0; i < CONFLICTS; i++) {
                    for (InMemoryDatastore datastore : all()) {
                        assertThat(datastore.row("conflict-" + i).value()).isEqualTo(ENTRY_OF_EU);
                    }
                }
                fixture.awaitEqual();
                assertThat(job.isAlive()).isTrue();
            }

            assertThat(fixture.repairs()).allSatisfy(sent -> {
                boolean isLoss = sent.key().startsWith("lost-");
                assertThat(sent.value()).as(sent.summary()).isEqualTo(isLoss ? "kept" : ENTRY_OF_EU);
                assertThat(sent.key()).matches(isLoss ? "lost-.*" : "conflict-.*");
                assertThat(!isLoss || sent.event().getTarget().equals("ap")).isTrue();
            });
            assertThat(repairedKeys(fixture, "ap", "lost-")).isEqualTo(LOST);
        }
    }

    /** An entry of its own at each replica, none of which wins by the rule. */
    private void storeConflict(String key, String resolution, long positionMs) {
        long version = 1;
        for (String replica : List.of("eu", "us", "ap")) {
            Map<String, Long> vector = new HashMap<>(Map.of("ap", 1L, "eu", 1L, "us", 1L));
            vector.put(replica, 2L);
            Row row = new Row(
                    resolution.equals("latest") ? 7 : version++,
                    resolution.equals("vector") ? vector : null,
                    positionMs,
                    "from " + replica,
                    null);
            (replica.equals("eu") ? eu : replica.equals("us") ? us : ap).store(key, row);
        }
    }

    private static Row row(long version, String resolution, long positionMs, String value) {
        return new Row(version, resolution.equals("vector") ? Map.of("eu", version) : null, positionMs, value, null);
    }

    /** Number of conflicts that are listed with at least so many sides. */
    private static long listed(Commands commands, int sides) {
        return commands.conflicts().stream()
                .filter(conflict -> conflict.sides().size() >= sides)
                .count();
    }

    /** The repairs of keys in conflict, in the order in which they were sent to each target. */
    private static List<Sent> chosen(JobFixture fixture) {
        return fixture.repairs().stream()
                .filter(sent -> sent.key().startsWith("conflict-"))
                .sorted((a, b) -> Long.compare(a.event().getCut(), b.event().getCut()))
                .toList();
    }

    private static long distinct(List<Sent> repairs) {
        return repairs.stream()
                .map(sent -> sent.key() + " on " + sent.event().getTarget())
                .distinct()
                .count();
    }

    private static long repairedKeys(JobFixture fixture, String target, String prefix) {
        return fixture.repairs(target).stream()
                .map(Sent::key)
                .filter(key -> key.startsWith(prefix))
                .distinct()
                .count();
    }

    /** Waits until every reconciler has committed that it has read all control messages sent so far. */
    private static void awaitCommandsRead(JobFixture fixture) {
        Map<TopicPartition, Long> last = new HashMap<>();
        for (ConsumerRecord<byte[], byte[]> message : fixture.broker.readAll(fixture.dataset + ".control")) {
            last.merge(new TopicPartition(message.topic(), message.partition()), message.offset(), Math::max);
        }
        assertThat(last).hasSize(JobFixture.PARTITIONS);
        await().atMost(JobFixture.PATIENCE)
                .pollInterval(Duration.ofMillis(200))
                .until(() -> fixture.replicas.stream().allMatch(replica -> {
                    Map<TopicPartition, OffsetAndMetadata> committed = committed(fixture, replica);
                    return last.entrySet().stream()
                            .allMatch(end -> committed.containsKey(end.getKey())
                                    && committed.get(end.getKey()).offset() > end.getValue());
                }));
    }

    private static Map<TopicPartition, OffsetAndMetadata> committed(JobFixture fixture, String replica) {
        try {
            return fixture.broker
                    .admin()
                    .listConsumerGroupOffsets(fixture.config().applicationId(replica))
                    .partitionsToOffsetAndMetadata()
                    .get();
        } catch (ExecutionException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * {@code ap} loses 600 of 1 000 keys, and {@code us} loses 20 keys in each of three phases, which are repaired at once.
     *
     * @param committed whether the process has read the approval and committed that when it is killed; otherwise it is killed at
     *     once, and no process has ever committed anything
     * @param second the instance that runs after the first one is killed
     * @param third the instance that runs after that one is killed
     */
    @ParameterizedTest
    @CsvSource({"true, first, first", "false, first, first", "true, second, third"})
    void shouldHoldAFloodBackUntilItIsApprovedAndRepairAfterwardsThoughTheProcessIsKilledEachTime(
            boolean committed, String second, String third) throws Exception {
        int keys = 1_000;
        int flood = 600;
        Map<String, String> settings = new HashMap<>(Map.of(
                "streams.processing.guarantee", "exactly_once_v2",
                "repair.flood.min.keys", "100",
                "repair.rate", "20"));
        if (!committed) {
            settings.putAll(NO_COMMITS);
        }
        try (JobFixture fixture = fixture(settings)) {
            long before = System.currentTimeMillis() - 60_000;
            for (int i = 0; i < keys; i++) {
                Row row = Row.live(1, before, "value");
                String key = "key-" + i;
                all().forEach(datastore -> datastore.store(key, row));
            }
            try (JobProcess job = start(fixture, "first")) {
                fixture.awaitRounds(1);
                fixture.awaitEqual();
                for (int i = 0; i < flood; i++) {
                    ap.tamper("key-" + i, null);
                }
                ap.scan("flood");
                loseAtUs(keys - LOST);
                await().atMost(JobFixture.PATIENCE)
                        .pollInterval(Duration.ofMillis(500))
                        .until(() -> guarded(fixture).size() == JobFixture.PARTITIONS && lost(fixture) == LOST
                                || !job.isAlive());
                job.kill();
            }

            try (JobProcess job = start(fixture, second)) {
                fixture.awaitRounds(1);
                loseAtUs(keys - 2 * LOST);
                await().atMost(JobFixture.PATIENCE)
                        .pollInterval(Duration.ofMillis(500))
                        .until(() -> lost(fixture) == 2 * LOST || !job.isAlive());
                fixture.awaitRounds(3);
                assertThat(fixture.repairs("ap")).as("nobody has approved").isEmpty();

                try (Commands commands = new Commands(fixture.config())) {
                    commands.approve("ap", Instant.now().plus(Duration.ofHours(1)), Set.of());
                }
                if (committed) {
                    awaitCommandsRead(fixture);
                    await().atMost(JobFixture.PATIENCE)
                            .until(() -> !fixture.repairs("ap").isEmpty());
                }
                job.kill();
            }
            assertThat(repairedKeys(fixture, "ap", ""))
                    .as("killed while it repairs")
                    .isLessThan(flood / 2);

            try (JobProcess job = start(fixture, third)) {
                loseAtUs(keys - 3 * LOST);
                await().atMost(JobFixture.PATIENCE)
                        .pollInterval(Duration.ofSeconds(1))
                        .until(() -> repairedKeys(fixture, "ap", "") == flood && lost(fixture) == 3 * LOST
                                || !job.isAlive());
                fixture.awaitEqual();
                assertThat(job.isAlive()).isTrue();
            }
            assertThat(fixture.repairs("eu")).isEmpty();
            assertThat(fixture.repairs("us")).extracting(Sent::key).allMatch(key -> number(key) >= keys - 3 * LOST);
            assertThat(fixture.repairs("ap")).extracting(Sent::key).allMatch(key -> number(key) < flood);
            assertThat(all())
                    .allSatisfy(datastore -> assertThat(datastore.contentAt(0)).hasSize(keys));
        }
    }

    private static int number(String key) {
        return Integer.parseInt(key.substring("key-".length()));
    }

    private void loseAtUs(int first) {
        for (int i = first; i < first + LOST; i++) {
            us.tamper("key-" + i, null);
        }
        us.scan("loss from " + first);
    }

    private static long lost(JobFixture fixture) {
        return repairedKeys(fixture, "us", "key-");
    }

    /** The partitions whose last reports say that repairs of {@code ap} are held back. */
    private static Set<Integer> guarded(JobFixture fixture) {
        return fixture.lastCompared().values().stream()
                .filter(report -> report.getReplica().equals("eu"))
                .filter(report -> report.getGuarded().containsKey("ap"))
                .map(RoundReport::getPartition)
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
