package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.job.JobFixture.Sent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The job's process is killed while it repairs, and started again on the same state directory. */
class JobKilledIT {

    private static final int LOST = 300;

    @TempDir
    Path directory;

    @Test
    void shouldMakeTheReplicasEqualAndSendNoWrongRepairWhenKilledInTheMiddleOfRounds() throws Exception {
        killTwice("exactly_once_v2");
    }

    @Test
    @Tag("proof")
    void shouldMakeTheReplicasEqualAndSendNoWrongRepairWhenKilledUnderAtLeastOnce() throws Exception {
        killTwice("at_least_once");
    }

    private void killTwice(String guarantee) throws Exception {
        try (JobFixture fixture = new JobFixture(directory.resolve("state"))) {
            Files.createDirectories(directory.resolve("state"));
            fixture.settings.put("streams.processing.guarantee", guarantee);
            fixture.createTopics();
            long before = System.currentTimeMillis() - 60_000;
            Map<String, String> lost = new TreeMap<>();
            for (int i = 0; i < 1_000; i++) {
                fixture.writeEverywhere("same-" + i, 1, before, "value " + i);
            }
            for (int i = 0; i < LOST; i++) {
                fixture.write("ap", "lost-" + i, 7, before, "found " + i);
                fixture.write("eu", "lost-" + i, 7, before, "found " + i);
                lost.put("lost-" + i, "found " + i);
            }
            fixture.advanceAll(before + 30_000);
            fixture.settings.put("round.segments.max", "8");

            for (int kill = 0; kill < 2; kill++) {
                int sentBefore = fixture.repairs("us").size();
                try (JobProcess job = new JobProcess(fixture.settings, directory)) {
                    await().atMost(JobFixture.PATIENCE)
                            .until(() -> fixture.repairs("us").size() > sentBefore || !job.isAlive());
                    assertThat(job.isAlive()).isTrue();
                    job.kill();
                }
                if (kill == 0) {
                    fixture.answer("us");
                }
            }
            try (JobProcess job = new JobProcess(fixture.settings, directory)) {
                await().atMost(Duration.ofMinutes(4))
                        .pollInterval(Duration.ofSeconds(1))
                        .until(() -> repaired(fixture).keySet().containsAll(lost.keySet()));
                fixture.awaitEqual();
                assertThat(job.isAlive()).isTrue();
            }

            assertThat(repaired(fixture)).isEqualTo(lost);
            assertThat(fixture.repairs("us")).allSatisfy(sent -> {
                assertThat(sent.value()).isEqualTo(lost.get(sent.key()));
                assertThat(sent.event().getVersion()).isEqualTo(7);
            });
            assertThat(fixture.repairs("ap")).isEmpty();
            assertThat(fixture.repairs("eu")).isEmpty();
        }
    }

    private static Map<String, String> repaired(JobFixture fixture) {
        Map<String, String> repaired = new TreeMap<>();
        for (Sent sent : fixture.repairs("us")) {
            repaired.put(sent.key(), sent.value());
        }
        return repaired;
    }
}
