package io.trueup.ops.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.trueup.config.http.HttpSettings;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class HttpServerTest {

    private static final String TOKEN = "a-token-of-more-than-16-bytes";
    private static final String PASSWORD = "a-password-of-16-bytes";

    @TempDir
    Path directory;

    private final HttpClient client = HttpClient.newHttpClient();
    private HttpServer server;

    @AfterEach
    void close() {
        if (server != null) {
            server.close();
        }
    }

    private void start(String... settings) {
        server = server(settings);
        server.start();
    }

    private static HttpServer server(String... settings) {
        Map<String, String> all = new TreeMap<>(Map.of("http.listen", "127.0.0.1:0"));
        for (int i = 0; i < settings.length; i += 2) {
            all.put(settings[i], settings[i + 1]);
        }
        List<String> problems = new ArrayList<>();
        HttpSettings parsed =
                HttpSettings.checked(all, key -> all.getOrDefault(key, ""), (key, problem) -> problems.add(problem));
        assertThat(problems).isEmpty();
        return new HttpServer(
                parsed,
                List.of(
                        Route.open("/health", query -> json("up")),
                        Route.guarded("/", query -> json("page")),
                        Route.guarded(
                                "/number",
                                query -> json(
                                        Integer.toString(query.allow("limit").number("limit", 10, 1, 100)))),
                        Route.guarded("/broken", query -> {
                            throw new IllegalStateException("a secret of the process");
                        })));
    }

    private static Answer json(String text) {
        return Answer.json(200, JsonNodeFactory.instance.objectNode().put("is", text));
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(server.address() + path));
    }

    private HttpResponse<String> get(String path, String... headers) throws Exception {
        HttpRequest.Builder request = request(path);
        return client.send((headers.length == 0 ? request : request.headers(headers)).build(), BodyHandlers.ofString());
    }

    /** Sends bytes, and returns all that is answered before the server ends the connection. */
    private String raw(String request) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", server.port())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            socket.shutdownOutput();
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    private static JsonNode json(HttpResponse<String> response) throws IOException {
        return JsonMapper.builder().build().readTree(response.body());
    }

    @Test
    void shouldAnswerWithHeadersForBrowsersAndWithoutItsName() throws Exception {
        start();

        HttpResponse<String> answer = get("/number?limit=7");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo("{\"is\":\"7\"}");
        assertThat(answer.headers().map())
                .containsEntry("content-type", List.of("application/json"))
                .containsEntry("x-content-type-options", List.of("nosniff"))
                .containsEntry("cache-control", List.of("no-store"))
                .doesNotContainKeys("server", "x-powered-by");
        assertThat(answer.headers().firstValue("content-security-policy").orElseThrow())
                .startsWith("default-src 'self'");
    }

    /** What a page of another origin asks for would take up threads; a link to the page works. */
    @ParameterizedTest
    @CsvSource({
        "/number, cross-site, cors, empty, 403",
        "/number, same-site, no-cors, image, 403",
        "/number, cross-site, navigate, document, 403",
        "/none, cross-site, no-cors, script, 403",
        "/, cross-site, navigate, iframe, 403",
        "/, cross-site, no-cors, image, 403",
        "/, cross-site, navigate, document, 200",
        "/, same-site, navigate, document, 200",
        "/number, same-origin, cors, empty, 200",
        "/number, none, navigate, document, 200",
        "/health, cross-site, no-cors, image, 200"
    })
    void shouldRefuseWhatAPageOfAnotherOriginAsksFor(
            String path, String site, String mode, String destination, int status) throws Exception {
        start();

        String answer = raw("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nSec-Fetch-Site: "
                + site + "\r\nSec-Fetch-Mode: " + mode + "\r\nSec-Fetch-Dest: " + destination + "\r\n\r\n");

        assertThat(answer).startsWith("HTTP/1.1 " + status + " ");
        if (status == 403) {
            assertThat(answer).contains("a page of another origin has sent the request");
        }
    }

    @Test
    void shouldAnswerHeadWithoutABody() throws Exception {
        start();

        HttpResponse<String> answer = client.send(
                request("/health")
                        .method("HEAD", HttpRequest.BodyPublishers.noBody())
                        .build(),
                BodyHandlers.ofString());

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEmpty();
        assertThat(answer.headers().firstValue("content-length")).hasValue("11");
    }

    @Test
    void shouldSayWhatIsWrongWithARequestAsAProblem() throws Exception {
        start();

        for (Map.Entry<HttpResponse<String>, Integer> answer : Map.of(
                        get("/nowhere"), 404,
                        get("/number?limit=101"), 400,
                        get("/number?limit=x"), 400,
                        get("/number?limit=1&limit=2"), 400,
                        get("/number?limits=1"), 400,
                        get("/broken"), 500,
                        client.send(
                                        request("/number")
                                                .POST(HttpRequest.BodyPublishers.ofString("x"))
                                                .build(),
                                        BodyHandlers.ofString()),
                                405,
                        client.send(
                                        request("/health")
                                                .method("TRACE", HttpRequest.BodyPublishers.noBody())
                                                .build(),
                                        BodyHandlers.ofString()),
                                405)
                .entrySet()) {
            assertThat(answer.getKey().statusCode()).isEqualTo(answer.getValue());
            assertThat(answer.getKey().headers().firstValue("content-type")).hasValue("application/problem+json");
            assertThat(answer.getKey().headers().firstValue("x-content-type-options"))
                    .hasValue("nosniff");
            assertThat(json(answer.getKey()).get("status").asInt()).isEqualTo(answer.getValue());
            assertThat(json(answer.getKey()).get("detail").asText()).isNotBlank();
            assertThat(answer.getKey().body()).doesNotContain("secret of the process", "Exception", "jetty");
        }
    }

    @Test
    void shouldNameTheMethodsThatItAnswers() throws Exception {
        start();

        HttpResponse<String> answer = client.send(request("/health").DELETE().build(), BodyHandlers.ofString());

        assertThat(answer.headers().firstValue("allow")).hasValue("GET, HEAD");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Bearer",
                "Bearer ",
                "Bearer a-token-of-more-than-16-byte",
                "Basic a-token-of-more-than-16-bytes"
            })
    void shouldRefuseRequestsWithoutTheTokenExceptThoseOfProbes(String authorization) throws Exception {
        start("http.token", TOKEN);
        String[] headers = authorization.isEmpty() ? new String[0] : new String[] {"Authorization", authorization};

        HttpResponse<String> refused = get("/number", headers);

        assertThat(refused.statusCode()).isEqualTo(401);
        assertThat(refused.headers().firstValue("www-authenticate")).hasValue("Bearer realm=\"trueup\"");
        assertThat(get("/nowhere", headers).statusCode()).isEqualTo(401);
        assertThat(get("/health", headers).statusCode()).isEqualTo(200);
    }

    @Test
    void shouldTakeTheTokenOrUserAndPassword() throws Exception {
        start("http.token", TOKEN, "http.user", "ops", "http.password", PASSWORD);
        String pair = Base64.getEncoder().encodeToString(("ops:" + PASSWORD).getBytes(StandardCharsets.UTF_8));
        String wrong = Base64.getEncoder().encodeToString(("root:" + PASSWORD).getBytes(StandardCharsets.UTF_8));

        assertThat(get("/number", "Authorization", "bearer " + TOKEN).statusCode())
                .isEqualTo(200);
        assertThat(get("/number", "Authorization", "Basic " + pair).statusCode())
                .isEqualTo(200);
        assertThat(get("/number", "Authorization", "Basic " + wrong).statusCode())
                .isEqualTo(401);
        assertThat(get("/number").headers().allValues("www-authenticate")).hasSize(2);
    }

    /** As Prometheus asks, by the address of a pod. A page cannot know the token. */
    @Test
    void shouldAnswerTheTokenUnderAnyHostName() throws Exception {
        start("http.hosts", "trueup.example.com", "http.token", TOKEN);
        String request = "GET /number HTTP/1.1\r\nHost: 10.1.2.3:8080\r\nConnection: close\r\nAuthorization: ";

        assertThat(raw(request + "Bearer " + TOKEN + "\r\n\r\n")).startsWith("HTTP/1.1 200");
        assertThat(raw(request + "Bearer another-token-of-16-bytes\r\n\r\n")).startsWith("HTTP/1.1 421");
        server.close();
        start("http.hosts", "trueup.example.com");
        assertThat(raw(request + "Bearer " + TOKEN + "\r\n\r\n"))
                .as("any page can send a token where none is configured")
                .startsWith("HTTP/1.1 421");
    }

    @Test
    void shouldRefuseTheHostNamesOfOtherSites() throws Exception {
        start("http.hosts", "Trueup.example.com");

        assertThat(raw("GET /number HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 421");
        assertThat(raw("GET http://evil.example/number HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 421");
        assertThat(raw("GET /health HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 200");
        assertThat(raw("GET /number HTTP/1.1\r\nHost: trueup.example.COM:99\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 200");
        assertThat(raw("GET /number HTTP/1.1\r\nHost: [::1]:99\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 200");
    }

    @Test
    void shouldNameThePortThatIsInUse() {
        start();

        try (HttpServer second = server("http.listen", "127.0.0.1:" + server.port())) {
            assertThatThrownBy(second::start)
                    .isInstanceOf(HttpStartException.class)
                    .hasMessageStartingWith("http.listen=127.0.0.1:" + server.port())
                    .hasMessageContaining("the port is used by another process");
        }
    }

    @ParameterizedTest
    @MethodSource("oversized")
    void shouldRefuseLargeRequestsWithoutReadingThem(String request, String status) throws Exception {
        start();

        assertThat(raw(request)).startsWith("HTTP/1.1 " + status).contains("application/problem+json");
    }

    static Stream<Arguments> oversized() {
        String host = " HTTP/1.1\r\nHost: localhost\r\n";
        return Stream.of(
                Arguments.of("GET /" + "a".repeat(9_000) + host + "\r\n", "414"),
                Arguments.of("GET /health" + host + "X: " + "a".repeat(9_000) + "\r\n\r\n", "431"),
                Arguments.of("POST /health" + host + "Content-Length: 1000000\r\n\r\n", "413"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"pkcs12", "pem", "encrypted pem"})
    void shouldAnswerByHttps(String kind) throws Exception {
        Path store = TestCertificate.keystore(directory, PASSWORD);
        if (kind.equals("pkcs12")) {
            start("http.tls.keystore", store.toString(), "http.tls.password", PASSWORD);
        } else {
            boolean encrypted = kind.startsWith("encrypted");
            start(
                    "http.tls.certificate",
                    TestCertificate.pem(store, PASSWORD, directory).toString(),
                    "http.tls.key",
                    TestCertificate.key(store, PASSWORD, directory, encrypted).toString(),
                    "http.tls.password",
                    encrypted ? PASSWORD : "");
        }
        SSLContext trusting = SSLContext.getInstance("TLS");
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(TestCertificate.trusted(store, PASSWORD));
        trusting.init(null, trust.getTrustManagers(), null);

        HttpResponse<String> answer = HttpClient.newBuilder()
                .sslContext(trusting)
                .build()
                .send(request("/number").build(), BodyHandlers.ofString());

        assertThat(server.address()).startsWith("https://");
        assertThat(answer.statusCode()).isEqualTo(200);
    }

    @Test
    void shouldNameTheFilesOfACertificateThatCannotBeRead() throws Exception {
        Path certificate = Files.writeString(directory.resolve("tls.crt"), "no certificate");
        Path key = Files.writeString(directory.resolve("tls.key"), "-----BEGIN RSA PRIVATE KEY-----\n");

        assertThatThrownBy(() -> server("http.tls.certificate", certificate.toString(), "http.tls.key", key.toString()))
                .isInstanceOf(HttpStartException.class)
                .hasMessageContaining(certificate.toString());
    }
}
