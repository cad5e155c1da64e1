package io.trueup.broker;

import java.io.File;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.Uuid;

/**
 * A real Kafka broker in its own process, on the loopback interface, for the demo, benchmarks and tests. It is one node, both
 * broker and controller, and it does not create topics automatically.
 *
 * <p>The process ends with {@link #close}, when this JVM exits, and when this JVM is killed. The class path of the broker is
 * that of this JVM if it contains Kafka's server, otherwise {@code lib/broker/*} below the directory that the system property
 * {@code trueup.home} names.
 *
 * <p>Thread-safe.
 */
public final class EmbeddedBroker implements AutoCloseable {

    private static final Duration READY_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(10);
    private static final int MAX_START_ATTEMPTS = 3;

    /** The range is below the ephemeral ports of common systems, so that the port is still free after a restart. */
    private static final int MIN_PORT = 20_000;

    private static final int MAX_PORT = 32_000;
    private static final int MAX_LOG_LINES = 40;

    private final Path directory;
    private final Path orphanedDirectory;
    private final UnaryOperator<String> configuration;
    private final String clusterId;
    private final boolean hadData;
    private final Thread shutdownHook = new Thread(this::abandon, "broker-shutdown");
    private int port;
    private volatile Process process;

    private EmbeddedBroker(Path directory, Path orphanedDirectory, UnaryOperator<String> configuration) {
        this.configuration = configuration;
        this.directory = directory;
        this.orphanedDirectory = orphanedDirectory;
        hadData = Files.exists(storage());
        clusterId = hadData ? storedClusterId() : Uuid.randomUuid().toString();
    }

    /**
     * Starts a broker in a new temporary directory and waits until it answers.
     *
     * @param settings further settings of the broker, such as {@code allow.everyone.if.no.acl.found=true}
     * @throws IllegalStateException if the broker does not answer; the message contains the end of its log
     */
    public static EmbeddedBroker start(String... settings) {
        return start(adding(settings));
    }

    /**
     * Starts a broker in a new temporary directory and waits until it answers.
     *
     * @param configuration changes the content of {@code server.properties}
     */
    static EmbeddedBroker start(UnaryOperator<String> configuration) {
        try {
            Path directory = Files.createTempDirectory("trueup-broker-");
            return start(directory, directory, configuration);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot create a temporary directory for the broker", e);
        }
    }

    /**
     * Starts a broker in the given directory and waits until it answers. If it has the data of an earlier broker, that goes on.
     *
     * @param directory directory of data and log; created if needed, removed by {@link #close}
     * @param orphanedDirectory directory that the broker removes when this JVM is killed: {@code directory} or one above it
     * @param settings further settings of the broker
     * @throws IllegalStateException if the broker does not answer; the message contains the end of its log
     */
    public static EmbeddedBroker start(Path directory, Path orphanedDirectory, String... settings) {
        return start(directory, orphanedDirectory, adding(settings));
    }

    private static UnaryOperator<String> adding(String... settings) {
        return properties -> properties + String.join("\n", settings) + "\n";
    }

    private static EmbeddedBroker start(Path directory, Path orphanedDirectory, UnaryOperator<String> configuration) {
        EmbeddedBroker broker = new EmbeddedBroker(directory, orphanedDirectory, configuration);
        Runtime.getRuntime().addShutdownHook(broker.shutdownHook);
        try {
            broker.startOnFreePort();
        } catch (RuntimeException e) {
            broker.close();
            throw e;
        }
        return broker;
    }

    /** {@code host:port} for clients. A {@link #restart} does not change it. */
    public synchronized String bootstrapServers() {
        return "127.0.0.1:" + port;
    }

    /** Directory of data and log. */
    public Path directory() {
        return directory;
    }

    /** Process id of the broker. */
    public synchronized long pid() {
        return process.pid();
    }

    /** Whether the process runs. */
    public synchronized boolean isAlive() {
        return process != null && process.isAlive();
    }

