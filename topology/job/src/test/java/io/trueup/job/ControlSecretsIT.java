package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.schema.Outcome;
import io.trueup.schema.RoundReport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The secrets of control messages are replaced while two processes, one per replica, go on. */
class ControlSecretsIT {

    private static final String OLD = "the-former-secret-of-control";
    private static final String NEW = "the-newer-secret-of-control";

    @TempDir
    Path directory;

    private final Map<String, Job> jobs = new HashMap<>();
    private int lost;

    /** First all accept the new secret, then each signs with it, then the old one is removed. One restart at a time. */
    @Test
    void shouldMissNoRepairWhileEachProcessIsRestartedWithOtherSecrets() {
        try (JobFixture fixture = new JobFixture(directory, "eu", "us")) {
            fixture.settings.put("control.secrets", OLD);
            fixture.createTopics();
            long before = System.currentTimeMillis() - 60_000;
            for (int i = 0; i < 100; i++) {
                fixture.writeEverywhere("key-" + i, 1, before, "value");
            }
            fixture.advanceAll(before + 30_000);
            fixture.replicas.forEach(replica -> restart(fixture, replica, OLD));
            fixture.awaitEqual();
            fixture.answer("eu");
            fixture.answer("us");

            for (String secrets : List.of(OLD + "," + NEW, NEW + "," + OLD, NEW)) {
                for (String replica : fixture.replicas) {
                    restart(fixture, replica, secrets);
                    loseAWrite(fixture);
                }
            }

            assertThat(fixture.repairs()).extracting(JobFixture.Sent::key).doesNotHaveDuplicates();
            awaitEqualNow(fixture);
        }
    }

    private void restart(JobFixture fixture, String replica, String secrets) {
        if (jobs.containsKey(replica)) {
            jobs.remove(replica).close();
        }
        fixture.settings.put("hosted.replicas", replica);
        fixture.settings.put("state.dir", directory.resolve(replica).toString());
        fixture.settings.put("control.secrets", secrets);
        jobs.put(replica, fixture.start());
    }

    /** Each process, the one that was restarted and the other one, supplies in turn; both must have compared. */
    private void loseAWrite(JobFixture fixture) {
        String key = "lost-" + lost;
        String holder = fixture.replicas.get(lost % 2);
        String target = fixture.replicas.get((lost + 1) % 2);
        lost++;
        fixture.write(holder, key, 1, System.currentTimeMillis() - 30_000, "value");
        fixture.flush();
        await().atMost(JobFixture.PATIENCE)
                .pollInterval(Duration.ofMillis(500))
                .untilAsserted(() -> assertThat(fixture.repairs(target))
                        .extracting(JobFixture.Sent::key)
                        .contains(key));
    }

    /** Waits until the very last report of each partition of each replica shows that it has heard the other one. */
    private static void awaitEqualNow(JobFixture fixture) {
        fixture.awaitRounds(2);
        await().atMost(JobFixture.PATIENCE)
                .pollInterval(Duration.ofMillis(500))
                .untilAsserted(() -> assertThat(last(fixture))
                        .hasSize(2 * JobFixture.PARTITIONS)
                        .allSatisfy(report -> {
                            assertThat(report.getOutcome()).isEqualTo(Outcome.EQUAL);
                            assertThat(report.getHeard()).hasSize(1);
                            assertThat(report.getMalformed()).isZero();
                        }));
    }

    private static List<RoundReport> last(JobFixture fixture) {
        return List.copyOf(fixture.reports().stream()
                .collect(Collectors.toMap(
                        report -> report.getReplica() + "/" + report.getPartition(),
                        report -> report,
                        (a, b) ->
                                Comparator.comparingLong(RoundReport::getRound).compare(a, b) > 0 ? a : b))
                .values());
    }
}
