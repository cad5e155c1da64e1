package io.trueup.ops.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.trueup.ops.DrivenBrowser;
import io.trueup.ops.OpenApiSchemas;
import io.trueup.ops.api.OpenApi;
import io.trueup.ops.http.Answer;
import io.trueup.ops.http.HttpServer;
import io.trueup.ops.http.Query;
import io.trueup.ops.http.Route;
import io.trueup.schema.Outcome;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Every view of the page in a real browser, narrow and wide, light and dark: axe-core finds no violation, nothing is wider than the
 * window, and the browser complains of nothing. Leaves pictures of the views in {@code target/pictures}.
 */
class PageViewsIT {

    private static final Path PICTURES = Path.of("target", "pictures");
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final int PARTITIONS = 256;
    private static final String CONFLICTS = """
            {"total": 3, "unreadable": 1, "conflicts": [{"key": "tea", "keyHex": "746561", "partition": 41,
             "since": "2026-01-01T00:00:00Z", "reason": "NO_WINNER", "revision": "0a1b", "sides": [
             {"replicas": ["eu"], "entry": {"holds": "VALUE", "version": "7", "position": null, "digest": "aa"}},
             {"replicas": ["us"], "entry": {"holds": "UNREAD", "version": null, "position": null, "digest": null}}]}]}""";

    private static final String AUDITS = """
            {"available": true, "bounds": {"keys": 1000, "minutes": 30, "memoryBytes": 134217728, "reports": 5},
             "running": {"id": 3, "by": "ops", "started": "2026-01-01T00:00:00Z", "partitions": [0, 3], "at": null, "settleSeconds": 30, "tookMs": 5000,
              "passed": 40, "expected": 100, "records": 40000},
             "reports": [{"id": 2, "by": "ops", "started": "2026-01-01T00:00:00Z", "partitions": [], "at": "2026-01-01T00:00:00Z", "settleSeconds": 30, "tookMs": 90000,
              "verdict": "DIVERGENT", "partial": true, "differing": 1234, "failure": null, "report": "/api/v1/audits/report?id=2"}]}""";

    @TempDir
    static Path directory;

    private static ShownDataset dataset;
    private static HttpServer server;
    private static DrivenBrowser browser;

    @BeforeAll
    static void open() throws Exception {
        dataset = new ShownDataset(48);
        dataset.reportAnHour();
        dataset.answer("/api/v1/conflicts", CONFLICTS);
        dataset.answer("/api/v1/audits", AUDITS);
        dataset.answer("/api/v1/keys", PageIT.PARTLY_READ);
        dataset.add(Route.waiting("/api/v1/tree", new ShownTree(8, 1028, 1031, 2056, 2057, 2058, 4095)));
        server = dataset.serve();
        browser = new DrivenBrowser(Files.createDirectory(directory.resolve("browser")));
        browser.header("Authorization", "Bearer " + ShownDataset.TOKEN);
    }

    @AfterAll
    static void close() {
        browser.close();
        server.close();
    }

    @ParameterizedTest
    @CsvSource({"360, false", "360, true", "1280, false", "1280, true"})
    void shouldBeAccessibleInEveryView(int width, boolean dark) throws Exception {
        browser.show(width, 800, dark);

        show("#/", "What needs you");
        check("first", width, dark);

        show("#/partitions/40", "Keys that differed");
        check("partition", width, dark);

        show(
                "#/partitions/40/segments/"
                        + dataset.rounds.segment("80".repeat(16)).orElseThrow(),
                "tea");
        check("segment", width, dark);

        show("#/partitions/40/tree/8/2048", "7 of 4\u2009096 segments are known to differ");
        check("tree", width, dark);

        show("#/partitions/40/segments/2056", "keys are known by their hashes alone");
        check("segment-of-tree", width, dark);

        show("#/rounds/" + Instant.ofEpochMilli(dataset.nowMs - 10_000), "reports say that all was equal");
        check("round", width, dark);

        show("#/key/hex%3Aff00", "What has happened to it");
        check("key", width, dark);

        show("#/", "List the conflicts");
        click("List the conflicts");
        browser.awaitText("… and 2 more");
        check("conflicts", width, dark);

        click("Approve the repairs of us");
        browser.awaitText("Write the name of the replica");
        check("question", width, dark);
    }

    @Test
    void shouldBeAccessibleWhileEverythingIsEqual() throws Exception {
        ShownDataset equal = new ShownDataset(PARTITIONS);
        equal.reportAll(equal.nowMs - 60_000, Outcome.EQUAL);
        equal.reportAll(equal.nowMs - 20_000, Outcome.EQUAL);
        browser.show(1280, 800, false);
        try (HttpServer own = equal.serve()) {
            browser.open(own.address() + "/");
            browser.awaitText("All 5 replicas are equal as of");
            check("equal", 1280, false);
        }
        browser.awaitText("Connection lost");
        check("lost", 1280, false);
    }

