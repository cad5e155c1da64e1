package io.trueup.ops.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.trueup.config.http.HttpSettings;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which requests may change something, and which bodies are understood. */
class ActionTest {

    private static final String TOKEN = "a-token-of-more-than-16-bytes";
    private static final String PASSWORD = "a-password-of-16-bytes";

    private final HttpClient client = HttpClient.newHttpClient();
    private final ConcurrentLinkedQueue<String> done = new ConcurrentLinkedQueue<>();
    private final CountDownLatch released = new CountDownLatch(1);
    private HttpServer server;

    @AfterEach
    void close() {
        released.countDown();
        server.close();
    }

    private void start(String... settings) {
        start(HttpServer.IDLE_MS, settings);
    }

    private void start(int idleMs, String... settings) {
        Map<String, String> all = new TreeMap<>(Map.of("http.listen", "127.0.0.1:0"));
        for (int i = 0; i < settings.length; i += 2) {
            all.put(settings[i], settings[i + 1]);
        }
        List<String> problems = new ArrayList<>();
        HttpSettings parsed =
                HttpSettings.checked(all, key -> all.getOrDefault(key, ""), (key, problem) -> problems.add(problem));
        assertThat(problems).isEmpty();
        server = new HttpServer(
                parsed,
                List.of(
                        Route.open("/health", query -> answer("up")),
                        Route.action("/act", request -> {
                            String text = request.body()
                                    .allow("what", "count", "of", "list")
                                    .requiredText("what");
                            request.body().number("count", 1, 9);
                            request.body().numbers("list", 0, 9);
                            request.body().oneOf("of", "a", List.of("a", "b"));
                            done.add(text + " by " + request.user() + " from " + request.address());
                            return answer("done");
                        }),
                        Route.action("/wait", request -> {
                            done.add("waits");
                            await().until(() -> released.getCount() == 0);
                            return answer("done");
                        })),
                idleMs);
        server.start();
    }

    private static Answer answer(String text) {
        return Answer.json(200, JsonNodeFactory.instance.objectNode().put("is", text));
    }

    private HttpRequest.Builder action(String path, String body) {
        return HttpRequest.newBuilder(URI.create(server.address() + path))
                .setHeader("Content-Type", "application/json")
                .setHeader(ActionCheck.ACTION_HEADER, "1")
                .setHeader("Authorization", "Bearer " + TOKEN)
                .POST(BodyPublishers.ofString(body));
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return client.send(request.build(), BodyHandlers.ofString());
    }

    @Test
    void shouldActForHoldersOfTheCredentialsAndSayWhoTheyAre() throws Exception {
        start("http.token", TOKEN, "http.user", "ops", "http.password", PASSWORD);
        String basic = Base64.getEncoder().encodeToString(("ops:" + PASSWORD).getBytes(StandardCharsets.UTF_8));

        assertThat(send(action("/act", "{\"what\":\"one\"}")).statusCode()).isEqualTo(200);
        assertThat(send(action("/act", "{\"what\":\"two\"}").setHeader("Authorization", "Basic " + basic))
                        .statusCode())
                .isEqualTo(200);

        assertThat(done).containsExactly("one by token from 127.0.0.1", "two by ops from 127.0.0.1");
    }

    @Test
    void shouldRefuseActionsWithoutConfiguredCredentialsAndNameTheKeys() throws Exception {
        start();

        HttpResponse<String> answer = send(action("/act", "{\"what\":\"one\"}"));

        assertThat(answer.statusCode()).isEqualTo(403);
        assertThat(answer.body()).contains("http.token", "http.user", "http.password");
        assertThat(done).isEmpty();
    }

    @Test
    void shouldRefuseWrongCredentials() throws Exception {
        start("http.token", TOKEN);

        assertThat(send(action("/act", "{\"what\":\"one\"}").setHeader("Authorization", "Bearer " + TOKEN + "x"))
                        .statusCode())
                .isEqualTo(401);
        assertThat(done).isEmpty();
    }

    /** Each of these headers, or its absence, shows that a page of another origin may have made the request. */
    @ParameterizedTest
    @CsvSource({
        "Sec-Fetch-Site, cross-site, 403",
        "Sec-Fetch-Site, same-site, 403",
        "Sec-Fetch-Site, none, 403",
        "Sec-Fetch-Site, same-origin, 200",
        "Origin, http://evil.example, 403",
        "Origin, null, 403",
        "Origin, SAME, 200",
        "X-Trueup-Action, 0, 403",
        "Content-Type, text/plain, 415",
        "Content-Type, application/x-www-form-urlencoded, 415",
        "Content-Type, application/json; charset=utf-8, 200"
    })
    void shouldRefuseWhatAPageOfAnotherOriginCanSend(String header, String value, int status) throws Exception {
        start("http.token", TOKEN);
        String sent = value.equals("SAME") ? server.address() : value;

        HttpResponse<String> answer = send(action("/act", "{\"what\":\"one\"}").setHeader(header, sent));

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        assertThat(done).hasSize(status == 200 ? 1 : 0);
    }

