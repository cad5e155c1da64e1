package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.command.Commands;
import io.trueup.job.InMemoryDatastore.Row;
import io.trueup.schema.RoundReport;
import io.trueup.stream.LoggedLines;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A replica whose producer uses another partitioner: three of four keys seem to be missing everywhere. */
@Tag("proof")
class FloodGuardIT {

    private static final int KEYS = 4_000;

    @TempDir
    Path directory;

    @Test
    void shouldSendNothingAndRaiseOneAlarmUntilAPersonApproves() {
        try (JobFixture fixture = new JobFixture(directory, "eu", "us");
                LoggedLines log = new LoggedLines()) {
            fixture.settings.put("repair.flood.min.keys", "100");
            fixture.createTopics();
            InMemoryDatastore eu = fixture.datastore("eu");
            InMemoryDatastore us = fixture.datastore("us");
            us.partitionBy(key -> Math.floorMod(key.hashCode(), JobFixture.PARTITIONS));
            long positionMs = System.currentTimeMillis() - 60_000;
            for (int i = 0; i < KEYS; i++) {
                eu.store("key-" + i, Row.live(1, positionMs, "value"));
                us.store("key-" + i, Row.live(1, positionMs, "value"));
            }
            eu.reportProgress();
            us.reportProgress();
            fixture.start();

            await().atMost(JobFixture.PATIENCE)
                    .pollInterval(Duration.ofMillis(500))
                    .until(() -> guardedPartitions(fixture).size() == 2 * JobFixture.PARTITIONS);
            fixture.awaitRounds(4);
            assertThat(fixture.repairs()).isEmpty();
            assertThat(log.lines())
                    .filteredOn(line -> line.contains("replica us"))
                    .singleElement()
                    .asString()
                    .contains("Flood guard", "in 4 partitions", "partitioner", "trueup approve", "--target us");
            assertThat(log.lines())
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
