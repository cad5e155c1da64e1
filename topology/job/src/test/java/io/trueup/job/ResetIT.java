package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.command.StateReset;
import io.trueup.job.JobFixture.Sent;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code trueup reset} after the writes topic of the primary was created again: it looks whole, and lacks every key. */
class ResetIT {

    private static final int KEYS = 200;
    private static final int LOST = 20;

    @TempDir
    Path directory;

    @Test
    void shouldDeleteNothingThatTheTopicLacksSinceItWasCreatedAgain() throws Exception {
        try (JobFixture fixture = new JobFixture(directory, "eu", "us").quick()) {
            fixture.settings.put("resolution", "primary:eu");
            fixture.settings.put("repair.max.fraction", "1");
            fixture.createTopics();
            long before = System.currentTimeMillis() - 120_000;
            for (int i = 0; i < KEYS; i++) {
                fixture.writeEverywhere("same-" + i, 1, before, "one");
            }
            fixture.advanceAll(before + 30_000);
            Job first = fixture.start();
            fixture.awaitEqual();
            first.close();

            String writes = fixture.writesTopic("eu");
            fixture.broker.admin().deleteTopics(List.of(writes)).all().get();
            await().atMost(JobFixture.PATIENCE)
                    .until(() ->
                            !fixture.broker.admin().listTopics().names().get().contains(writes));
            fixture.createWritesTopic("eu");
            try (StateReset reset = new StateReset(fixture.config(), "eu")) {
                reset.execute(reset.plan());
            }

            fixture.start();
            fixture.awaitRounds(1);
            for (int i = 0; i < LOST; i++) {
                fixture.write("eu", "lost-" + i, 1, System.currentTimeMillis(), "kept");
            }
            fixture.advanceAll(System.currentTimeMillis());
            await().atMost(JobFixture.PATIENCE)
                    .pollInterval(Duration.ofSeconds(1))
                    .untilAsserted(() -> assertThat(fixture.repairs("us").stream()
                                    .map(Sent::key)
                                    .collect(Collectors.toSet()))
                            .containsExactlyInAnyOrderElementsOf(IntStream.range(0, LOST)
                                    .mapToObj(i -> "lost-" + i)
                                    .toList()));
            fixture.awaitRounds(3);
            assertThat(fixture.repairs("us")).extracting(Sent::key).allMatch(key -> key.startsWith("lost-"));
            assertThat(fixture.repairs("eu")).isEmpty();
        }
    }
}
