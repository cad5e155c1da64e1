package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.command.Commands;
import io.trueup.job.InMemoryDatastore.Row;
import io.trueup.schema.RoundReport;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Repairs that look like a mistake are held back until a person approves, and those of a few losses elsewhere are sent meanwhile. */
@Tag("proof")
class FloodGuardIT {

    private static final int KEYS = 4_000;
    private static final int LOST = 20;
    /** Partitions of the replica with another partitioner: all but the last one. */
    private static final int MISTAKEN = JobFixture.PARTITIONS - 1;

    @TempDir
    Path directory;

    /**
     * The producer of {@code us} uses another partitioner: three of four of its keys seem to be missing everywhere. In the last
     * partition, which it does not own, {@code ap} has lost keys.
     */
    @Test
    void shouldSendNothingAndRaiseOneAlarmUntilAPersonApproves() throws Exception {
        try (JobFixture fixture = new JobFixture(directory.resolve("state"), "ap", "eu", "us")) {
            fixture.settings.put("placement", "explicit");
            for (int partition = 0; partition < MISTAKEN; partition++) {
                fixture.settings.put("placement.partition." + partition, "eu,us");
            }
            fixture.settings.put("placement.partition." + MISTAKEN, "ap,eu");
            fixture.settings.put("repair.flood.min.keys", "100");
            fixture.createTopics();
            InMemoryDatastore ap = fixture.datastore("ap");
            InMemoryDatastore eu = fixture.datastore("eu");
            InMemoryDatastore us = fixture.datastore("us");
            us.partitionBy(key -> Math.floorMod(key.hashCode(), JobFixture.PARTITIONS));
            long positionMs = System.currentTimeMillis() - 60_000;
            Set<String> lost = new TreeSet<>();
            for (int i = 0; i < KEYS; i++) {
                String key = "key-" + i;
                Row row = Row.live(1, positionMs, "value");
                eu.store(key, row);
                us.store(key, row);
                if (JobFixture.partitionOf(key) == MISTAKEN && (lost.size() == LOST || !lost.add(key))) {
                    ap.store(key, row);
                }
            }
            List.of(ap, eu, us).forEach(InMemoryDatastore::reportProgress);
            PlantedLosses losses = new PlantedLosses(fixture, "ap", 1, lost);
            JobProcess job = fixture.startProcess(directory);

            await().atMost(JobFixture.PATIENCE)
                    .pollInterval(Duration.ofMillis(500))
                    .until(() ->
                            losses.isRepaired() && guardedPartitions(fixture).size() == 2 * MISTAKEN);
            fixture.awaitRounds(4);
            assertThat(fixture.repairs("eu")).isEmpty();
            assertThat(fixture.repairs("us")).isEmpty();
            assertThat(repairedKeys(fixture, "ap")).isEqualTo(LOST);
            assertThat(job.lines())
                    .filteredOn(line -> line.contains("replica us"))
                    .singleElement()
                    .asString()
                    .contains("Flood guard", "in 3 partitions", "partitioner", "trueup approve", "--target us");
            assertThat(job.lines())
                    .filteredOn(line -> line.contains("replica eu"))
                    .hasSize(1);

            try (Commands commands = new Commands(fixture.config())) {
                commands.approve("us", Instant.now().plus(Duration.ofHours(1)), Set.of());
            }

            await().atMost(JobFixture.PATIENCE)
                    .pollInterval(Duration.ofMillis(500))
                    .until(() -> fixture.repairs("us").size() > KEYS / 2);
            assertThat(fixture.repairs("eu")).isEmpty();
        }
    }

    /**
     * Each partition loses about 80 of 100 keys, fewer than {@code repair.flood.min.keys}; all together lose 1 600 of 2 000. The
     * partitions may find it in different rounds, so fewer than {@code repair.flood.min.keys} may pass.
     */
    @Test
    void shouldHoldBackALossThatIsSpreadOverManyPartitionsAndRepairAFewLossesBesideIt() throws Exception {
        int partitions = 20;
        int minKeys = 120;
        try (JobFixture fixture = new JobFixture(directory.resolve("state"), partitions, "ap", "eu", "us")) {
            fixture.settings.put("repair.flood.min.keys", String.valueOf(minKeys));
            fixture.createTopics();
            InMemoryDatastore ap = fixture.datastore("ap");
            InMemoryDatastore us = fixture.datastore("us");
            List<InMemoryDatastore> all = List.of(ap, fixture.datastore("eu"), us);
            long positionMs = System.currentTimeMillis() - 60_000;
            for (int i = 0; i < 2_000; i++) {
                for (InMemoryDatastore datastore : all) {
                    datastore.store("key-" + i, Row.live(1, positionMs, "value"));
                }
            }
            all.forEach(InMemoryDatastore::reportProgress);
            JobProcess job = fixture.startProcess(directory);
            fixture.awaitRounds(2);

            for (int i = 0; i < 1_600; i++) {
                ap.tamper("key-" + i, null);
            }
            for (int i = 0; i < 2_000; i += 100) {
                us.tamper("key-" + i, null);
            }
            ap.scan("loss of ap");
            us.scan("loss of us");
            List<String> lost = IntStream.iterate(0, i -> i < 2_000, i -> i + 100)
                    .mapToObj(i -> "key-" + i)
                    .toList();
            PlantedLosses losses = new PlantedLosses(fixture, "us", 1, lost, 1_600);

            await().atMost(JobFixture.PATIENCE)
                    .pollInterval(Duration.ofMillis(500))
                    .until(() -> losses.isRepaired() && guardedLately(fixture, "ap") >= partitions - 1);
            fixture.awaitRounds(4);
            assertThat(repairedKeys(fixture, "ap")).isLessThan(minKeys);
            assertThat(job.lines())
                    .filteredOn(line -> line.contains("Flood guard: about"))
                    .singleElement()
                    .asString()
                    .contains("replica ap", "in all partitions together", "--target ap");

            try (Commands commands = new Commands(fixture.config())) {
                commands.approve("ap", Instant.now().plus(Duration.ofHours(1)), Set.of());
            }
            await().atMost(JobFixture.PATIENCE)
                    .pollInterval(Duration.ofMillis(500))
                    .until(() -> repairedKeys(fixture, "ap") == 1_600);
            fixture.awaitEqual();
            assertThat(repairedKeys(fixture, "us")).isEqualTo(20);
        }
    }

