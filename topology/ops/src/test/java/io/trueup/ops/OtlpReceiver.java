package io.trueup.ops;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** Receives metrics by OTLP. Names are found in the bytes of a report as they are. */
final class OtlpReceiver implements AutoCloseable {

    private final HttpServer server;
    private volatile String latest = "";
    private volatile String headers = "";
    private volatile int answer = 200;

    OtlpReceiver() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        server.createContext("/v1/metrics", exchange -> {
            headers = exchange.getRequestHeaders().entrySet().toString();
            String body = new String(exchange.getRequestBody().readAllBytes(), ISO_8859_1);
            int status = answer;
            if (status == 200) {
                latest = body;
            }
            exchange.sendResponseHeaders(status, -1);
            exchange.close();
        });
        server.start();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/v1/metrics";
    }

    /** The last report that was accepted. */
    String latest() {
        return latest;
    }

    String headers() {
        return headers;
    }

    void answers(int status) {
        answer = status;
        latest = "";
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
