package io.trueup.ops.page;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.trueup.browser.TestBrowser;
import io.trueup.browser.TestBrowser.Shown;
import io.trueup.config.TrueupConfig;
import io.trueup.ops.Reports;
import io.trueup.ops.api.CutsResource;
import io.trueup.ops.api.PartitionsResource;
import io.trueup.ops.api.RoundsResource;
import io.trueup.ops.api.StatusResource;
import io.trueup.ops.http.Answer;
import io.trueup.ops.http.Body;
import io.trueup.ops.http.HttpServer;
import io.trueup.ops.http.InvalidBodyException;
import io.trueup.ops.http.Posted;
import io.trueup.ops.http.Route;
import io.trueup.ops.rounds.DatasetRounds;
import io.trueup.schema.Outcome;
import io.trueup.schema.RoundReport;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The buttons of the page in a real browser: a script of the test presses them. What they send is only noted. */
class PageActionsIT {

    private static final List<String> REPLICAS = List.of("eu", "us");
    private static final String PASSWORD = "a-password-of-16-bytes";
    private static final long RUN_MS = 8_000;

    /** Waits for an element that contains a text, and presses it, or writes into it. */
    private static final String HANDS = """
            const sleep = ms => new Promise(done => setTimeout(done, ms));
            async function find(selector, text) {
              for (let i = 0; i < 60; i++) {
                const found = [...document.querySelectorAll(selector)].find(one =>
                  (one.getAttribute('aria-label') ?? one.textContent).includes(text));
                if (found) {
                  return found;
                }
                await sleep(50);
              }
              document.body.append(`MISSING ${selector} ${text}`);
              throw new Error(`there is no ${selector} with ${text}`);
            }
            async function gone(selector) {
              while (document.querySelector(selector)) {
                await sleep(20);
              }
            }
            const press = async (selector, text) => (await find(selector, text)).click();
            async function write(selector, text) {
              const input = await find(selector, '');
              input.value = text;
              input.dispatchEvent(new Event('input', {bubbles: true}));
              await sleep(50);
            }
            const note = text => { document.body.append(` NOTED ${text};`); };
            """;

    /** Its address has that of the victim as its query. The text of the form is valid JSON. */
    private static final String ATTACK = """
            <form method="post" enctype="text/plain"><input name='{"replica":"us","key":"' value='"}'></form>
            <script>
              document.forms[0].action = location.search.slice(1) + '/api/v1/actions/pause';
              document.forms[0].submit();
            </script>""";

    @TempDir
    Path directory;

    private final long nowMs = System.currentTimeMillis();
    private String beforeThePage = "";
    private final Queue<String> posted = new ConcurrentLinkedQueue<>();
    private final Map<String, String> settings = new HashMap<>(Map.of(
            "bootstrap.servers", "localhost:1",
            "dataset", "products",
            "replicas", String.join(",", REPLICAS),
            "hash.secret", "0123456789abcdef0123456789abcdef",
            "http.listen", "127.0.0.1:0",
            "http.user", "ops",
            "http.password", PASSWORD));

    @Test
    void shouldPauseAReplicaOnceThatIsConfirmed() throws Exception {
        Shown shown = press("""
                await press('button', 'Pause the repairs of us');
                await find('dialog[open]', 'Pause the repairs of us?');
                note(document.querySelectorAll('dialog').length === 1);
                note((await find('dialog[open]', 'Nothing is sent to us until')) ? 'says what happens' : '');
                await press('dialog[open] button.act', 'Pause');
                await find('dialog[open] [role=status]', 'done');
                """);

        assertThat(posted).containsExactly("pause {replica=us} by ops");
        assertThat(shown.dom()).contains("NOTED true", "NOTED says what happens");
        assertNoComplaint(shown);
    }

    @Test
    void shouldDoNothingIfThatIsCancelled() throws Exception {
        Shown shown = press("""
                await press('button', 'Pause all repairs');
                await press('dialog[open] button', 'Cancel');
                await gone('dialog');
                note('cancelled');
                """);

        assertThat(posted).isEmpty();
        assertThat(shown.dom()).contains("NOTED cancelled");
    }

    /** An action that names it is refused. */
    @Test
    void shouldOfferNoPauseForASource() throws Exception {
        settings.putAll(Map.of("resolution", "primary:eu", "replica.eu.role", "source"));

        Shown shown = press("await find('button', 'Pause the repairs of us');");

        assertThat(shown.dom()).contains("none: a source").doesNotContain("Pause the repairs of eu");
    }

    @Test
    void shouldResumeWhatIsPausedAndSaySinceWhen() throws Exception {
        Shown shown = press("""
                await press('.needs button', 'Resume the repairs of us');
                await press('dialog[open] button.act', 'Resume');
                await find('dialog[open] [role=status]', 'done');
                """, report -> report.setPaused(Map.of("us", nowMs - 60_000)));

        assertThat(posted).containsExactly("resume {replica=us} by ops");
        assertThat(shown.dom())
                .contains("repairs paused: us in 1 of 2 partitions", "paused since", "Repairs of us are paused since")
                .contains("Pause the repairs of us", "Resume the repairs of us");
    }

