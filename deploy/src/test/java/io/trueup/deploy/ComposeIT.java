package io.trueup.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * {@code docker-compose.yml} as it is written, with the images of {@link Docker}: the replicas are fed, one of them loses rows, and they
 * are repaired. Grafana runs only where its image can be pulled, because Debian has none.
 */
@Tag("proof")
class ComposeIT {

    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final Duration POLL = Duration.ofSeconds(2);
    private static final String PROJECT = "trueup-compose-test";
    private static final List<String> WITHOUT_GRAFANA =
            List.of("trueup", "replica-eu", "replica-us", "replica-ap", "prometheus");
    private static final String PASSWORD = "not a secret, for trying out only";

    private static final Map<String, String> IMAGES = new TreeMap<>();
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    @BeforeAll
    static void start() {
        IMAGES.put("KAFKA_IMAGE", Docker.kafka());
        IMAGES.put("BASE_IMAGE", Docker.base());
        IMAGES.put("POSTGRES_IMAGE", Docker.postgres());
        IMAGES.put("REGISTRY_IMAGE", Docker.registry());
        IMAGES.put("PROMETHEUS_IMAGE", Docker.prometheus());
        List<String> up = new ArrayList<>(List.of("up", "--build", "--detach"));
        if (!Docker.hasGrafana()) {
            up.addAll(WITHOUT_GRAFANA);
        }
        compose(up.toArray(String[]::new));
    }

    @AfterAll
    static void stop() {
        compose("logs", "--no-color");
        compose("down", "--volumes", "--timeout", "60");
    }

    private static String compose(String... arguments) {
        List<String> command = new ArrayList<>(Docker.compose());
        command.addAll(List.of(
                "--project-name",
                PROJECT,
                "--file",
                Repository.ROOT.resolve("docker-compose.yml").toString()));
        command.addAll(List.of(arguments));
        return Docker.run(IMAGES, command.toArray(String[]::new));
    }

    private static String get(String address, boolean authorized) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(address));
        if (authorized) {
            request.header(
                    "Authorization",
                    "Basic "
                            + Base64.getEncoder()
                                    .encodeToString(("trueup:" + PASSWORD).getBytes(StandardCharsets.UTF_8)));
        }
        return CLIENT.send(request.build(), BodyHandlers.ofString()).body();
    }

    private static String status() throws IOException, InterruptedException {
        return get("http://127.0.0.1:8484/api/v1/status", true);
    }

    /** By the command that the first lines of the file name. */
    private static void feed(int first, int count) {
        StringBuilder lines = new StringBuilder();
        for (int i = first; i < first + count; i++) {
            lines.append("city-").append(i).append('=').append(1_000 + i).append("\\n");
        }
        compose(
                "exec",
                "-T",
                "kafka",
                "bash",
                "-c",
                "printf '" + lines + "' | /opt/kafka/bin/kafka-console-producer.sh --bootstrap-server kafka:9092"
                        + " --topic cities.feed --reader-property parse.key=true --reader-property key.separator==");
    }

    private static String psql(String replica, String sql) {
        return compose("exec", "-T", "postgres-" + replica, "psql", "-U", "trueup", "-At", "-c", sql, "cities")
                .strip();
    }

    private static void awaitRows(String replica, int rows) {
        await().atMost(PATIENCE)
                .pollInterval(POLL)
                .ignoreExceptionsInstanceOf(AssertionError.class)
                .until(() -> psql(replica, "SELECT count(*) FROM trueup_entries WHERE NOT deleted")
                        .equals(Integer.toString(rows)));
    }

    private static void awaitEqual() {
        await().atMost(PATIENCE)
                .pollInterval(POLL)
                .ignoreExceptionsInstanceOf(IOException.class)
                .until(() -> status().contains("\"state\":\"EQUAL\""));
    }

    @Test
    void shouldBringALostRowBackAndShowItInPrometheus() throws Exception {
        feed(0, 40);
        for (String replica : List.of("eu", "us", "ap")) {
            awaitRows(replica, 40);
        }
        awaitEqual();

        compose("stop", "replica-us");
        feed(40, 10);
        compose(
                "exec",
                "-T",
                "kafka",
                "bash",
                "-c",
                "for p in 0 1 2 3 4 5; do echo \"{\\\"topic\\\": \\\"cities.feed\\\", \\\"partition\\\": $p, \\\"offset\\\":"
                        + " -1}\"; done | (echo \"{\\\"version\\\": 1, \\\"partitions\\\": [\"; paste -sd,; echo \"]}\") >"
                        + " /tmp/all.json && /opt/kafka/bin/kafka-delete-records.sh --bootstrap-server kafka:9092"
                        + " --offset-json-file /tmp/all.json");
        compose("start", "replica-us");
        feed(50, 40);

        awaitRows("us", 90);
        awaitEqual();
        assertThat(get("http://127.0.0.1:8484/metrics", true))
                .containsPattern("trueup_repairs_total\\{[^}]*state=\"verified\"[^}]*target=\"us\"[^}]*} [1-9]");
        await().atMost(PATIENCE)
                .pollInterval(POLL)
                .until(() -> get(
                                "http://127.0.0.1:9090/api/v1/query?query=sum(trueup_repairs_total%7Bstate=%22verified%22%7D)",
                                false)
                        .matches("(?s).*\"value\":\\[[^\\]]*\"[1-9]\\d*\"\\].*"));
        assertThat(get("http://127.0.0.1:9090/api/v1/rules", false)).contains("TrueupRepairsHeldBack");
        assertThat(compose(
                        "exec",
                        "-T",
                        "registry",
                        "bash",
                        "-c",
                        "exec 3<>/dev/tcp/127.0.0.1/8080 && printf"
                                + " 'GET /apis/ccompat/v7/subjects HTTP/1.0\\r\\n\\r\\n' >&3 && cat <&3"))
                .as("schemas are registered")
                .contains("io.trueup.schema.WriteEvent");
    }
}
