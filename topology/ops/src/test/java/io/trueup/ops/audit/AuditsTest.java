package io.trueup.ops.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.trueup.config.TrueupConfig;
import io.trueup.ops.OpenApiSchemas;
import io.trueup.ops.api.OpenApi;
import io.trueup.ops.http.EventStreams;
import io.trueup.ops.http.HttpServer;
import io.trueup.ops.http.Query;
import io.trueup.ops.http.Route;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AuditsTest {

    private static final String TOKEN = "a-token-of-more-than-16-bytes";
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final TrueupConfig config = TrueupConfig.of(Map.of(
            "bootstrap.servers", "localhost:1",
            "dataset", "products",
            "replicas", "eu,us",
            "hash.secret", "0123456789abcdef0123456789abcdef",
            "http.listen", "127.0.0.1:0",
            "http.token", TOKEN));
    private final Queue<AuditOrder> ordered = new ConcurrentLinkedQueue<>();
    private final EventStreams events = new EventStreams();
    private final HttpClient client = HttpClient.newHttpClient();
    private CountDownLatch end = new CountDownLatch(1);
    private AuditOutcome found =
            new AuditOutcome("DIVERGENT", false, 3, "<script>report</script>".getBytes(StandardCharsets.UTF_8));
    private final Audits audits = new Audits(() -> config, Optional.of((current, order) -> new Waiting(order)), events);
    private final HttpServer server = new HttpServer(config.http(), routes());

    /** An audit that ends when the test, or an action, says so. */
    private final class Waiting implements AuditRunner.Run {

        private final CountDownLatch own = end;
        private volatile boolean stopped;

        Waiting(AuditOrder order) {
            ordered.add(order);
        }

        @Override
        public AuditRunner.Progress progress() {
            return new AuditRunner.Progress(40, 100, 39);
        }

        @Override
        public void stop() {
            stopped = true;
            own.countDown();
        }

        @Override
        public AuditOutcome run() throws IOException {
            try {
                own.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            if (found == null) {
                throw new IOException("the disk is full");
            }
            return new AuditOutcome(found.verdict(), stopped, found.differing(), found.page());
        }
    }

    private List<Route> routes() {
        List<Route> routes = new ArrayList<>(audits.routes());
        routes.add(Route.events("/api/v1/events", events));
        return routes;
    }

    @AfterEach
    void close() {
        end.countDown();
        audits.close();
        events.close();
        server.close();
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(server.address() + path)).header("Authorization", "Bearer " + TOKEN);
    }

    private HttpResponse<String> get(String path) throws Exception {
        return client.send(request(path).build(), BodyHandlers.ofString());
    }

    private HttpResponse<String> post(String action, String body) throws Exception {
        return client.send(
                request("/api/v1/actions/" + action)
                        .header("Content-Type", "application/json")
                        .header("X-Trueup-Action", "1")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
    }

    /** What is listed, which must be as the description says. */
    private JsonNode list() throws Exception {
        String body = get("/api/v1/audits").body();
        JsonNode document =
                JSON.readTree(new OpenApi().get(new Query(Map.of(), "")).body());
        assertThat(OpenApiSchemas.errors(document, document.at("/components/schemas/Audits"), body))
                .isEmpty();
        return JSON.readTree(body);
    }

    private void awaitReports(int count) {
        await().until(() -> list().get("reports").size() == count);
    }

    @Test
    void shouldRunOneAuditAtATimeAndShowItsReport() throws Exception {
        server.start();

        HttpResponse<String> started =
                post("audit", "{\"partitions\": [0, 3], \"at\": \"2026-01-01T00:00:00Z\", \"settleSeconds\": 5}");
        assertThat(started.statusCode()).as(started.body()).isEqualTo(202);
        assertThat(ordered).singleElement().satisfies(order -> {
            assertThat(order.partitions()).containsExactly(0, 3);
            assertThat(order.atMs()).hasValue(1_767_225_600_000L);
            assertThat(order.settle()).hasSeconds(5);
        });
        assertThat(list().at("/running/passed").asInt()).isEqualTo(40);
        assertThat(get("/api/v1/audits/report").statusCode()).isEqualTo(404);
        HttpResponse<String> second = post("audit", "{}");
        assertThat(second.statusCode()).isEqualTo(409);
        assertThat(second.body()).contains("one at a time");
        assertThat(ordered).hasSize(1);

        end.countDown();

        awaitReports(1);
        assertThat(list().get("running").isNull()).isTrue();
        JsonNode report = list().at("/reports/0");
        assertThat(report.get("verdict").asText()).isEqualTo("DIVERGENT");
        assertThat(report.get("by").asText()).isEqualTo("token");
        HttpResponse<String> page = get(report.get("report").asText());
        assertThat(page.body()).isEqualTo("<script>report</script>");
        assertThat(page.headers().allValues("Content-Security-Policy"))
                .singleElement()
                .asString()
                .startsWith("sandbox allow-scripts; default-src 'none'");
        assertThat(page.headers().firstValue("Content-Type")).hasValue("text/html; charset=utf-8");
    }

    @Test
    void shouldStopTheAuditThatIsUnderWay() throws Exception {
        server.start();
        assertThat(post("stop-audit", "{}").statusCode()).isEqualTo(409);
        post("audit", "{}");

        assertThat(post("stop-audit", "{}").statusCode()).isEqualTo(202);

        awaitReports(1);
        assertThat(list().at("/reports/0/partial").asBoolean()).isTrue();
    }

    @Test
    void shouldSendTheProgressAsEvents() throws Exception {
        server.start();
        Iterator<String> lines = client.send(request("/api/v1/events").build(), BodyHandlers.ofLines())
                .body()
                .filter(line -> line.startsWith("data: "))
                .iterator();
        await().until(() -> events.clients() == 1);

        post("audit", "{}");

        JsonNode progress = JSON.readTree(lines.next().substring("data: ".length()));
        assertThat(progress.get("passed").asInt()).isEqualTo(40);
        assertThat(progress.get("expected").asInt()).isEqualTo(100);
        end.countDown();
        JsonNode event = progress;
        while (!event.path("ended").asBoolean()) {
            event = JSON.readTree(lines.next().substring("data: ".length()));
        }
        assertThat(event.get("id").asInt()).isEqualTo(1);
    }

    @Test
    void shouldSayWhyAnAuditHasFailedAndRunAnother() throws Exception {
        server.start();
        found = null;
        end.countDown();

        post("audit", "{}");

        awaitReports(1);
        JsonNode failed = list().at("/reports/0");
        assertThat(failed.get("failure").asText()).isEqualTo("the disk is full");
        assertThat(failed.get("report").isNull()).isTrue();
        assertThat(post("audit", "{}").statusCode()).isEqualTo(202);
    }

    @Test
    void shouldKeepTheLastReportsAlone() throws Exception {
        server.start();
        end.countDown();

        for (int i = 1; i <= Audits.MAX_REPORTS + 2; i++) {
            int id = i;
            assertThat(post("audit", "{}").statusCode()).isEqualTo(202);
            await().until(() -> list().at("/reports/0/id").asInt() == id);
        }

        assertThat(list().get("reports")).hasSize(Audits.MAX_REPORTS);
        assertThat(get("/api/v1/audits/report?id=1").statusCode()).isEqualTo(404);
        assertThat(get("/api/v1/audits/report?id=3").statusCode()).isEqualTo(200);
    }

    @Test
    void shouldKeepNoReportThatIsTooLarge() throws Exception {
        server.start();
        found = new AuditOutcome("EQUAL", false, 0, new byte[Audits.MAX_REPORT_BYTES + 1]);
        end.countDown();

        post("audit", "{}");

        awaitReports(1);
        assertThat(list().at("/reports/0/failure").asText()).contains("larger than");
    }

    @Test
    void shouldRefuseWhatItDoesNotUnderstandAndWhatHasNoHeaderOfItsOwn() throws Exception {
        server.start();

        assertThat(post("audit", "{\"at\": \"yesterday\"}").statusCode()).isEqualTo(400);
        assertThat(post("audit", "{\"partitions\": [-1]}").statusCode()).isEqualTo(400);
        assertThat(post("audit", "{\"limit\": 1}").statusCode()).isEqualTo(400);
        assertThat(client.send(
                                request("/api/v1/actions/audit")
                                        .header("Content-Type", "application/json")
                                        .POST(HttpRequest.BodyPublishers.ofString("{}"))
                                        .build(),
                                BodyHandlers.ofString())
                        .statusCode())
                .isEqualTo(403);
        assertThat(ordered).isEmpty();
    }
}
