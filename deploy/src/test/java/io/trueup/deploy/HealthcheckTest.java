package io.trueup.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;

/** The script that a container engine calls. */
class HealthcheckTest {

    private record Ended(int code, String output) {}

    @Test
    void shouldEndWithZeroOnlyIfTheProcessSaysThatItIsAlive() throws Exception {
        assertThat(check(serve(200, "{\"alive\": true}"))).isEqualTo(new Ended(0, "{\"alive\": true}"));

        assertThat(check(serve(503, "{\"alive\": false}"))).satisfies(ended -> {
            assertThat(ended.code()).isEqualTo(1);
            assertThat(ended.output()).contains("{\"alive\": false}", "503");
        });
        assertThat(check(serve(404, "no such page")).code()).isEqualTo(1);
    }

    @Test
    void shouldFailWhereNothingListensOrNothingAnswers() throws Exception {
        int port;
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = silent.getLocalPort();
            assertThat(check(Integer.toString(port)))
                    .isEqualTo(new Ended(1, "no answer on port " + port + " within 5 s"));
        }
        assertThat(check(Integer.toString(port))).isEqualTo(new Ended(1, "nothing listens on port " + port));
    }

    @Test
    void shouldCheckNothingWhereNoPortIsNamed() throws Exception {
        assertThat(check("")).isEqualTo(new Ended(0, "not checked: TRUEUP_HEALTH_PORT is not set"));
    }

    private static String serve(int status, String body) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/health/live", exchange -> {
            byte[] bytes = body.getBytes(UTF_8);
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
        server.start();
        return Integer.toString(server.getAddress().getPort());
    }

    private static Ended check(String port) throws Exception {
        ProcessBuilder script = new ProcessBuilder(
                Repository.ROOT.resolve("deploy/src/bin/healthcheck").toString());
        script.environment().put("TRUEUP_HEALTH_PORT", port);
        Process process = script.redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
        return new Ended(process.waitFor(), output);
    }
}