    /** Kills the process as {@code kill -9} does, and waits for its end. The data is kept. */
    public synchronized void kill() {
        process.destroyForcibly();
        awaitEnd();
    }

    /**
     * Restarts the broker with the same data and port, after a {@link #kill} or while it runs, and waits until it answers.
     *
     * @throws IllegalStateException if the broker does not answer; the message contains the end of its log
     */
    public synchronized void restart() {
        stop();
        launch();
        awaitReady();
    }

    /** Stops the process and removes its directory. */
    @Override
    public synchronized void close() {
        stop();
        Directories.deleteQuietly(directory);
        try {
            Runtime.getRuntime().removeShutdownHook(shutdownHook);
        } catch (IllegalStateException e) {
            // this JVM is shutting down
        }
    }

    private synchronized void startOnFreePort() {
        for (int attempt = 1; ; attempt++) {
            port = freePort();
            writeConfiguration(freePort());
            launch();
            try {
                awaitReady();
                return;
            } catch (IllegalStateException e) {
                stop();
                boolean portTaken = e.getMessage().contains("Address already in use");
                if (!portTaken || attempt == MAX_START_ATTEMPTS) {
                    throw e;
                }
                if (!hadData) {
                    Directories.deleteQuietly(directory);
                }
            }
        }
    }

    private Path storage() {
        return directory.resolve("data").resolve("meta.properties");
    }