    @Test
    void shouldApproveOnceTheNameOfTheReplicaIsWritten() throws Exception {
        Shown shown = press("""
                await press('.needs button', 'Approve the repairs of us');
                note(`before: ${(await find('dialog[open] button.act', 'Approve')).disabled}`);
                await write('dialog[open] input', 'us');
                await press('dialog[open] button.act', 'Approve');
                await find('dialog[open] [role=status]', 'done');
                """, report -> report.setGuarded(Map.of("us", 400L)).setOutcome(Outcome.DIVERGENT));

        assertThat(posted).containsExactly("approve {replica=us} by ops");
        assertThat(shown.dom()).contains("NOTED before: true");
    }

    @Test
    void shouldChooseASideOfAConflict() throws Exception {
        Shown shown = press(
                """
                await press('.needs button', 'List the conflicts');
                await press('button', 'Choose what eu holds for <b>key</b>');
                note((await find('dialog[open]', 'us will be repaired, and loses version 7')) ? 'says who loses' : '');
                await press('dialog[open] button.act', 'Choose');
                await find('dialog[open] [role=status]', 'done');
                """, report -> report.setNeedsPerson(Map.of("NO_WINNER", 1L)).setOutcome(Outcome.DIVERGENT));

        assertThat(posted).containsExactly("choose {keyHex=3c623e6b65793c2f623e, replica=eu, revision=0a1b} by ops");
        assertThat(shown.dom()).contains("NOTED says who loses", "&lt;b&gt;key&lt;/b&gt;");
    }

    @Test
    void shouldProbeAKeyThatIsWritten() throws Exception {
        press("""
                await write('form input', 'key-1');
                await press('form button', 'Probe');
                await press('dialog[open] button.act', 'Probe');
                await find('dialog[open] [role=status]', 'done');
                """);

        assertThat(posted).containsExactly("probe {key=key-1} by ops");
    }

    @Test
    void shouldSayWhyAnActionWasRefused() throws Exception {
        Shown shown = press("""
                await write('form input', 'refused');
                await press('form button', 'Probe');
                await press('dialog[open] button.act', 'Probe');
                await find('dialog[open] [role=alert]', 'no such key');
                """);

        assertThat(shown.dom()).contains("no such key").doesNotContain("MISSING");
    }

    @Test
    void shouldHaveNoButtonThatWorksWithoutCredentialsAndSayWhy() throws Exception {
        settings.remove("http.user");
        settings.remove("http.password");

        Shown shown = press("""
                await find('#actions', 'Actions');
                const buttons = [...document.querySelectorAll('main button:not(.cell)')];
                note(`enabled: ${buttons.filter(button => !button.disabled).map(button => button.textContent)}.`);
                note(`described: ${buttons.every(button => document.getElementById(button.getAttribute('aria-describedby')))}`);
                """);

        assertThat(shown.dom())
                .contains("NOTED enabled: .", "NOTED described: true")
                .contains("actions need credentials", "http.user");
        assertThat(posted).isEmpty();
    }

    /** What has happened while the job sent no events to the page was not announced, and will not be. */
    @Test
    void shouldReadTheStatusWhenTheEventsBegin() throws Exception {
        beforeThePage = """
                window.sources = [];
                window.EventSource = class extends EventTarget {
                  static OPEN = 1;
                  static CLOSED = 2;
                  readyState = 1;
                  constructor() { super(); sources.push(this); }
                  close() { this.readyState = 2; }
                };""";

        Shown shown = press("""
                const reads = () => performance.getEntriesByType('resource').filter(one => one.name.endsWith('api/v1/status')).length;
                await find('h1', 'All 2 replicas are equal');
                await sleep(1000);
                note(`before: ${reads()}`);
                sources[0].dispatchEvent(new Event('open'));
                await sleep(1500);
                note(`after: ${reads()}`);
                """);

        assertThat(shown.dom()).contains("NOTED before: 1", "NOTED after: 2");
    }

