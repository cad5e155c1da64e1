package io.trueup.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.trueup.ops.http.Route;
import io.trueup.ops.page.PageFile;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
        assertThat(running.get("/api/v1/status").statusCode()).isEqualTo(503);

        running.job.start();
        running.operations.jobStarted();

        await200("/health/ready");
        assertThat(running.getWithoutToken("/health/live").statusCode()).isEqualTo(200);
    }

    @Test
    @Order(3)
    void shouldAnswerOnlyProbesWithoutTheToken() {
        for (Route route : running.operations.routes()) {
            assertThat(running.getWithoutToken(route.path()).statusCode())
                    .as(route.path())
                    .isEqualTo(route.path().startsWith("/health/") ? 200 : 401);
        }
    }

    @Test
    @Order(4)
    void shouldAnswerForTheDatasetOnceAllIsCompared() {
        await().atMost(PATIENCE)
                .until(() -> running.get("/api/v1/status").body().contains("\"state\":\"EQUAL\""));
        // one owner may have said so before the other has reported
        await().atMost(PATIENCE)
                .until(() -> !running.get("/api/v1/status").body().contains("\"reported\":null"));

        JsonNode status = running.json("/api/v1/status");
        assertThat(status.get("sentence").asText()).startsWith("All 2 replicas are equal");
        assertThat(status.get("current").asBoolean()).isTrue();
        assertThat(status.at("/partitionsByState/EQUAL").asInt()).isEqualTo(JobOverHttp.PARTITIONS);
        assertThat(status.get("replicas")).hasSize(2).allSatisfy(replica -> {
            assertThat(replica.get("keys").asInt()).isEqualTo(10);
            assertThat(replica.get("agreementAgeMs").asLong()).isBetween(500L, 20_000L);
            assertThat(replica.get("lagMs").asLong()).isLessThan(5_000);
        });
        assertThat(running.json("/api/v1/partitions").get("partitions")).hasSize(JobOverHttp.PARTITIONS);
        assertThat(running.json("/api/v1/rounds?limit=3").get("rounds")).hasSize(3);
        assertThat(running.json("/api/v1/rounds?partition=1&limit=5").get("rounds"))
                .allSatisfy(round -> assertThat(round.get("partition").asInt()).isEqualTo(1));
    }

    @Test
    @Order(5)
    void shouldShowAKeyThatDiffers() {
        running.write("eu", "key-0", 2, "the newer value");

        await().atMost(PATIENCE)
                .until(() -> running.get("/api/v1/rounds").body().contains("\"key\":\"key-0\""));
        await().atMost(PATIENCE).until(() -> metric("trueup_repairs_total", "state=\"sent\"", "target=\"us\"") >= 1);

        await().atMost(PATIENCE).until(() -> metric("trueup_divergent_keys", "kind=\"stale\"") == 1);
        await().atMost(PATIENCE).until(() -> running.receiver.latest().contains("trueup.divergent.keys"));

        assertThat(running.json("/api/v1/status").get("state").asText()).isEqualTo("DIFFERENT");
        assertThat(metric("trueup_partitions", "state=\"different\"")).isEqualTo(1);
    }

    @Test
    @Order(6)
    void shouldShowWhatTheReplicasHoldForAKeyAndWhichEntryWinsBecauseOfWhat() {
        await().atMost(PATIENCE)
                .until(() -> running.json("/api/v1/keys?key=key-0")
                        .get("state")
                        .asText()
                        .equals("REPAIRING"));

        HttpResponse<String> answer = running.get("/api/v1/keys?key=key-0");
        JsonNode key = JobOverHttp.tree(answer);
        String partition = key.get("partition").asText();
        assertThat(running.get("/api/v1/keys?key=hex:6b65792d30&partition=" + partition)
                        .statusCode())
                .isEqualTo(200);
        assertThat(key.get("winner").asText()).isEqualTo("version 2");
        assertThat(key.get("winnerHeldBy"))
                .hasSize(1)
                .allMatch(holder -> holder.asText().equals("eu"));
        assertThat(key.get("because").asText())
                .isEqualTo("us held version 1, and version 2 wins. The higher version wins (resolution=latest).");
        assertThat(key.get("sincePlace").asText()).startsWith(running.dataset + ".writes.eu-" + partition + "@");
        assertThat(key.at("/replicas/0/version").asText()).isEqualTo("2");
        assertThat(key.at("/replicas/0/bytes").asInt()).isEqualTo("the newer value".length());
        assertThat(key.at("/replicas/1/version").asText()).isEqualTo("1");
        assertThat(key.at("/replicas/1/place").asText()).startsWith(running.dataset + ".writes.us-" + partition + "@");
        assertThat(key.at("/replicas/1/digest").asText())
                .hasSize(8)
                .isNotEqualTo(key.at("/replicas/0/digest").asText());
        assertThat(key.get("events"))
                .extracting(event ->
                        event.get("what").asText() + ' ' + event.get("replica").asText())
                .contains("WRITE eu", "WRITE us", "HELD eu", "HELD us", "REPAIR us", "DIFFERS us");
        assertThat(key.get("partial").asBoolean()).isFalse();
        assertThat(answer.body()).doesNotContain("the newer value");
    }

    @Test
    @Order(6)
    void shouldSayThatNoReplicaHoldsAKeyThatWasNeverWritten() {
        JsonNode key = running.json("/api/v1/keys?key=hex:00ff");

        assertThat(key.get("key").asText()).isEqualTo("hex:00ff");
        assertThat(key.get("isText").asBoolean()).isFalse();
        assertThat(key.get("sentence").asText()).isEqualTo("No replica holds the key.");
        assertThat(key.at("/replicas/0/knownFrom").asText()).isEqualTo("WHOLE_TOPIC");
        assertThat(key.get("events")).isEmpty();
    }

    @ParameterizedTest
    @Order(6)
    @CsvSource({"'', key is missing", "key=, key is missing", "key=hex:0, hex:", "key=a&partition=2, no partition 2"})
    void shouldSayWhatIsWrongWithTheKeyThatIsAskedFor(String query, String detail) {
        HttpResponse<String> answer = running.get("/api/v1/keys?" + query);

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains(detail);
    }

    @Test
    @Order(5)
    void shouldRunAnAudit() {
        act("audit", "{}", 202);

        await().atMost(PATIENCE)
                .until(() -> running.json("/api/v1/audits").get("reports").size() == 1);
        act("stop-audit", "{}", 409);
    }

    @Test
    @Order(6)
    void shouldAnswerAsItsDescriptionSays() {
        JsonNode document = running.json("/api/v1/openapi.json");
        List<String> page = PageFile.routes().stream().map(Route::path).toList();

        assertThat(names(document.get("paths")))
                .containsExactlyInAnyOrderElementsOf(running.operations.routes().stream()
                        .map(Route::path)
                        .filter(path -> !page.contains(path))
                        .toList());
        for (String path : names(document.get("paths"))) {
            if (document.get("paths").get(path).has("post")) {
                assertThat(running.get(path).statusCode()).as(path).isEqualTo(405);
                continue;
            }
            if (path.equals("/api/v1/events")) {
                continue; // it ends with the process
            }
            HttpResponse<String> answer = running.get(
                    path + exampleQuery(document.get("paths").get(path).get("get")));
            JsonNode described = document.get("paths").get(path).at("/get/responses/200/content");
            String type =
                    answer.headers().firstValue("content-type").orElseThrow().replaceAll(";.*", "");
            assertThat(names(described)).as(path).contains(type);
            if (type.equals("application/json")) {
                assertThat(OpenApiSchemas.errors(document, described.at("/application~1json/schema"), answer.body()))
                        .as(path)
                        .isEmpty();
            }
        }
        HttpResponse<String> problem = running.get("/api/v1/rounds?limit=0");
        assertThat(problem.statusCode()).isEqualTo(400);
        assertThat(OpenApiSchemas.errors(
                        document,
                        document.at(
                                "/paths/~1api~1v1~1rounds/get/responses/400/content/application~1problem+json/schema"),
                        problem.body()))
                .isEmpty();
    }

    /** The parameters without which a path does not answer, with their examples. */
    private static String exampleQuery(JsonNode get) {
        List<String> required = new ArrayList<>();
        get.path("parameters").forEach(parameter -> {
            if (parameter.path("required").asBoolean()) {
                required.add(parameter.get("name").asText()
                        + '='
                        + parameter.get("example").asText());
            }
        });
        return required.isEmpty() ? "" : '?' + String.join("&", required);
    }

    private static List<String> names(JsonNode object) {
        List<String> names = new ArrayList<>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }

    /** Sends an action, and checks that it is answered as the description says. */
    private static JsonNode act(String action, String body, int status) {
        String path = "/api/v1/actions/" + action;
        HttpResponse<String> answer = running.post(path, body);
        assertThat(answer.statusCode())
                .as(action + ' ' + body + ": " + answer.body())
                .isEqualTo(status);
        JsonNode document = running.json("/api/v1/openapi.json");
        JsonNode described = document.get("paths").get(path).at("/post/responses/" + status + "/content");
        String type = answer.headers().firstValue("content-type").orElseThrow();
        assertThat(names(described)).as(action).contains(type);
        assertThat(OpenApiSchemas.errors(document, described.get(type).get("schema"), answer.body()))
                .as(action)
                .isEmpty();
        return JobOverHttp.tree(answer);
    }

    @Test
    @Order(7)
    void shouldPauseAndResumeAndSayWhoDidIt() {
        try (LoggedActions log = new LoggedActions()) {
            assertThat(act("pause", "{\"replica\":\"us\"}", 202).get("text").asText())
                    .contains("repairs of us are paused");
            await().atMost(PATIENCE)
                    .until(() -> running.json("/api/v1/status").get("paused").has("us"));
            assertThat(metric("trueup_paused", "target=\"us\"")).isEqualTo(1);
            assertThat(metric("trueup_paused", "target=\"eu\"")).isZero();
            await().atMost(PATIENCE) // each partition says so with its next report
                    .untilAsserted(() -> assertThat(running.json("/api/v1/status")
                                    .get("sentence")
                                    .asText())
                            .contains("Repairs of us are paused"));

            act("resume", "{}", 202);
            await().atMost(PATIENCE)
                    .until(() -> running.json("/api/v1/status").get("paused").isEmpty());
            assertThat(log.lines())
                    .anyMatch(line -> line.contains("pause repairs of us, over HTTP by token from 127.0.0.1"))
                    .anyMatch(line -> line.contains("resume repairs of all replicas, over HTTP by token"))
                    .noneMatch(line -> line.contains(JobOverHttp.TOKEN));
        }
    }

    @Test
    @Order(7)
    void shouldSendAnEventForEachReportAndEachChangeOfTheState() throws Exception {
        try (Stream<String> events = running.lines("/api/v1/events")) {
            act("pause", "{\"replica\":\"eu\"}", 202);
            List<String> lines = new ArrayList<>();
            boolean paused = false;
            for (Iterator<String> line = events.iterator(); !paused || !lines.contains("event: round"); ) {
                lines.add(line.next());
                paused |= lines.get(lines.size() - 1).contains("\"text\":\"repairs of eu are paused\"");
            }
            assertThat(lines).contains("event: state");
            act("resume", "{\"replica\":\"eu\"}", 202);
        }
        await().atMost(PATIENCE)
                .until(() -> running.json("/api/v1/status").get("paused").isEmpty());
    }

    @Test
    @Order(7)
    void shouldProbeAKeyAndListConflictsAndApprove() {
        JsonNode result = act("probe", "{\"key\":\"key-1\",\"waitMs\":10000}", 200);

        assertThat(result.get("agree").asBoolean()).isTrue();
        assertThat(result.get("answers")).hasSize(2);
        assertThat(result.at("/answers/0/entry/version").asText()).isEqualTo("1");
        assertThat(running.json("/api/v1/conflicts").get("total").asInt()).isZero();
        assertThat(act("approve", "{\"replica\":\"us\",\"seconds\":1,\"partitions\":[1]}", 202)
                        .get("text")
                        .asText())
                .contains("partitions [1]", "repairs of us are approved");
    }

    /** Two entries of one version, neither of which wins: the choice of a person is repaired at the other replica. */
    @Test
    @Order(7)
    void shouldChooseASideOfAConflict() {
        long nowMs = System.currentTimeMillis(); // for both: no cut may lie between the two
        running.write("eu", "key-5", 2, "of eu", nowMs);
        running.write("us", "key-5", 2, "of us", nowMs);
        await().atMost(PATIENCE)
                .until(() -> running.json("/api/v1/conflicts").get("total").asInt() == 1);
        assertThat(running.json("/api/v1/conflicts").at("/conflicts/0/sides")).hasSize(2);
        assertThat(running.repairedKeys("us")).as("nothing wins").doesNotContain("key-5");

        String revision =
                running.json("/api/v1/conflicts").at("/conflicts/0/revision").asText();
        String choice = "{\"key\":\"key-5\",\"replica\":\"eu\",\"revision\":\"%s\"}";
        assertThat(act("choose", choice.formatted("0" + revision), 409)
                        .get("detail")
                        .asText())
                .contains("has changed since it was listed");
        assertThat(running.repairedKeys("us")).as("refused").doesNotContain("key-5");

        act("choose", choice.formatted(revision), 202);

        await().atMost(PATIENCE).until(() -> running.repairedKeys("us").contains("key-5"));
        long laterMs = System.currentTimeMillis();
        running.write("us", "key-5", 3, "of both", laterMs);
        running.write("eu", "key-5", 3, "of both", laterMs);
    }

    @ParameterizedTest
    @Order(7)
    @CsvSource(
            delimiter = '|',
            value = {
                "pause   | {\"replica\":\"ap\"}                       | replica",
                "pause   | {\"target\":\"us\"}                        | target",
                "approve | {}                                         | replica",
                "approve | {\"replica\":\"us\",\"partitions\":[2]}    | partition 2",
                "approve | {\"replica\":\"us\",\"seconds\":0}         | seconds",
                "approve | {\"replica\":\"us\",\"scope\":\"all\"}     | scope",
                "choose  | {\"key\":\"a\",\"keyHex\":\"00\",\"replica\":\"us\"} | keyHex",
                "choose  | {\"key\":\"a\",\"replica\":\"ap\"}         | replica",
                "choose  | {\"key\":\"a\",\"replica\":\"us\"}         | revision is missing",
                "choose  | {\"key\":\"no-such\",\"replica\":\"us\",\"revision\":\"0\"} | the key is in no conflict",
                "probe   | {\"keyHex\":\"0\"}                         | keyHex",
                "probe   | {\"key\":\"a\",\"partition\":9}            | partition 9"
            })
    void shouldNameTheFieldThatIsNotValid(String action, String body, String named) {
        assertThat(act(action, body, 400).get("detail").asText()).contains(named);
    }

    @Test
    @Order(7)
    void shouldHaveTheMetricsThatThePageLists() throws Exception {
        List<String> page = Files.readAllLines(Path.of("..", "METRICS.md")).stream()
                .filter(line -> line.startsWith("| `trueup_"))
                .toList();

        assertThat(page)
                .as("the rows of topology/METRICS.md")
                .containsExactlyInAnyOrderElementsOf(
                        Exposition.of(running.get("/metrics").body()).rows("trueup_"));
    }

    /** A metric of each partition would be one of thousands. */
    @Test
    @Order(7)
    void shouldHaveFewMetricsOfKafkaAndNonePerPartition() throws Exception {
        Exposition exposition = Exposition.of(running.get("/metrics").body());

        assertThat(exposition.rows("kafka_"))
                .anyMatch(row -> row.contains("kafka_stream_alive_stream_threads"))
                .anyMatch(row -> row.contains("kafka_consumer_coordinator_rebalance_total"))
                .anyMatch(row -> row.contains("kafka_producer_record_send_total"))
                .noneMatch(row -> row.contains("partition") && row.contains("topic"))
                .hasSizeLessThan(40);
        assertThat(exposition.rows("jvm_")).anyMatch(row -> row.contains("jvm_memory_used_bytes"));
        assertThat(exposition.samples()).isLessThan(350);
    }

    @Test
    @Order(8)
    void shouldCountRoundsAsTheyEnd() {
        double rounds = metric("trueup_rounds_total", "replica=\"eu\"", "outcome=\"divergent\"");

        await().atMost(PATIENCE)
                .until(() -> metric("trueup_rounds_total", "replica=\"eu\"", "outcome=\"divergent\"") > rounds);

        assertThat(metric("trueup_control_bytes_total", "replica=\"eu\"")).isPositive();
        assertThat(metric("trueup_round_exchange_seconds_count", "replica=\"eu\""))
                .isPositive();
        assertThat(metric("trueup_entries", "replica=\"us\"")).isEqualTo(10);
        assertThat(metric("trueup_held_partitions", "replica=\"us\"")).isEqualTo(JobOverHttp.PARTITIONS);
        assertThat(metric("trueup_rounds_without_comparison", "replica=\"us\"")).isZero();
        assertThat(metric("trueup_agreement_age_seconds", "replica=\"us\"")).isPositive();
    }

    private static double metric(String name, String... labels) {
        return Exposition.of(running.get("/metrics").body()).value(name, labels);
    }

    @Test
    @Order(9)
    void shouldSurviveMalformedRequests() {
        long seed = System.nanoTime();
        long rounds = rounds();
        double files = metric("process_files_open_files");
        String conflicts = running.get("/api/v1/conflicts").body();

        Map<Integer, Integer> statuses = new MalformedRequests(running.operations.address(), seed).send(10_000);

        assertThat(statuses.keySet())
                .as("seed " + seed + ": " + statuses)
                .allMatch(status -> status < 500)
                .contains(400);
        assertThat(running.getWithoutToken("/health/ready").statusCode()).isEqualTo(200);
        await().atMost(PATIENCE).until(() -> rounds() > rounds + 2);
        await().atMost(PATIENCE).until(() -> metric("trueup_http_connections") <= 2);
        assertThat(Thread.getAllStackTraces().keySet().stream()
                        .filter(thread -> thread.getName().startsWith("trueup-http")))
                .hasSizeLessThanOrEqualTo(8);
        assertThat(metric("process_files_open_files")).as("a leak").isLessThan(files + 100);
        assertThat(running.json("/api/v1/status").get("paused")).isEmpty();
        assertThat(running.get("/api/v1/conflicts").body()).isEqualTo(conflicts);
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
