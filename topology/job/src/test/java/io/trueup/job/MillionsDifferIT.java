package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.schema.RoundReport;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All keys differ: a process with 512 MB of heap stays alive, holds the repairs back, and counts them. {@code -Dflood.keys} is the
 * number of keys.
 */
@Tag("proof")
class MillionsDifferIT {

    private static final Logger LOG = LoggerFactory.getLogger(MillionsDifferIT.class);
    private static final int KEYS = Integer.getInteger("flood.keys", 5_000_000);
    private static final Duration LONG = Duration.ofMinutes(30);

    @TempDir
    Path directory;

    @Test
    void shouldHoldTheRepairsBackAndCountThemWithLittleMemory() throws Exception {
        Files.createDirectories(directory.resolve("state"));
        try (JobFixture fixture = new JobFixture(directory.resolve("state"), "eu", "us")) {
            fixture.settings.putAll(Map.of(
                    "repair.flood.min.keys", "10", "round.interval", "20s", "grace", "2s", "tree.segments", "4096"));
            fixture.createTopics();
            long before = System.currentTimeMillis() - 60_000;
            for (int i = 0; i < KEYS; i++) {
                fixture.write("eu", "key-" + i, 2, before + 1_000, "new");
                fixture.write("us", "key-" + i, 1, before, "old");
            }
            fixture.flush();
            LOG.info("written");
            try (JobProcess job = new JobProcess(fixture.settings, directory)) {
                await().atMost(LONG).pollInterval(Duration.ofSeconds(5)).until(() -> {
                    LOG.info("held back: {}", heldBack(fixture));
                    return !job.isAlive() || heldBack(fixture) >= KEYS * 0.99;
                });
                assertThat(job.isAlive()).isTrue();
                fixture.awaitRounds(3);
                assertThat(heldBack(fixture)).isBetween((long) (KEYS * 0.99), (long) (KEYS * 1.01));
                assertThat(fixture.lastCompared())
                        .allSatisfy((partition, report) ->
                                assertThat(report.getEntries()).isBetween(KEYS / 5L, KEYS / 3L));
                assertThat(fixture.repairs()).isEmpty();
                assertThat(job.isAlive()).isTrue();
            }
        }
    }

    /** What the last reports of eu say of us, in all partitions. */
    private static long heldBack(JobFixture fixture) {
        return fixture.lastCompared().values().stream()
                .filter(report -> report.getReplica().equals("eu"))
                .map(RoundReport::getGuarded)
                .mapToLong(guarded -> guarded.getOrDefault("us", 0L))
                .sum();
    }
}
