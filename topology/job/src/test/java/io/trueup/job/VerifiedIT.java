package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.job.InMemoryDatastore.Row;
import io.trueup.job.JobFixture.Sent;
import io.trueup.schema.RoundReport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Versions are each replica's own: a newer version of a wrong value is no answer to a repair, and no proof that it was applied. */
@Tag("proof")
class VerifiedIT {

    private static final int KEYS = 200;
    private static final int WRONG = 50;
    private static final int LOST = 20;

    @TempDir
    Path directory;

    @Test
    void shouldReportNoRepairAsVerifiedThatNobodyHasApplied() throws Exception {
        try (JobFixture fixture = new JobFixture(directory.resolve("state")).quick()) {
            fixture.settings.putAll(Map.of("compare", "value", "resolution", "majority"));
            fixture.createTopics();
            InMemoryDatastore ap = fixture.datastore("ap");
            InMemoryDatastore eu = fixture.datastore("eu");
            InMemoryDatastore us = fixture.datastore("us");
            long before = System.currentTimeMillis() - 60_000;
            for (int i = 0; i < KEYS; i++) {
                ap.store("same-" + i, Row.live(1, before, "value"));
                eu.store("same-" + i, Row.live(200, before, "value"));
                us.store("same-" + i, Row.live(30, before, "value"));
            }
            for (int i = 0; i < WRONG; i++) {
                ap.store("wrong-" + i, Row.live(1, before, "right"));
                eu.store("wrong-" + i, Row.live(200, before, "right"));
                us.store("wrong-" + i, Row.live(30, before, "wrong"));
            }
            for (int i = 0; i < LOST; i++) {
                eu.store("lost-" + i, Row.live(200, before, "kept"));
                us.store("lost-" + i, Row.live(30, before, "kept"));
            }
            ap.reportProgress();
            eu.reportProgress();
            us.reportProgress();
            us.loseRepairs(key -> true);
            Set<String> lost =
                    IntStream.range(0, LOST).mapToObj(i -> "lost-" + i).collect(Collectors.toSet());
            PlantedLosses losses = new PlantedLosses(fixture, "ap", 2, lost, WRONG + LOST);
            fixture.startProcess(directory);

            losses.awaitRepaired();
            await().atMost(JobFixture.PATIENCE)
                    .pollInterval(Duration.ofMillis(500))
                    .until(() -> keys(fixture, "us").size() == WRONG && verified(fixture, "ap") >= LOST);
            for (int again = 1; again <= 3; again++) {
                int sent = fixture.repairs("us").size();
                for (int i = 0; i < WRONG; i++) {
                    us.store("wrong-" + i, Row.live(1_000L * again, System.currentTimeMillis(), "wrong"));
                }
                us.flush();
                await().atMost(JobFixture.PATIENCE)
                        .pollInterval(Duration.ofMillis(500))
                        .until(() -> fixture.repairs("us").size() >= sent + WRONG);
                fixture.awaitRounds(1);
            }

            assertThat(verified(fixture, "us")).isZero();
            assertThat(declined(fixture, "us")).isZero();
            assertThat(verified(fixture, "ap")).isEqualTo(LOST);
            assertThat(keys(fixture, "ap")).hasSize(LOST).allMatch(key -> key.startsWith("lost-"));
            assertThat(fixture.repairs("eu")).isEmpty();
            assertThat(fixture.repairs("us"))
                    .allSatisfy(sent ->
                            assertThat(sent.key() + " := " + sent.value()).matches("wrong-.* := right"));

            us.loseRepairs(key -> false);
            fixture.awaitEqual();
            await().atMost(JobFixture.PATIENCE)
                    .pollInterval(Duration.ofMillis(500))
                    .until(() -> verified(fixture, "us") >= WRONG);
            assertThat(verified(fixture, "ap")).isEqualTo(LOST);
        }
    }

    private static Set<String> keys(JobFixture fixture, String target) {
        return fixture.repairs(target).stream().map(Sent::key).collect(Collectors.toSet());
    }

    private static long verified(JobFixture fixture, String replica) {
        return sum(fixture, replica, RoundReport::getVerified);
    }

    private static long declined(JobFixture fixture, String replica) {
        return sum(fixture, replica, RoundReport::getDeclined);
    }

    private static long sum(JobFixture fixture, String replica, ToLongFunction<RoundReport> count) {
        return fixture.reports().stream()
                .filter(report -> report.getReplica().equals(replica))
                .mapToLong(count)
                .sum();
    }
}
