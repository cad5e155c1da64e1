package io.trueup.registry;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.avro.Schema;

/**
 * A real schema registry in a process of its own: Apicurio's, which has Confluent's REST API. It keeps its schemas over
 * {@link #stop} and {@link #restart}, and ends with this JVM, however that ends.
 */
public final class RegistryServer implements AutoCloseable {

    private static final Duration READY_TIMEOUT = Duration.ofSeconds(90);
    private static final String API = "/apis/ccompat/v7";

    private final Path directory;
    private final int port;
    private final HttpClient http = HttpClient.newHttpClient();
    private Process process;

    private RegistryServer(Path directory, int port) {
        this.directory = directory;
        this.port = port;
    }

    /** Starts a registry without schemas, and waits until it answers. */
    public static RegistryServer start() {
        try {
            RegistryServer server = new RegistryServer(Files.createTempDirectory("registry-"), freePort());
            server.restart();
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return free.getLocalPort();
        }
    }

    /** The address for clients. It stays the same. */
    public String url() {
        return "http://127.0.0.1:" + port + API;
    }

    /** Starts the registry again unless it runs, with the same schemas, and waits until it answers. */
    public void restart() {
        if (process == null || !process.isAlive()) {
            launch();
        }
        long untilNanos = System.nanoTime() + READY_TIMEOUT.toNanos();
        while (!answers()) {
            if (!process.isAlive() || System.nanoTime() - untilNanos > 0) {
                close();
                throw new IllegalStateException("the schema registry does not answer; its log is " + log());
            }
            pause();
        }
    }

    /** Starts the registry again after {@link #stop}, without waiting. */
    public void launch() {
        Path jar = jar();
        // The shell ends the server when this JVM, or stop(), closes its input.
        ProcessBuilder builder = new ProcessBuilder(
                "sh",
                "-c",
                "\"$0\" \"$@\" </dev/null & server=$!; cat >/dev/null; kill $server; wait $server",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-jar",
                jar.toString());
        builder.environment().put("QUARKUS_HTTP_HOST", "127.0.0.1");
        builder.environment().put("QUARKUS_HTTP_PORT", Integer.toString(port));
        builder.environment().put("REGISTRY_DATASOURCE_URL", "jdbc:h2:file:" + directory.resolve("schemas"));
        builder.directory(jar.getParent().toFile()).redirectErrorStream(true);
        builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()));
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Stops the registry: connections are refused. */
    public void stop() {
        try {
            process.getOutputStream().close();
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                throw new IllegalStateException("the schema registry does not end; its log is " + log());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Registers a schema under a subject, as a person with an HTTP client would. Returns its id. */
    public int register(String subject, Schema schema) {
        String quoted = schema.toString().replace("\\", "\\\\").replace("\"", "\\\"");
        String answer = request("POST", "/subjects/" + subject + "/versions", "{\"schema\":\"" + quoted + "\"}");
        return Integer.parseInt(answer.replaceAll("\\D", ""));
    }

    /** Registers a schema that refers to a name in version 1 of another subject. Returns its id. */
    public int registerReferring(String subject, String schema, String name, String otherSubject) {
        String body = "{\"schema\":\"" + schema.replace("\"", "\\\"") + "\",\"references\":[{\"name\":\"" + name
                + "\",\"subject\":\"" + otherSubject + "\",\"version\":1}]}";
        return Integer.parseInt(
                request("POST", "/subjects/" + subject + "/versions", body).replaceAll("\\D", ""));
    }

    /** From now on a new schema of the subject must be able to read records of the ones before it. */
    public void requireCompatibility(String subject) {
        request("PUT", "/config/" + subject, "{\"compatibility\":\"BACKWARD\"}");
    }

    /** The subjects, as JSON. */
    public String subjects() {
        return request("GET", "/subjects", "");
    }

    private String request(String method, String path, String body) {
        try {
            HttpResponse<String> response = send(method, path, body);
            if (response.statusCode() != 200) {
                throw new IllegalStateException(method + " " + path + ": " + response.body());
            }
            return response.body();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private HttpResponse<String> send(String method, String path, String body) throws IOException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url() + path))
                .header("Content-Type", "application/vnd.schemaregistry.v1+json")
                .timeout(Duration.ofSeconds(10))
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
                .build();
        try {
            return http.send(request, BodyHandlers.ofString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private boolean answers() {
        try {
            return send("GET", "/subjects", "").statusCode() == 200;
        } catch (IOException e) {
            return false;
        }
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(50);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Path log() {
        return directory.resolve("registry.log");
    }

    /** The server, which Maven unpacks before the integration tests of this module. */
    private static Path jar() {
        Path folder = Path.of("").toAbsolutePath();
        while (folder != null && !Files.isDirectory(folder.resolve("topology/registry"))) {
            folder = folder.getParent();
        }
        Path unpacked = folder == null ? null : folder.resolve("topology/registry/target/registry-server");
        if (unpacked == null || !Files.isDirectory(unpacked)) {
            throw new IllegalStateException("there is no " + unpacked
                    + ": `mvn -pl topology/registry pre-integration-test` unpacks the server");
        }
        try (Stream<Path> files = Files.list(unpacked)) {
            return files.filter(file -> file.toString().endsWith("-runner.jar"))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("no *-runner.jar in " + unpacked));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        stop();
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(file -> file.delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