    @Test
    void shouldRefuseAnActionWithoutItsHeaders() throws Exception {
        start("http.token", TOKEN);
        HttpRequest.Builder bare = HttpRequest.newBuilder(URI.create(server.address() + "/act"))
                .header("Authorization", "Bearer " + TOKEN)
                .POST(BodyPublishers.ofString("{\"what\":\"one\"}"));

        assertThat(send(bare).body()).contains(ActionCheck.ACTION_HEADER);
        assertThat(send(bare.header(ActionCheck.ACTION_HEADER, "1")).body()).contains("application/json");
        assertThat(done).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}                                | what is missing",
                "{\"what\":7}                      | what is no text",
                "{\"what\":null}                   | what is no text",
                "{\"what\":\"a\",\"wat\":1}        | there is no field 'wat'",
                "{\"what\":\"a\",\"count\":0}      | count=0 is not a whole number from 1 to 9",
                "{\"what\":\"a\",\"count\":1.5}    | count=1.5",
                "{\"what\":\"a\",\"count\":99999999999999999999} | count=",
                "{\"what\":\"a\",\"count\":\"1\"}  | count=",
                "{\"what\":\"a\",\"list\":[]}      | list is no list",
                "{\"what\":\"a\",\"list\":[1,10]}  | list=10",
                "{\"what\":\"a\",\"of\":\"c\"}     | of='c' is none of a, b",
                "{\"what\":\"a\",\"what\":\"b\"}   | no",
                "{\"what\":\"a\"} {}               | not one JSON object",
                "[]                                | not one JSON object",
                "{\"what\":                        | not one JSON object",
                "''                                | not one JSON object"
            })
    void shouldNameWhatIsWrongWithABody(String body, String named) throws Exception {
        start("http.token", TOKEN);

        HttpResponse<String> answer = send(action("/act", body));

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
        assertThat(answer.body()).contains(named);
        assertThat(done).isEmpty();
    }

    @Test
    void shouldRefuseADeeplyNestedBody() throws Exception {
        start("http.token", TOKEN);

        assertThat(send(action("/act", "{\"what\":" + "[".repeat(20_000) + "]".repeat(20_000) + "}"))
                        .statusCode())
                .isEqualTo(400);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldRefuseALargeBody(boolean chunked) throws Exception {
        start("http.token", TOKEN);
        byte[] body = ("{\"what\":\"" + "a".repeat(HttpServer.MAX_BODY_BYTES) + "\"}").getBytes(StandardCharsets.UTF_8);
        HttpRequest.Builder request = action("/act", "")
                .POST(
                        chunked
                                ? BodyPublishers.fromPublisher(BodyPublishers.ofByteArray(body))
                                : BodyPublishers.ofByteArray(body));

        assertThat(send(request).statusCode()).isEqualTo(413);
        assertThat(done).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"Content-Length: 100", "Transfer-Encoding: chunked"})
    void shouldSayThatABodyHasNotComeWhole(String length) throws Exception {
        start(500, "http.token", TOKEN);
        try (Socket socket = new Socket("127.0.0.1", server.port())) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream()
                    .write(("POST /act HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                                    + ActionCheck.ACTION_HEADER + ": 1\r\nAuthorization: Bearer " + TOKEN + "\r\n"
                                    + length
                                    + "\r\n\r\n" + (length.contains("chunked") ? "5\r\n" : "") + "{\"wha")
                            .getBytes(StandardCharsets.US_ASCII));

            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

            assertThat(answer).startsWith("HTTP/1.1 408 ").contains("has not come whole");
        }
        assertThat(done).isEmpty();
    }

    @Test
    void shouldAnswerPostAloneUnderTheSamePath() throws Exception {
        start("http.token", TOKEN);

        HttpResponse<String> get = send(action("/act", "").GET());
        HttpResponse<String> post = send(action("/health", "{}"));

        assertThat(get.statusCode()).isEqualTo(405);
        assertThat(get.headers().firstValue("allow")).hasValue("POST");
        assertThat(post.statusCode()).isEqualTo(405);
    }

    /** Actions that wait for brokers must not keep the health of the process from being answered. */
    @Test
    void shouldBoundTheActionsThatWaitAndAnswerTheRest() throws Exception {
        start("http.token", TOKEN);
        int possible = WaitingThreads.THREADS + WaitingThreads.QUEUED;
        List<CompletableFuture<HttpResponse<String>>> waiting = new ArrayList<>();
        for (int i = 0; i < possible; i++) {
            waiting.add(client.sendAsync(action("/wait", "{}").build(), BodyHandlers.ofString()));
            int sent = Math.min(i + 1, WaitingThreads.THREADS);
            await().until(() -> done.size() >= sent);
        }

        await().until(() -> send(action("/wait", "{}")).statusCode() == 503);
        assertThat(send(action("/health", "").GET()).statusCode()).isEqualTo(200);

        released.countDown();
        for (CompletableFuture<HttpResponse<String>> answer : waiting) {
            assertThat(answer.get().statusCode()).isEqualTo(200);
        }
    }
}
