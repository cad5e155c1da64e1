package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.job.JobFixture.Sent;
import io.trueup.schema.RoundReport;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The wall clock of a job's process steps while it runs. Needs libfaketime: {@code apt-get install faketime}. */
@Tag("proof")
class ClockIT {

    private static final int KEYS = 200;
    private static final int LOST = 20;
    private static final long DAY_MS = 86_400_000;

    @TempDir
    Path directory;

    private FakeClock clock;

    @BeforeEach
    void startWithTheRightTime() throws IOException {
        clock = new FakeClock(directory);
    }

    @Test
    void shouldNotFollowTheClockOfOneProcessThatIsADayAhead() throws Exception {
        try (JobFixture fixture = fixture()) {
            Map<String, String> others = new HashMap<>(fixture.settings);
            fixture.settings.put("hosted.replicas", "ap,us");
            fixture.start();
            others.put("hosted.replicas", "eu");
            others.put("state.dir", directory.resolve("state-eu").toString());
            fixture.answer("eu");
            try (JobProcess eu = new JobProcess(others, directory, clock.environment())) {
                fixture.awaitEqual();

                clock.step("+1d");
                fixture.awaitRounds(2);
                lose(fixture, "ahead");
                awaitRepairs(fixture, "ahead");

                clock.step("+0");
                awaitEnd(eu);
            }
            try (JobProcess eu = new JobProcess(others, directory, clock.environment())) {
                fixture.awaitRounds(2);
                lose(fixture, "right");
                awaitRepairs(fixture, "right");
                fixture.awaitEqual();
                assertThat(eu.isAlive()).isTrue();
            }
            assertThat(repaired(fixture, "eu")).hasSize(2 * LOST);
            assertThat(fixture.repairs("ap")).isEmpty();
            assertThat(fixture.repairs("us")).isEmpty();
            assertThat(fixture.reports())
                    .allSatisfy(report -> assertThat(report.getCut())
                            .as("rounds of %s", report.getReplica())
                            .isLessThan(System.currentTimeMillis() + 60_000));
        }
    }

    /** Nothing else shows a time: after the patience, the clock is followed. */
    @Test
    void shouldGoOnAfterAStepThatLastsWhereOneProcessHostsAllReplicas() throws Exception {
        try (JobFixture fixture = fixture()) {
            fixture.answer("eu");
            try (JobProcess all = new JobProcess(fixture.settings, directory, clock.environment())) {
                fixture.awaitEqual();

                clock.step("+1d");
                awaitCuts(fixture, System.currentTimeMillis() + DAY_MS);
                lose(fixture, "ahead");
                awaitRepairs(fixture, "ahead");

                clock.step("+0");
                awaitEnd(all);
            }
            try (JobProcess all = new JobProcess(fixture.settings, directory, clock.environment())) {
                awaitCuts(fixture, System.currentTimeMillis());
                lose(fixture, "right");
                awaitRepairs(fixture, "right");
                fixture.awaitEqual();
                assertThat(all.isAlive()).isTrue();
            }
            assertThat(repaired(fixture, "eu")).hasSize(2 * LOST);
            assertThat(fixture.repairs("ap")).isEmpty();
            assertThat(fixture.repairs("us")).isEmpty();
        }
    }

    /** Kafka's clients cannot go on: the supervisor starts the job again. */
    private static void awaitEnd(JobProcess job) {
        await().atMost(Duration.ofMinutes(1)).until(() -> !job.isAlive());
    }

    /** Waits until each replica has reported a round in which it has heard the others, and whose cut lies within a day after a time. */
    private static void awaitCuts(JobFixture fixture, long fromMs) {
        await().atMost(JobFixture.PATIENCE)
                .pollInterval(Duration.ofSeconds(1))
                .until(() -> fixture.reports().stream()
                                .filter(report -> report.getCut() > fromMs && report.getCut() < fromMs + DAY_MS)
                                .filter(report -> report.getHeard().size() == 2)
                                .map(RoundReport::getReplica)
                                .distinct()
                                .count()
                        == 3);
    }

    private JobFixture fixture() {
        JobFixture fixture = new JobFixture(directory.resolve("state"));
        fixture.settings.put("round.interval", "5s"); // the library makes each look at the clock a hundred times slower
        fixture.settings.put("grace", "1s");
        fixture.createTopics();
        long before = System.currentTimeMillis() - 120_000;
        for (int i = 0; i < KEYS; i++) {
            fixture.writeEverywhere("same-" + i, 1, before, "one");
        }
        fixture.advanceAll(before + 10_000);
        return fixture;
    }

    /** Keys that eu lacks. */
    private static void lose(JobFixture fixture, String name) {
        long now = System.currentTimeMillis();
        lost(name).forEach(key -> {
            fixture.write("ap", key, 1, now, "kept");
            fixture.write("us", key, 1, now, "kept");
        });
        fixture.advanceAll(now + 1_000);
    }

    private static void awaitRepairs(JobFixture fixture, String name) {
        await().atMost(JobFixture.PATIENCE)
                .pollInterval(Duration.ofSeconds(1))
                .until(() -> repaired(fixture, "eu").containsAll(lost(name)));
    }

    private static Set<String> lost(String name) {
        return IntStream.range(0, LOST).mapToObj(i -> name + "-" + i).collect(Collectors.toSet());
    }

    private static Set<String> repaired(JobFixture fixture, String replica) {
        return fixture.repairs(replica).stream().map(Sent::key).collect(Collectors.toSet());
    }
}
