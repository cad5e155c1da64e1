package io.trueup.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.trueup.confluent.ConfluentClient;
import io.trueup.confluent.RequestRefusedException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Confluent's client with a registry of two addresses. */
class AddressesTest {

    private static final String FOUND = "{\"schema\":\"\\\"long\\\"\"}";

    private HttpServer first;
    private HttpServer second;
    private ConfluentClient client;

    @BeforeEach
    void start() throws IOException {
        first = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        second = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        first.start();
        second.start();
        client = new ConfluentClient(List.of(url(first), url(second)), Map.of());
    }

    @AfterEach
    void stop() {
        client.close();
        first.stop(0);
        second.stop(0);
    }

    @Test
    void shouldAskTheSecondWhereTheFirstAnswersWithAnErrorOfItsOwn() throws Exception {
        for (String error : List.of(
                "500 {\"error_code\":50001,\"message\":\"broken\"}",
                "503 unavailable",
                "401 {\"error_code\":401,\"message\":\"Unauthorized\"}",
                "404 no such page")) {
            first = restarted(first, error);
            second = restarted(second, "200 " + FOUND);
            client.close();
            client = new ConfluentClient(List.of(url(first), url(second)), Map.of());

            assertThat(client.schema(7).text()).as(error).isEqualTo("\"long\"");
        }
    }

    /** A server that has not read the newest schemas yet must not be asked again, as long as there is another one. */
    @Test
    void shouldAskTheOtherOneNextTimeWhereASchemaIsMissing() throws Exception {
        first = restarted(first, "404 {\"error_code\":40403,\"message\":\"Schema not found\"}");
        second = restarted(second, "200 " + FOUND);
        client.close();
        client = new ConfluentClient(List.of(url(first), url(second)), Map.of());

        assertThatThrownBy(() -> client.schema(7)).isInstanceOf(RequestRefusedException.class);
        assertThat(client.schema(7).text()).isEqualTo("\"long\"");
    }

    private static HttpServer restarted(HttpServer server, String answer) throws IOException {
        server.stop(0);
        HttpServer next = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        byte[] body = answer.substring(4).getBytes(StandardCharsets.UTF_8);
        next.createContext("/", exchange -> {
            exchange.getResponseHeaders().set("Content-Type", "application/vnd.schemaregistry.v1+json");
            exchange.sendResponseHeaders(Integer.parseInt(answer.substring(0, 3)), body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        next.start();
        return next;
    }

    private static String url(HttpServer server) {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }
}
