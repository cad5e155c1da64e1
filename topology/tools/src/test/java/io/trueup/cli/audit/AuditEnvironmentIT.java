package io.trueup.cli.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.broker.EmbeddedBroker;
import io.trueup.broker.SecuredBroker;
import io.trueup.broker.TestBroker;
import io.trueup.cli.Invocation;
import io.trueup.cli.Main;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An audit in its environment: brokers that refuse it or stop answering, and a terminal. */
class AuditEnvironmentIT {

    private static final int RECORDS = 8_000;
    /** A few records at a time, so that the history takes a while. */
    private static final String SLOWLY = "max.partition.fetch.bytes=1\nfetch.max.bytes=1\n";

    private final String dataset = TestBroker.unique("environment");

    @TempDir
    Path directory;

    @Test
    void shouldReportRefusedCredentialsWithoutPrintingThem() throws Exception {
        try (SecuredBroker broker = SecuredBroker.start()) {
            fill(broker.openServers(), 1);

            Invocation wrong = audit(broker.securedServers(), credentials("wrong-password"));
            Invocation right = audit(broker.securedServers(), credentials(SecuredBroker.PASSWORD));

            assertThat(wrong.exitCode()).isEqualTo(2);
            assertThat(wrong.out())
                    .contains("The brokers at " + broker.securedServers() + " do not accept the credentials for")
                    .contains("Check the security settings of the client properties");
            assertThat(wrong.out() + wrong.err()).doesNotContain("wrong-password");
            assertThat(right.out()).startsWith("EQUAL");
            assertThat(right.exitCode()).isZero();
        }
    }

    private static String credentials(String password) {
        return "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.jaas.config="
                + "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"auditor\" password=\""
                + password + "\";\n";
    }

    @Test
    void shouldReportTheOffsetAtWhichTheBrokersStoppedAnswering() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start()) {
            fill(broker.bootstrapServers(), RECORDS);
            List<String> arguments = arguments(broker.bootstrapServers(), SLOWLY);
            arguments.addAll(List.of("--patience", "3s", "--threads", "1"));
            CompletableFuture<Invocation> audit =
                    CompletableFuture.supplyAsync(() -> Invocation.of(arguments.toArray(String[]::new)));
            await().atMost(Duration.ofMinutes(1)).until(() -> recordsRead() > 100);
            signal("STOP", broker.pid());
            try {
                Invocation stalled = audit.get(1, TimeUnit.MINUTES);

                assertThat(stalled.exitCode()).isEqualTo(2);
                assertThat(stalled.out())
                        .startsWith("COULD NOT TELL")
                        .containsPattern(
                                "Nothing of " + dataset + "\\.eu-0 could be read from offset [1-9]\\d* on, up to "
                                        + RECORDS + ": .*the brokers do not answer");
            } finally {
                signal("CONT", broker.pid());
            }
        }
    }

    private static double recordsRead() throws JMException {
        MBeanServer server = ManagementFactory.getPlatformMBeanServer();
        double read = 0;
        for (ObjectName consumer : server.queryNames(
                new ObjectName("kafka.consumer:type=consumer-fetch-manager-metrics,client-id=trueup-audit-*"), null)) {
            read += (double) server.getAttribute(consumer, "records-consumed-total");
        }
        return read;
    }

    private static void signal(String name, long pid) throws Exception {
        Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start();
        assertThat(kill.waitFor()).isZero();
    }

    @Test
    void shouldShowItsProgressOnATerminalAndClearIt() throws Exception {
        TestBroker broker = TestBroker.shared();
        broker.createTopics(1, dataset + ".eu", dataset + ".us");
        write(broker.bootstrapServers(), RECORDS);
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
        command.addAll(arguments(broker.bootstrapServers(), SLOWLY));
        Path seen = directory.resolve("seen");
        ProcessBuilder terminal = new ProcessBuilder(
                        "script", "-q", "-e", "-c", String.join(" ", command), seen.toString())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .redirectInput(Path.of("/dev/null").toFile());
        terminal.environment().put("TERM", "xterm");

        Process process = terminal.start();

        assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
        String screen = Files.readString(seen);
        assertThat(process.exitValue()).as(screen).isZero();
        String clearedLine = "\r\u001b[K";
        assertThat(screen).containsPattern("\r\u001b\\[K\\[#*-*] \\d+ %  [0-9 ,]+ records/s, \\d+ s left");
        assertThat(screen.substring(screen.lastIndexOf(clearedLine) + clearedLine.length()))
                .startsWith("EQUAL")
                .doesNotContain("records/s, ");
    }

    private Invocation audit(String servers, String properties) throws IOException {
        return Invocation.of(arguments(servers, properties).toArray(String[]::new));
    }

    private List<String> arguments(String servers, String properties) throws IOException {
        Path file = Files.createTempFile(directory, "client", ".properties");
        Files.writeString(file, properties);
        return new ArrayList<>(List.of(
                "audit",
                "--bootstrap-server",
                servers,
                "--replica",
                "eu=" + dataset + ".eu",
                "--replica",
                "us=" + dataset + ".us",
                "--format",
                "plain",
                "--command-config",
                file.toString()));
    }

    private void fill(String servers, int records) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers))) {
            admin.createTopics(List.of(topic(".eu"), topic(".us"))).all().get();
        }
        write(servers, records);
    }

    private NewTopic topic(String suffix) {
        return new NewTopic(dataset + suffix, 1, (short) 1).configs(Map.of("retention.ms", "-1"));
    }

    /** Single batches: a fetch brings at least one. */
    private void write(String servers, int records) {
        long nowMs = System.currentTimeMillis(); // it is the version, too
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", servers, "batch.size", "0", "linger.ms", "0"),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            for (int i = 0; i < records; i++) {
                for (String suffix : List.of(".eu", ".us")) {
                    byte[] key = ("key-" + i).getBytes(UTF_8);
                    var unused = producer.send(new ProducerRecord<>(dataset + suffix, 0, nowMs, key, key));
                }
            }
        }
    }
}
