package io.trueup.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.trueup.browser.TestBrowser;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A real browser that is driven by its keyboard, over the DevTools protocol. */
public final class DrivenBrowser implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final long ANSWERS_WITHIN_S = 60;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private static final Map<String, Integer> CODES =
            Map.of("Tab", 9, "Enter", 13, "ArrowLeft", 37, "ArrowUp", 38, "ArrowRight", 39, "ArrowDown", 40);

    private final Process browser;
    private final WebSocket socket;
    private final AtomicInteger ids = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonNode>> awaited = new ConcurrentHashMap<>();
    private final Queue<String> complaints = new ConcurrentLinkedQueue<>();

    /** @param directory for the profile of the browser; must be empty */
    public DrivenBrowser(Path directory) throws Exception {
        browser = new ProcessBuilder(
                        TestBrowser.executable(),
                        "--headless",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-quic",
                        "--no-first-run",
                        "--disable-background-networking",
                        "--disable-component-update",
                        "--disable-sync",
                        "--remote-debugging-port=0",
                        "--user-data-dir=" + directory.resolve("profile"),
                        "about:blank")
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("browser.log").toFile())
                .start();
        HttpClient client = HttpClient.newHttpClient();
        Path portFile = directory.resolve("profile").resolve("DevToolsActivePort");
        await().atMost(PATIENCE).until(() -> Files.exists(portFile) && Files.size(portFile) > 0);
        String list = "http://127.0.0.1:" + Files.readAllLines(portFile).get(0) + "/json/list";
        JsonNode page = await().atMost(PATIENCE)
                .until(
                        () -> JSON.readTree(client.send(
                                                HttpRequest.newBuilder(URI.create(list))
                                                        .build(),
                                                BodyHandlers.ofString())
                                        .body())
                                .path(0),
                        found -> found.has("webSocketDebuggerUrl"));
        socket = client.newWebSocketBuilder()
                .buildAsync(URI.create(page.get("webSocketDebuggerUrl").asText()), new Messages())
                .get(ANSWERS_WITHIN_S, TimeUnit.SECONDS);
        send("Runtime.enable", JSON.createObjectNode());
        send("Log.enable", JSON.createObjectNode());
        send("Network.enable", JSON.createObjectNode());
    }

    private final class Messages implements WebSocket.Listener {

        private final StringBuilder text = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket webSocket, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                take(text.toString());
                text.setLength(0);
            }
            webSocket.request(1);
            return null;
        }
    }

    private void take(String text) {
        try {
            JsonNode message = JSON.readTree(text);
            if (message.has("id")) {
                awaited.remove(message.get("id").asInt()).complete(message);
            } else if (message.path("method").asText().equals("Runtime.exceptionThrown")
                    || message.at("/params/entry/level").asText().equals("error")) {
                complaints.add(text);
            }
        } catch (IOException e) {
            throw new AssertionError(text, e);
        }
    }

    private JsonNode send(String method, ObjectNode params) {
        int id = ids.incrementAndGet();
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        awaited.put(id, answer);
        ObjectNode message = JSON.createObjectNode().put("id", id).put("method", method);
        message.set("params", params);
        try {
            socket.sendText(message.toString(), true).get(ANSWERS_WITHIN_S, TimeUnit.SECONDS);
            JsonNode result = answer.get(ANSWERS_WITHIN_S, TimeUnit.SECONDS);
            assertThat(result.path("error").isMissingNode())
                    .as(method + ": " + result)
                    .isTrue();
            return result.get("result");
        } catch (InterruptedException
                | java.util.concurrent.ExecutionException
                | java.util.concurrent.TimeoutException e) {
            throw new AssertionError(method, e);
        }
    }

    /** Sends a header with each request from now on. */
    public void header(String name, String value) {
        ObjectNode params = JSON.createObjectNode();
        params.putObject("headers").put(name, value);
        send("Network.setExtraHTTPHeaders", params);
    }

    /** The size of the window from now on, in CSS pixels, and whether the system is set to dark colours. */
    public void show(int width, int height, boolean dark) {
        send(
                "Emulation.setDeviceMetricsOverride",
                JSON.createObjectNode()
                        .put("width", width)
                        .put("height", height)
                        .put("deviceScaleFactor", 1)
                        .put("mobile", false));
        ObjectNode media = JSON.createObjectNode();
        media.putArray("features")
                .addObject()
                .put("name", "prefers-color-scheme")
                .put("value", dark ? "dark" : "light");
        send("Emulation.setEmulatedMedia", media);
    }

    /** Goes to an address. */
    public void open(String address) {
        send("Page.navigate", JSON.createObjectNode().put("url", address));
    }

    /** Presses and releases a key of the keyboard. */
    public void press(String key) {
        for (String type : new String[] {"keyDown", "keyUp"}) {
            ObjectNode event = JSON.createObjectNode()
                    .put("type", type)
                    .put("key", key)
                    .put("code", key)
                    .put("windowsVirtualKeyCode", CODES.get(key));
            if (key.equals("Enter") && type.equals("keyDown")) {
                event.put("text", "\r");
            }
            send("Input.dispatchKeyEvent", event);
        }
    }

    /** Presses Tab until the focus is on an element whose text or label contains a text. */
    public void tabTo(String text) {
        String focused =
                "(e => e === document.body ? '' : e.getAttribute('aria-label') ?? e.textContent)(document.activeElement)";
        for (int i = 0; i < 200; i++) {
            if (evaluate(focused).asText().contains(text)) {
                return;
            }
            press("Tab");
        }
        throw new AssertionError("Tab does not lead to " + text + " in " + text());
    }

    /** The value of an expression in the page. */
    public JsonNode evaluate(String expression) {
        JsonNode result = send(
                "Runtime.evaluate",
                JSON.createObjectNode().put("expression", expression).put("returnByValue", true));
        return result.at("/result/value");
    }

    /** The value of a promise in the page, once it is kept. */
    public JsonNode evaluateAsync(String expression) {
        JsonNode result = send(
                "Runtime.evaluate",
                JSON.createObjectNode()
                        .put("expression", expression)
                        .put("awaitPromise", true)
                        .put("returnByValue", true));
        assertThat(result.path("exceptionDetails").isMissingNode())
                .as(expression + ": " + result)
                .isTrue();
        return result.at("/result/value");
    }

    /**
     * What axe-core finds wrong with the page as it is, for people who cannot see it or use no mouse: a line for each rule and element.
     *
     * @throws IOException if the library cannot be read
     */
    public List<String> accessibilityViolations() throws IOException {
        if (!evaluate("typeof axe === 'object'").asBoolean()) {
            try (InputStream axe = DrivenBrowser.class.getResourceAsStream("/axe.min.js")) {
                evaluate(new String(axe.readAllBytes(), StandardCharsets.UTF_8));
            }
        }
        List<String> lines = new ArrayList<>();
        evaluateAsync("""
                        axe.run(document, {resultTypes: ['violations']}).then(({violations}) => violations.flatMap(rule =>
                          rule.nodes.slice(0, 5).map(node => `${rule.id}: ${node.target}: ${node.failureSummary} ${node.html}`)))""").forEach(line -> lines.add(line.asText().replace("\n", " ")));
        return lines;
    }

    /** The text that the page shows. */
    public String text() {
        return evaluate("document.body.innerText").asText();
    }

    /** Waits until the page shows a text. */
    public void awaitText(String text) {
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(text()).contains(text));
    }

    /** Exceptions of the page, and errors in its log: a refused script or style is one. */
    public List<String> complaints() {
        return List.copyOf(complaints);
    }

    /** Writes a picture of the window. */
    public void picture(Path file) throws IOException {
        JsonNode picture =
                send("Page.captureScreenshot", JSON.createObjectNode().put("captureBeyondViewport", true));
        Files.createDirectories(file.getParent());
        Files.write(file, Base64.getDecoder().decode(picture.get("data").asText()));
    }

    @Override
    public void close() {
        socket.abort();
        browser.destroy();
        try {
            if (!browser.waitFor(10, TimeUnit.SECONDS)) {
                browser.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
