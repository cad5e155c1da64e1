package io.trueup.ops.action;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.config.TrueupConfig;
import io.trueup.ops.http.HttpServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Nothing listens where the brokers should be. */
class UnreachableBrokersTest {

    private static final String TOKEN = "a-token-of-more-than-16-bytes";

    private final TrueupConfig config = TrueupConfig.of(Map.of(
            "bootstrap.servers", "localhost:1",
            "dataset", "products",
            "replicas", "eu,us",
            "hash.secret", "0123456789abcdef0123456789abcdef",
            "http.listen", "127.0.0.1:0",
            "http.token", TOKEN));

    @Test
    void shouldSayThatTheBrokersDoNotAnswer() throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        try (HttpServer server = new HttpServer(config.http(), new Actions(() -> config).routes())) {
            server.start();
            List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
            for (String body : List.of(
                    "pause {\"replica\":\"us\"}",
                    "approve {\"replica\":\"us\"}",
                    "choose {\"key\":\"a\",\"replica\":\"us\",\"revision\":\"0\"}",
                    "probe {\"key\":\"a\"}")) {
                String action = body.substring(0, body.indexOf(' '));
                answers.add(client.sendAsync(
                        request(server, "/api/v1/actions/" + action)
                                .header("Content-Type", "application/json")
                                .header("X-Trueup-Action", "1")
                                .POST(BodyPublishers.ofString(body.substring(action.length())))
                                .build(),
                        BodyHandlers.ofString()));
            }
            answers.add(client.sendAsync(request(server, "/api/v1/conflicts").build(), BodyHandlers.ofString()));

            for (CompletableFuture<HttpResponse<String>> answer : answers) {
                assertThat(answer.get().statusCode())
                        .as(answer.get().uri() + ": " + answer.get().body())
                        .isEqualTo(503);
                assertThat(answer.get().body()).contains("localhost:1", "Check bootstrap.servers");
            }
        }
    }

    private static HttpRequest.Builder request(HttpServer server, String path) {
        return HttpRequest.newBuilder(URI.create(server.address() + path)).header("Authorization", "Bearer " + TOKEN);
    }
}