    private String storedClusterId() {
        Properties stored = new Properties();
        try (Reader reader = Files.newBufferedReader(storage())) {
            stored.load(reader);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + storage(), e);
        }
        return stored.getProperty("cluster.id");
    }

    private static int freePort() {
        while (true) {
            int candidate = ThreadLocalRandom.current().nextInt(MIN_PORT, MAX_PORT);
            try (ServerSocket socket = new ServerSocket()) {
                socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), candidate));
                return candidate;
            } catch (IOException e) {
                // port in use: try another one
            }
        }
    }

    private void writeConfiguration(int controllerPort) {
        try {
            Files.createDirectories(directory);
            Files.writeString(serverProperties(), configuration.apply(serverProperties(port, controllerPort)));
            Files.writeString(loggingProperties(), LOGGING);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write the broker's configuration to " + directory, e);
        }
    }

    private String serverProperties(int port, int controllerPort) {
        return String.join(
                "\n",
                "process.roles=broker,controller",
                "node.id=1",
                "controller.quorum.voters=1@127.0.0.1:" + controllerPort,
                "listeners=CLIENTS://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controllerPort,
                "advertised.listeners=CLIENTS://127.0.0.1:" + port,
                "listener.security.protocol.map=CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT",
                "inter.broker.listener.name=CLIENTS",
                "controller.listener.names=CONTROLLER",
                "log.dirs=" + directory.resolve("data").toString().replace("\\", "\\\\"),
                "auto.create.topics.enable=false",
                "offsets.topic.replication.factor=1",
                "offsets.topic.num.partitions=4",
                "transaction.state.log.replication.factor=1",
                "transaction.state.log.min.isr=1",
                "transaction.state.log.num.partitions=4",
                "share.coordinator.state.topic.replication.factor=1",
                "share.coordinator.state.topic.min.isr=1",
                "share.coordinator.state.topic.num.partitions=4",
                "group.initial.rebalance.delay.ms=0",
                "log.segment.bytes=67108864",
                "log.cleaner.backoff.ms=500",
                "");
    }

    private static final String LOGGING = String.join(
            "\n",
            "appender.out.type=Console",
            "appender.out.name=out",
            "appender.out.layout.type=PatternLayout",
            "appender.out.layout.pattern=%d{ISO8601} %p %c{1}: %m%n",
            "rootLogger.level=warn",
            "rootLogger.appenderRef.out.ref=out",
            "logger.server.name=kafka.server.KafkaRaftServer",
            "logger.server.level=info",
            "");

    private Path serverProperties() {
        return directory.resolve("server.properties");
    }

    private Path loggingProperties() {
        return directory.resolve("log4j2.properties");
    }

    private Path log() {
        return directory.resolve("broker.log");
    }

    private void launch() {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(
                "-Xms128m", "-Xmx768m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError"));
        command.addAll(List.of("-XX:-UsePerfData", "-Djava.io.tmpdir=" + directory));
        command.add("-Dlog4j2.configurationFile=" + loggingProperties());
        command.addAll(List.of("-cp", classPath(), BrokerProcess.class.getName()));
        command.addAll(List.of(clusterId, serverProperties().toString(), orphanedDirectory.toString()));
        try {
            process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start the broker's process: " + command.get(0), e);
        }
    }

    private static String classPath() {
        String own = System.getProperty("java.class.path");
        if (EmbeddedBroker.class.getClassLoader().getResource("kafka/Kafka.class") != null) {
            return own;
        }
        String home = System.getProperty("trueup.home");
        if (home == null) {
            throw new IllegalStateException(
                    "Kafka's server is not on the class path, and the system property trueup.home (the directory"
                            + " that contains lib/broker) is not set: start Trueup with its launcher");
        }
        Path libraries = Path.of(home, "lib", "broker");
        if (!Files.isDirectory(libraries)) {
            throw new IllegalStateException("there is no directory " + libraries
                    + " with Kafka's server: check the system property trueup.home");
        }
        return libraries.resolve("*") + File.pathSeparator + own;
    }

    private void awaitReady() {
        long deadlineNanos = System.nanoTime() + READY_TIMEOUT.toNanos();
        Map<String, Object> configuration = Map.of(
                AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, "127.0.0.1:" + port,
                AdminClientConfig.RECONNECT_BACKOFF_MS_CONFIG, 50,
                AdminClientConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, 100,
                AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 2_000,
                AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, 1_000);
        awaitPort(deadlineNanos);
        try (Admin admin = Admin.create(configuration)) {
            while (!answers(admin)) {
                checkStarting(deadlineNanos);
            }
        }
    }

    /** Waits for the port before the first client connects: a client that cannot connect logs confusing warnings. */
    private void awaitPort(long deadlineNanos) {
        while (true) {
            checkStarting(deadlineNanos);
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress("127.0.0.1", port), 500);
                return;
            } catch (IOException e) {
                pause();
            }
        }
    }

    private void checkStarting(long deadlineNanos) {
        if (!process.isAlive()) {
            throw new IllegalStateException(
                    "the broker ended with exit code " + process.exitValue() + "; the end of its log:\n" + endOfLog());
        }
        if (System.nanoTime() > deadlineNanos) {
            throw new IllegalStateException("the broker did not answer within " + READY_TIMEOUT.toSeconds()
                    + " s; the end of its log:\n" + endOfLog());
        }
    }

    private static boolean answers(Admin admin) {
        try {
            return !admin.describeCluster().nodes().get().isEmpty();
        } catch (ExecutionException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for the broker", e);
        }
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(50);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for the broker", e);
        }
    }

    private String endOfLog() {
        try {
            List<String> lines = Files.readAllLines(log());
            return String.join("\n", lines.subList(Math.max(0, lines.size() - MAX_LOG_LINES), lines.size()));
        } catch (IOException e) {
            return "(no log: " + e.getMessage() + ")";
        }
    }

    private void stop() {
        if (process == null) {
            return;
        }
        process.destroy();
        awaitEnd();
    }

    private void awaitEnd() {
        try {
            if (!process.waitFor(STOP_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Kills the process and removes its directory: the data is no longer needed, so a slow, clean stop has no use. Takes no lock, so
     * that it never waits for another thread.
     */
    public void abandon() {
        Process running = process;
        if (running != null) {
            running.destroyForcibly();
            try {
                running.waitFor(STOP_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        Directories.deleteQuietly(directory);
    }
}
