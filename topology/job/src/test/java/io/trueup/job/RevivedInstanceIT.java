package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.job.InMemoryDatastore.Row;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Two instances share the partitions. One is stopped beyond its session timeout, so that the other takes all partitions, and is
 * revived: what it had not committed must not reach the changelog, from which it restores the state when the other instance is
 * killed.
 */
class RevivedInstanceIT {

    private static final int KEYS = 400;
    private static final int LOST = 20;

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"primary:eu"})
    void shouldNotRepairWhatWasWrittenWhileAnInstanceWasStopped(String resolution) throws Exception {
        try (JobFixture fixture = new JobFixture(directory.resolve("state"))) {
            fixture.settings.put("resolution", resolution);
            fixture.createTopics();
            List<InMemoryDatastore> all =
                    List.of(fixture.datastore("ap"), fixture.datastore("eu"), fixture.datastore("us"));
            all.forEach(InMemoryDatastore::reportProgress);
            write(all, 1);
            try (JobProcess stopped = process(fixture, "stopped");
                    JobProcess other = process(fixture, "other")) {
                fixture.awaitRounds(1);
                fixture.awaitEqual();
                write(all, 2);
                stopped.signal("STOP");
                write(all, 3);
                Thread.sleep(Duration.ofSeconds(14).toMillis()); // beyond the session timeout
                write(all, 4);
                fixture.awaitRounds(2);
                stopped.signal("CONT");
                fixture.awaitRounds(2);
                other.kill();

                Set<String> lost =
                        IntStream.range(0, LOST).mapToObj(i -> "lost-" + i).collect(Collectors.toSet());
                lost.forEach(key -> all.subList(0, 2).forEach(datastore -> datastore.store(key, row(1))));
                await().atMost(JobFixture.PATIENCE)
                        .pollInterval(Duration.ofSeconds(1))
                        .until(() -> !stopped.isAlive()
                                || fixture.repairs("us").stream()
                                        .map(JobFixture.Sent::key)
                                        .collect(Collectors.toSet())
                                        .containsAll(lost));
                fixture.awaitRounds(2);
                fixture.awaitEqual();
                assertThat(stopped.isAlive()).isTrue();
                assertThat(fixture.repairs())
                        .extracting(JobFixture.Sent::key)
                        .as("nothing else was lost")
                        .containsOnly(lost.toArray(String[]::new));
            }
        }
    }

    private JobProcess process(JobFixture fixture, String name) throws Exception {
        Map<String, String> settings = new HashMap<>(fixture.settings);
        Path own = Files.createDirectories(directory.resolve(name));
        settings.put("state.dir", own.resolve("state").toString());
        return new JobProcess(settings, own);
    }

    private static void write(List<InMemoryDatastore> all, long version) {
        for (int i = 0; i < KEYS; i++) {
            String key = "key-" + i;
            Row row = row(version);
            all.forEach(datastore -> datastore.store(key, row));
        }
    }

    private static Row row(long version) {
        return Row.live(version, System.currentTimeMillis(), "value " + version);
    }
}
