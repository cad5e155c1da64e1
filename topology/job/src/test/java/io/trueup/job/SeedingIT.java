package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.command.Commands;
import io.trueup.job.InMemoryDatastore.Row;
import io.trueup.schema.RoundReport;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An empty replica is filled through repairs alone, at the rate that is configured, and across a restart of the job. */
@Tag("proof")
class SeedingIT {

    private static final int LIVE = 4_000;
    private static final int DELETED = 1_000;
    private static final int REPAIRS_PER_SECOND = 400;
    private static final int LOST = 20;
    private static final int PARTITIONS = JobFixture.PARTITIONS;

    private final long positionMs = System.currentTimeMillis() - 60_000;

    @TempDir
    Path directory;

    /** A third replica has lost some keys, which are repaired while the empty one is filled. */
    @Test
    void shouldFillAnEmptyReplicaWithTombstonesTooAndGoOnAfterARestart() throws Exception {
        try (JobFixture fixture = new JobFixture(directory.resolve("state"), "ap", "eu", "us")) {
            fixture.settings.put("repair.rate", String.valueOf(REPAIRS_PER_SECOND));
            fixture.createTopics();
            InMemoryDatastore ap = fixture.datastore("ap");
            InMemoryDatastore eu = fixture.datastore("eu");
            InMemoryDatastore us = fixture.datastore("us");
            fill(eu);
            fill(ap);
            lose(ap);
            List.of(ap, eu, us).forEach(InMemoryDatastore::reportProgress);
            PlantedLosses losses = losses(fixture, LIVE + DELETED);
            JobProcess job = fixture.startProcess(directory);
            awaitRepairs(fixture, (LIVE + DELETED) / 4);

            job.stop();
            int before = fixture.repairs("us").size();
            assertThat(before).isLessThan(LIVE + DELETED);
            fixture.startProcess(directory);

            losses.awaitRepaired();
            awaitRepairs(fixture, LIVE + DELETED);
            await().atMost(JobFixture.PATIENCE)
                    .pollInterval(Duration.ofMillis(500))
                    .until(() -> us.contentAt(0).equals(eu.contentAt(0)));
            fixture.awaitRounds(3);
            fixture.awaitEqual();
            for (int i = 0; i < DELETED; i++) {
                assertThat(us.row("deleted-" + i)).isEqualTo(eu.row("deleted-" + i));
            }
            assertEachOnce(fixture);
            assertRepairedAlone(fixture);
            assertPaced(fixture.reports());
        }
    }

    /** A third replica lost some keys: those are repaired while the filling of the empty one waits. */
    @Test
    void shouldWaitForAnApprovalBeforeItFillsAnEmptyReplicaButRepairTheLossesOfAnotherMeanwhile() throws Exception {
        try (JobFixture fixture = new JobFixture(directory.resolve("state"), "ap", "eu", "us")) {
            fixture.settings.put("seeding", "approve");
            fixture.createTopics();
            InMemoryDatastore ap = fixture.datastore("ap");
            InMemoryDatastore eu = fixture.datastore("eu");
            InMemoryDatastore us = fixture.datastore("us");
            fill(eu);
            fill(ap);
            lose(ap);
            PlantedLosses losses = losses(fixture, LOST);
            List.of(ap, eu, us).forEach(InMemoryDatastore::reportProgress);
            JobProcess job = fixture.startProcess(directory);

            await().atMost(JobFixture.PATIENCE)
                    .pollInterval(Duration.ofMillis(500))
                    .until(() -> losses.isRepaired() && guardedPartitions(fixture, "us") == PARTITIONS);
            fixture.awaitRounds(4);
            assertThat(fixture.repairs("us")).isEmpty();
            assertRepairedAlone(fixture);
            assertThat(job.lines())
                    .filteredOn(line -> line.contains("us") && line.contains("trueup approve"))
                    .isNotEmpty();

            try (Commands commands = new Commands(fixture.config())) {
                commands.approve("us", Instant.now().plus(Duration.ofHours(1)), Set.of());
            }
            awaitRepairs(fixture, LIVE + DELETED);
            await().atMost(JobFixture.PATIENCE)
                    .pollInterval(Duration.ofMillis(500))
                    .until(() -> us.contentAt(0).equals(eu.contentAt(0)));
        }
    }

    private static void lose(InMemoryDatastore datastore) {
        lost().forEach(key -> datastore.tamper(key, null));
        datastore.scan("losses");
    }

    private static Set<String> lost() {
        return IntStream.range(0, LOST).mapToObj(i -> "key-" + i).collect(Collectors.toSet());
    }

    /** The losses of {@code ap}; one other replica holds the keys. */
    private static PlantedLosses losses(JobFixture fixture, long keysToRepair) {
        return new PlantedLosses(fixture, "ap", 1, lost(), keysToRepair);
    }

    private static void assertRepairedAlone(JobFixture fixture) {
        assertThat(fixture.repairs("ap").stream().map(JobFixture.Sent::key).collect(Collectors.toSet()))
                .isEqualTo(lost());
    }

    /** Number of partitions whose last reports say that repairs of a target are held back. */
    private static long guardedPartitions(JobFixture fixture, String target) {
        return fixture.lastCompared().values().stream()
                .filter(report -> report.getGuarded().containsKey(target))
                .map(RoundReport::getPartition)
                .distinct()
                .count();
    }

    /** The same writes, whichever replica applies them. */
    private void fill(InMemoryDatastore datastore) {
        for (int i = 0; i < LIVE; i++) {
            datastore.store("key-" + i, Row.live(1 + i, positionMs, "value " + i));
        }
        for (int i = 0; i < DELETED; i++) {
            datastore.store("deleted-" + i, Row.deleted(1 + i, positionMs));
        }
    }

    private static void awaitRepairs(JobFixture fixture, int keys) {
        await().atMost(JobFixture.PATIENCE)
                .pollInterval(Duration.ofMillis(500))
                .until(() -> fixture.repairs("us").stream()
                                .map(JobFixture.Sent::key)
                                .distinct()
                                .count()
                        >= keys);
    }

    /** A repair on its way at the restart may be sent again, as the same one. */
    private static void assertEachOnce(JobFixture fixture) {
        List<JobFixture.Sent> repairs = fixture.repairs("us");
        System.out.println("seeding: " + repairs.size() + " repair events for " + (LIVE + DELETED) + " entries");
        assertThat(fixture.repairs("eu")).isEmpty();
        assertThat(repairs.stream().map(sent -> sent.event().getId()).distinct())
                .hasSize(LIVE + DELETED);
        assertThat(repairs.stream().map(JobFixture.Sent::key).distinct()).hasSize(LIVE + DELETED);
        assertThat(repairs).hasSizeLessThan(LIVE + DELETED + 2 * roundsRepairs() * JobFixture.PARTITIONS);
    }

    private static void assertPaced(List<RoundReport> reports) {
        assertThat(reports).anySatisfy(report -> assertThat(report.getFilling()).containsExactly("us"));
        assertThat(reports)
                .allSatisfy(report -> assertThat(report.getRepairs().values())
                        .allSatisfy(sent -> assertThat(sent).isLessThanOrEqualTo(2L * roundsRepairs())));
    }

    /** What one partition may repair in one round. */
    private static int roundsRepairs() {
        return REPAIRS_PER_SECOND * 2 / JobFixture.PARTITIONS;
    }
}
