package io.trueup.ops.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.trueup.config.http.HttpSettings;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EventStreamsTest {

    private static final int TIMEOUT_MS = 20_000;

    private final EventStreams events = new EventStreams();
    private final List<Socket> sockets = new ArrayList<>();
    private HttpServer server;

    @BeforeEach
    void start() {
        Map<String, String> settings = new TreeMap<>(Map.of("http.listen", "127.0.0.1:0"));
        HttpSettings parsed = HttpSettings.checked(settings, key -> "", (key, problem) -> {
            throw new AssertionError(problem);
        });
        server = new HttpServer(parsed, List.of(Route.events("/events", events)));
        server.start();
    }

    @AfterEach
    void close() throws IOException {
        events.close();
        server.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket("127.0.0.1", server.port());
        sockets.add(socket);
        socket.setSoTimeout(TIMEOUT_MS);
        socket.getOutputStream()
                .write("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    private static BufferedReader reader(Socket socket) throws IOException {
        return new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
    }

    private static ObjectNode data(String text) {
        return JsonNodeFactory.instance.objectNode().put("is", text);
    }

    private static void awaitLine(BufferedReader reader, String line) throws IOException {
        for (String read = reader.readLine(); read != null; read = reader.readLine()) {
            if (read.equals(line)) {
                return;
            }
        }
        throw new AssertionError("the connection ended before: " + line);
    }

    @Test
    void shouldSendWhatHappensToAllWhoAreConnected() throws Exception {
        BufferedReader one = reader(connect());
        BufferedReader other = reader(connect());
        await().until(() -> events.clients() == 2);

        events.publish("round", data("a line\nand another"));
        events.publish("state", data("next"));

        for (BufferedReader reader : List.of(one, other)) {
            assertThat(reader.readLine()).isEqualTo("HTTP/1.1 200 OK");
            awaitLine(reader, "event: round");
            assertThat(reader.readLine()).isEqualTo("data: {\"is\":\"a line\\nand another\"}");
            awaitLine(reader, "event: state");
        }
    }

    @Test
    void shouldRefuseMoreClientsThanThereMayBe() throws Exception {
        for (int i = 0; i < EventStreams.MAX_CLIENTS; i++) {
            connect();
        }
        await().until(() -> events.clients() == EventStreams.MAX_CLIENTS);

        assertThat(reader(connect()).readLine()).startsWith("HTTP/1.1 503");

        sockets.get(0).close();
        await().until(() -> {
            events.publish("round", data("still there?"));
            return events.clients() < EventStreams.MAX_CLIENTS;
        });
        assertThat(reader(connect()).readLine()).isEqualTo("HTTP/1.1 200 OK");
    }

    @Test
    void shouldDropAClientThatDoesNotReadAndServeTheOthers() throws Exception {
        connect();
        BufferedReader reading = reader(connect());
        await().until(() -> events.clients() == 2);
        String large = "x".repeat(EventStreams.MAX_WAITING_BYTES / 2);

        Thread reader = new Thread(() -> {
            try {
                awaitLine(reading, "event: last");
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        reader.start();
        await().pollInterval(Duration.ofMillis(20)).until(() -> {
            events.publish("round", data(large));
            return events.clients() == 1;
        });
        events.publish("last", data(""));

        reader.join(TIMEOUT_MS);
        assertThat(reader.isAlive())
                .as("the other client has read the last event")
                .isFalse();
    }

    @Test
    void shouldForgetClientsOnceItIsClosed() throws Exception {
        connect();
        await().until(() -> events.clients() == 1);

        events.close();

        await().until(() -> events.clients() == 0);
    }
}