    @Test
    void shouldAnswerTheTreeAsItsDescriptionSays() throws Exception {
        JsonNode document = new JsonMapper()
                .readTree(new OpenApi().get(new Query(Map.of(), "")).body());
        Answer answer = new ShownTree(5).get(new Query(Map.of("segment", List.of("5")), ""));

        assertThat(OpenApiSchemas.errors(
                        document,
                        document.at("/components/schemas/Tree"),
                        new String(answer.body(), StandardCharsets.UTF_8)))
                .isEmpty();
    }

    @Test
    void shouldOpenARoundByAClickOnTheChart() {
        browser.show(1280, 800, false);
        show("#/", "What needs you");

        browser.evaluate("""
                (over => {
                  const {left, top, width, height} = over.getBoundingClientRect();
                  const at = {clientX: left + width / 2, clientY: top + height / 2, bubbles: true, view: window};
                  ['mouseenter', 'mousemove', 'mousedown', 'mouseup', 'click'].forEach(type => over.dispatchEvent(new MouseEvent(type, at)));
                })(document.querySelector('.u-over'))""");

        browser.awaitText("Round of");
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(
                                minutesAgo(browser.evaluate("location.hash").asText()))
                        .isBetween(25L, 35L));
    }

    @Test
    void shouldOpenARoundByKeyboard() {
        browser.show(1280, 800, false);
        show("#/", "What needs you");

        browser.tabTo("Round; Enter opens it");
        browser.press("ArrowLeft");
        browser.press("ArrowLeft");
        assertThat(browser.evaluate("document.activeElement.getAttribute('aria-valuetext')")
                        .asText())
                .contains("Round of")
                .contains("no differences");
        browser.press("Enter");

        browser.awaitText("The round after");
        assertThat(minutesAgo(browser.evaluate("location.hash").asText())).isEqualTo(2);
        assertThat(browser.evaluate("document.activeElement.textContent").asText())
                .startsWith("Round of");
    }

    /** How many minutes lie between the round of an address and the last one. */
    private static long minutesAgo(String hash) {
        assertThat(hash).startsWith("#/rounds/");
        Instant cut = Instant.parse(URLDecoder.decode(hash.substring("#/rounds/".length()), StandardCharsets.UTF_8));
        return Duration.between(cut, Instant.ofEpochMilli(dataset.nowMs - 10_000))
                .toMinutes();
    }

    @Test
    void shouldFindWhatIsNotAccessible() throws Exception {
        browser.show(1280, 800, false);
        show("#/", "What needs you");

        browser.evaluate("document.querySelector('main').append(document.createElement('button'))");

        assertThat(browser.accessibilityViolations()).hasSize(1).allMatch(line -> line.startsWith("button-name: "));
    }

    /** How long it takes to paint is printed, and not asserted: that depends on the machine. */
    @Test
    void shouldPaintTheWholeMatrix() throws Exception {
        ShownDataset large = new ShownDataset(PARTITIONS);
        large.reportAnHour();
        browser.show(1280, 800, false);
        browser.open("about:blank");
        try (HttpServer own = large.serve()) {
            browser.open(own.address() + "/");
            browser.awaitText("What needs you");
            await().atMost(PATIENCE)
                    .until(() -> browser.evaluate("performance.getEntriesByName('matrix').length")
                                    .asInt()
                            > 0);
            browser.picture(PICTURES.resolve("page-1280-light.png"));
        }

        int cells = browser.evaluate("document.querySelectorAll('[role=gridcell]').length")
                .asInt();
        assertThat(cells).isEqualTo(PARTITIONS * ShownDataset.REPLICAS.size());
        System.out.printf(
                "Page of 5 replicas and 256 partitions: first paint after %d ms, all %d cells painted after %d ms%n",
                browser.evaluate("Math.round(performance.getEntriesByType('paint')[0].startTime)")
                        .asInt(),
                cells,
                browser.evaluate("Math.round(performance.getEntriesByName('matrix')[0].startTime)")
                        .asInt());
    }

    private static void show(String place, String awaited) {
        browser.open("about:blank");
        browser.open(server.address() + "/" + place);
        browser.awaitText(awaited);
    }

    /** Presses the first button with such a label or text. */
    private static void click(String label) {
        String find = "[...document.querySelectorAll('button')].find(one =>"
                + " (one.getAttribute('aria-label') ?? one.textContent).includes('" + label + "'))";
        await().atMost(PATIENCE).until(() -> browser.evaluate("!!" + find).asBoolean());
        browser.evaluate(find + ".click()");
    }

    private static void check(String view, int width, boolean dark) throws Exception {
        String name = view + "-" + width + (dark ? "-dark" : "-light");
        browser.picture(PICTURES.resolve(name + ".png"));
        assertThat(browser.accessibilityViolations()).as(name).isEmpty();
        assertThat(browser.evaluate("document.documentElement.scrollWidth").asInt())
                .as(name + " is not wider than the window")
                .isLessThanOrEqualTo(width);
        assertThat(browser.complaints().stream()
                        .filter(line -> !line.contains("net::ERR_"))
                        .toList())
                .as(name)
                .isEqualTo(List.of());
    }
}