    /** A page of another origin submits a form; the browser adds the credentials that it knows. */
    @Test
    void shouldChangeNothingIfAForeignPagePosts() throws Exception {
        com.sun.net.httpserver.HttpServer attacker =
                com.sun.net.httpserver.HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        attacker.createContext("/", exchange -> {
            byte[] page = ATTACK.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "text/html");
            exchange.sendResponseHeaders(200, page.length);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(page);
            }
        });
        attacker.start();
        try (HttpServer victim = new HttpServer(config().http(), routes(report -> {}, ""))) {
            victim.start();

            Shown shown = show(victim.address().replace("http://", "http://ops:" + PASSWORD + "@")
                    + "/enter.html?http://localhost:" + attacker.getAddress().getPort() + "/");

            assertThat(shown.dom()).contains("a page of another origin has sent the request");
            assertThat(posted).isEmpty();
        } finally {
            attacker.stop(0);
        }
    }

    private Shown press(String script) throws Exception {
        return press(script, report -> {});
    }

    private interface Change {
        void of(RoundReport.Builder report);
    }

    private Shown press(String script, Change change) throws Exception {
        try (HttpServer server = new HttpServer(config().http(), routes(change, HANDS + script))) {
            server.start();
            String user = settings.containsKey("http.user") ? "ops:" + PASSWORD + "@" : "";
            Shown shown = show(server.address().replace("http://", "http://" + user) + "/enter.html?/driven.html");
            assertThat(shown.dom()).doesNotContain("MISSING");
            return shown;
        }
    }

    private TrueupConfig config() {
        return TrueupConfig.of(settings);
    }

    private Shown show(String address) throws IOException, InterruptedException {
        return TestBrowser.open(URI.create(address), Files.createDirectory(directory.resolve("browser")), RUN_MS);
    }

    /** @param script what the test presses on the page */
    private List<Route> routes(Change change, String script) throws IOException {
        DatasetRounds rounds = new DatasetRounds(config(), 2, nowMs);
        for (int partition = 0; partition < 2; partition++) {
            for (String replica : REPLICAS) {
                RoundReport.Builder report =
                        Reports.report("products", REPLICAS, replica, partition, nowMs - 30_000, Outcome.EQUAL);
                if (partition == 1) {
                    change.of(report);
                }
                rounds.take(report.build(), 100, nowMs);
            }
        }
        List<Route> routes = new ArrayList<>(PageFile.routes());
        routes.add(Route.guarded(
                "/api/v1/status",
                new StatusResource(
                        () -> Optional.of(rounds.at(System.currentTimeMillis(), true)),
                        config().http(),
                        replica -> config().replica(replica).repairsTopic() != null)));
        routes.add(Route.guarded(
                "/api/v1/partitions",
                new PartitionsResource(() -> Optional.of(rounds.at(System.currentTimeMillis(), true)))));
        routes.add(Route.guarded("/api/v1/cuts", new CutsResource(() -> Optional.of(rounds))));
        routes.add(Route.guarded("/api/v1/rounds", new RoundsResource(() -> Optional.of(rounds))));
        routes.add(file("/api/v1/conflicts", "application/json", """
                {"total": 1, "unreadable": 0, "conflicts": [{"key": "<b>key</b>", "keyHex": "3c623e6b65793c2f623e", "partition": 1,
                 "since": "2026-01-01T00:00:00Z", "reason": "NO_WINNER", "revision": "0a1b", "sides": [
                 {"replicas": ["eu"], "entry": {"holds": "VALUE", "version": "7", "position": null, "digest": "aa"}},
                 {"replicas": ["us"], "entry": {"holds": "VALUE", "version": "7", "position": null, "digest": "bb"}}]}]}"""));
        for (String action : List.of("pause", "resume", "approve", "choose", "probe")) {
            routes.add(Route.action("/api/v1/actions/" + action, request -> note(action, request)));
        }
        // the browser learns the credentials from the address, and keeps them for the pages after it
        routes.add(file("/enter.html", "text/html", "<script src=enter.js></script>"));
        routes.add(file("/enter.js", "text/javascript", """
                const next = location.search.slice(1);
                location.replace(next.startsWith('http') ? `${next}?${location.origin}` : location.origin + next);"""));
        String page =
                new String(PageFile.class.getResourceAsStream("index.html").readAllBytes(), StandardCharsets.UTF_8);
        routes.add(file(
                "/driven.html",
                "text/html",
                page.replace("<head>", "<head><script src=before.js></script>")
                        .replace("</head>", "<script type=module src=driver.js></script></head>")));
        routes.add(file("/before.js", "text/javascript", beforeThePage));
        routes.add(file("/driver.js", "text/javascript", script));
        return routes;
    }

    private Answer note(String action, Posted request) throws InvalidBodyException {
        Map<String, String> fields = new TreeMap<>();
        Body body = request.body().allow("replica", "key", "keyHex", "partitions", "revision");
        for (String name : List.of("replica", "key", "keyHex", "revision")) {
            body.text(name).ifPresent(value -> fields.put(name, value));
        }
        if (fields.containsValue("refused")) {
            throw new InvalidBodyException("there is no such key");
        }
        posted.add(action + " " + fields + " by " + request.user());
        return Answer.json(202, JsonNodeFactory.instance.objectNode().put("text", "done"));
    }

    private static Route file(String path, String type, String text) {
        return Route.guarded(path, query -> new Answer(200, type, text.getBytes(StandardCharsets.UTF_8)));
    }

    private static void assertNoComplaint(Shown shown) {
        assertThat(shown.log())
                .doesNotContain("Refused to", "Uncaught", "violates the following Content Security Policy");
    }
}
