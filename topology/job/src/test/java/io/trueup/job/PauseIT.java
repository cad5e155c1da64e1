package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.command.Commands;
import io.trueup.command.InvalidCommandException;
import io.trueup.job.InMemoryDatastore.Row;
import io.trueup.schema.Outcome;
import io.trueup.schema.RoundReport;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Optional;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A person pauses the repairs of a replica, and the process starts again: nothing is sent to it until they are resumed. */
class PauseIT {

    private static final int KEYS = 40;
    private static final int LOST = 12;

    @TempDir
    Path directory;

    @Test
    void shouldSendNothingOverARestartUntilRepairsAreResumed() {
        try (JobFixture fixture = new JobFixture(directory, "eu", "us").quick()) {
            fixture.createTopics();
            InMemoryDatastore eu = fixture.datastore("eu");
            InMemoryDatastore us = fixture.datastore("us");
            long before = System.currentTimeMillis() - 60_000;
            for (int i = 0; i < KEYS; i++) {
                eu.store("key-" + i, Row.live(1, before, "value"));
                us.store("key-" + i, Row.live(1, before, "value"));
            }
            eu.reportProgress();
            us.reportProgress();
            Job first = fixture.start();
            fixture.awaitRounds(1);
            fixture.awaitEqual();
            long paused = System.currentTimeMillis();
            try (Commands commands = new Commands(fixture.config())) {
                Assertions.assertThatThrownBy(() -> commands.pause(Optional.of("ap")))
                        .isInstanceOf(InvalidCommandException.class)
                        .hasMessageContaining("eu, us");
                commands.pause(Optional.of("us"));
            }
            awaitReports(fixture, paused, true);
            for (int i = 0; i < LOST; i++) {
                us.tamper("key-" + i, null);
                eu.tamper("key-" + (LOST + i), null);
            }
            eu.scan("loss");
            us.scan("loss");
            await().atMost(JobFixture.PATIENCE)
                    .until(() -> fixture.repairs("eu").size() >= LOST
                            && fixture.lastCompared().values().stream()
                                    .anyMatch(report -> report.getOutcome() == Outcome.DIVERGENT));

            first.close();
            long restarted = System.currentTimeMillis();
            Job second = fixture.start();
            awaitReports(fixture, restarted, true);
            fixture.awaitRounds(3);
            assertThat(fixture.repairs("us")).as("paused").isEmpty();
            assertThat(fixture.lastCompared().values())
                    .allSatisfy(report -> assertThat(report.getFailed()).isZero());

            long resumed = System.currentTimeMillis();
            try (Commands commands = new Commands(fixture.config())) {
                commands.resume(Optional.of("us"));
            }
            awaitReports(fixture, resumed, false);
            fixture.awaitEqual();
            assertThat(us.contentAt(0)).hasSize(KEYS);
            assertThat(fixture.repairs("us"))
                    .extracting(sent -> sent.event().getAttempt())
                    .hasSizeGreaterThanOrEqualTo(LOST)
                    .contains(1);
            assertThat(second.status()).isNotNull();
        }
    }

    /** Waits until all partitions have been compared at a cut after a time, and say whether the repairs of us are paused. */
    private static void awaitReports(JobFixture fixture, long sinceMs, boolean paused) {
        await().atMost(JobFixture.PATIENCE).until(() -> {
            Collection<RoundReport> last = fixture.lastCompared().values();
            return last.size() == 2 * JobFixture.PARTITIONS
                    && last.stream().allMatch(report -> report.getCut() > sinceMs)
                    && last.stream().allMatch(report -> report.getPaused().containsKey("us") == paused);
        });
    }
}
