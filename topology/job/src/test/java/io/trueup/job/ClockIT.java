package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.job.JobFixture.Sent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
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

    @TempDir
    Path directory;

    private Path offset;

    @BeforeEach
    void startWithTheRightTime() throws IOException {
        offset = directory.resolve("clock");
        step("+0");
    }

    /** Lets the wall clock of processes under {@link #fakeClock} differ from now on. */
    private void step(String by) throws IOException {
        Path next = directory.resolve("clock.next");
        Files.writeString(next, by);
        Files.move(next, offset, StandardCopyOption.REPLACE_EXISTING);
    }

    private Map<String, String> fakeClock() {
        Path library = List.of("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64").stream()
                .map(path -> Path.of(path, "faketime", "libfaketimeMT.so.1"))
                .filter(Files::exists)
                .findFirst()
                .orElseThrow(() -> new AssertionError("libfaketime is missing: apt-get install faketime"));
        return Map.of(
                "LD_PRELOAD",
                library.toString(),
                "FAKETIME_TIMESTAMP_FILE",
                offset.toString(),
                "FAKETIME_CACHE_DURATION",
                "1",
                "FAKETIME_DONT_FAKE_MONOTONIC",
                "1");
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
            try (JobProcess eu = new JobProcess(others, directory, fakeClock())) {
                fixture.awaitEqual();

                step("+1d");
                fixture.awaitRounds(2);
                lose(fixture, "ahead");
                awaitRepairs(fixture, "ahead");

                step("+0");
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
