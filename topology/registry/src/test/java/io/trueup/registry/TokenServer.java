package io.trueup.registry;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Gives tokens to clients that name an id and a secret, by the client credentials grant of OAuth 2 (RFC 6749, section 4.4). */
final class TokenServer implements AutoCloseable {

    private final HttpServer server;
    private final String authorization;
    private final String token;
    private final Queue<String> requests = new ConcurrentLinkedQueue<>();

    TokenServer(String client, String secret) throws IOException {
        authorization = "Basic " + GuardedRegistry.base64(client + ":" + secret);
        long nowSeconds = Instant.now().getEpochSecond();
        token = part("{\"alg\":\"none\"}") + "."
                + part("{\"sub\":\"" + client + "\",\"scope\":\"schemas\",\"iat\":" + nowSeconds + ",\"exp\":"
                        + (nowSeconds + 3_600) + "}")
                + "." + part("signature");
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/token", this::handle);
        server.start();
    }

    private static String part(String text) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/token";
    }

    /** The token that it gives. */
    String token() {
        return token;
    }

    /** The bodies of the requests that were granted. */
    Queue<String> requests() {
        return requests;
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            boolean granted = authorization.equals(exchange.getRequestHeaders().getFirst("Authorization"));
            if (granted) {
                requests.add(body);
            }
            byte[] answer = (granted
                            ? "{\"access_token\":\"" + token + "\",\"token_type\":\"Bearer\",\"expires_in\":3600}"
                            : "{\"error\":\"invalid_client\"}")
                    .getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(granted ? 200 : 401, answer.length);
            exchange.getResponseBody().write(answer);
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