    /**
     * {@code us} holds 1 600 keys that the primary does not hold and would delete. In each partition they are fewer than
     * {@code repair.flood.min.keys}, and all together more.
     */
    @Test
    void shouldDeleteNothingThatAPrimaryDoesNotHoldIfAllPartitionsTogetherAreAFloodAndRepairAFewLossesBesideIt()
            throws Exception {
        int partitions = 20;
        int strays = 1_600;
        int kept = 400;
        try (JobFixture fixture = new JobFixture(directory.resolve("state"), partitions, "ap", "eu", "us")) {
            fixture.settings.put("resolution", "primary:eu");
            fixture.settings.put("repair.flood.min.keys", "200");
            fixture.createTopics();
            InMemoryDatastore ap = fixture.datastore("ap");
            InMemoryDatastore eu = fixture.datastore("eu");
            InMemoryDatastore us = fixture.datastore("us");
            long positionMs = System.currentTimeMillis() - 60_000;
            Set<String> lost = new TreeSet<>();
            for (int i = 0; i < kept; i++) {
                String key = "kept-" + i;
                Row row = Row.live(1, positionMs, "value");
                List.of(eu, us).forEach(owner -> owner.store(key, row));
                if (i < LOST) {
                    lost.add(key);
                } else {
                    ap.store(key, row);
                }
            }
            for (int i = 0; i < strays; i++) {
                us.store("stray-" + i, Row.live(1, positionMs, "value"));
            }
            List.of(ap, eu, us).forEach(InMemoryDatastore::reportProgress);
            PlantedLosses losses = new PlantedLosses(fixture, "ap", 2, lost);
            JobProcess job = fixture.startProcess(directory);

            await().atMost(JobFixture.PATIENCE)
                    .pollInterval(Duration.ofMillis(500))
                    .until(() -> losses.isRepaired() && guardedLately(fixture, "us") == partitions);
            fixture.awaitRounds(4);
            assertThat(fixture.repairs("us")).isEmpty();
            assertThat(fixture.repairs("eu")).isEmpty();
            assertThat(repairedKeys(fixture, "ap")).isEqualTo(LOST);
            assertThat(job.lines())
                    .filteredOn(line -> line.contains("Flood guard: about"))
                    .singleElement()
                    .asString()
                    .contains("replica us", "in all partitions together", "--target us");

            try (Commands commands = new Commands(fixture.config())) {
                commands.approve("us", Instant.now().plus(Duration.ofHours(1)), Set.of());
            }
            await().atMost(JobFixture.PATIENCE)
                    .pollInterval(Duration.ofMillis(500))
                    .until(() -> us.contentAt(0).size() == kept);
            assertThat(fixture.repairs("us"))
                    .allSatisfy(sent -> assertThat(sent.key()).startsWith("stray-"))
                    .allSatisfy(sent -> assertThat(sent.event().getDeleted()).isTrue());
        }
    }

    /** Number of keys of which repairs were sent; a repair that is not answered in time is sent again. */
    private static long repairedKeys(JobFixture fixture, String target) {
        return fixture.repairs(target).stream()
                .map(JobFixture.Sent::key)
                .distinct()
                .count();
    }

    /** Number of partitions whose last reports say that repairs of a target are held back. */
    private static long guardedLately(JobFixture fixture, String target) {
        return fixture.lastCompared().values().stream()
                .filter(report -> report.getReplica().equals("eu"))
                .filter(report -> report.getGuarded().containsKey(target))
                .count();
    }

    /** Targets and partitions whose repairs are held back, once that is about three quarters of the keys of each. */
    private static Set<String> guardedPartitions(JobFixture fixture) {
        Set<String> guarded = new HashSet<>();
        for (RoundReport report : fixture.reports()) {
            report.getGuarded().forEach((target, repairs) -> {
                assertThat(repairs).isBetween(1L, (long) KEYS / JobFixture.PARTITIONS);
                if (repairs >= KEYS / 2L / JobFixture.PARTITIONS) {
                    guarded.add(target + "/" + report.getPartition());
                }
            });
        }
        return guarded;
    }
}
