package io.trueup.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** One job and what it answers, from before its start to its end. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class OperationsIT {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    @TempDir
    static Path directory;

    private static JobOverHttp running;

    @BeforeAll
    static void open() {
        running = new JobOverHttp(directory);
        for (String replica : new String[] {"eu", "us"}) {
            for (int key = 0; key < 10; key++) {
                running.write(replica, "key-" + key, 1, "value");
            }
        }
        running.operations.start();
    }

    @AfterAll
    static void close() {
        running.close();
    }

    private static void await200(String path) {
        await().atMost(PATIENCE).until(() -> running.get(path).statusCode() == 200);
    }

    @Test
    @Order(1)
    void shouldBeAliveAndNotReadyBeforeTheJobHasStarted() {
        assertThat(running.getWithoutToken("/health/live").statusCode()).isEqualTo(200);
        assertThat(running.getWithoutToken("/health/ready").statusCode()).isEqualTo(503);
        assertThat(running.getWithoutToken("/health/ready").body()).contains("the job starts");
    }

    @Test
    @Order(2)
    void shouldBeReadyOnceTheJobRuns() {
        running.job.start();

        await200("/health/ready");
        assertThat(running.getWithoutToken("/health/live").statusCode()).isEqualTo(200);
    }

    @Test
    @Order(9)
    void shouldSurviveMalformedRequests() {
        long seed = System.nanoTime();
        long rounds = rounds();

        Map<Integer, Integer> statuses = new MalformedRequests(running.operations.address(), seed).send(10_000);

        assertThat(statuses.keySet())
                .as("seed " + seed + ": " + statuses)
                .allMatch(status -> status < 500)
                .contains(400);
        assertThat(running.getWithoutToken("/health/ready").statusCode()).isEqualTo(200);
        await().atMost(PATIENCE).until(() -> rounds() > rounds + 2);
        assertThat(Thread.getAllStackTraces().keySet().stream()
                        .filter(thread -> thread.getName().startsWith("trueup-http")))
                .hasSizeLessThanOrEqualTo(8);
    }

    private static long rounds() {
        return running.job.status().replicas().get("eu").partitions().values().stream()
                .mapToLong(partition -> partition.rounds())
                .sum();
    }

    @Test
    @Order(10)
    void shouldNotBeReadyOnceTheJobHasEnded() {
        running.job.close();

        assertThat(running.getWithoutToken("/health/ready").body()).contains("the job has ended");
    }
}
