package io.trueup.cli.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.trueup.broker.TestBroker;
import io.trueup.cli.Invocation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ctrl-C in the middle of an audit: one partition is compared, the end of the other is held back by an open transaction. */
class AuditInterruptedIT {

    private final TestBroker broker = TestBroker.shared();
    private final String dataset = TestBroker.unique("interrupted");

    @TempDir
    Path directory;

    @Test
    void shouldPrintPartialResultsAndMarkThemAsPartial() throws Exception {
        broker.createTopics(2, dataset + ".eu", dataset + ".us");
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", broker.bootstrapServers(), "transactional.id", dataset),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            producer.initTransactions();
            producer.beginTransaction();
            long now = System.currentTimeMillis(); // the versions: those of one key must not be equal by chance
            write(producer, "eu", 0, "<only eu>", now);
            write(producer, "eu", 1, "newer in us", now);
            write(producer, "us", 1, "newer in us", now + 1);
            producer.commitTransaction();
            producer.beginTransaction();
            write(producer, "us", 1, "undecided", now);
            producer.flush();

            List<Process> audits = new ArrayList<>();
            List<String> formats = List.of("text", "json", "html");
            for (String format : formats) {
                audits.add(start(format));
            }
            for (int i = 0; i < formats.size(); i++) {
                Path reading = directory.resolve(formats.get(i) + ".reading");
                await().atMost(Duration.ofMinutes(2)).until(() -> Files.exists(reading));
                interrupt(audits.get(i));
            }
            for (Process audit : audits) {
                assertThat(audit.waitFor(1, TimeUnit.MINUTES)).isTrue();
                assertThat(audit.exitValue()).isEqualTo(130);
            }
            producer.abortTransaction();
        }
        Path checkpoint = directory.resolve("text.checkpoint");
        assertThat(checkpoint).exists();
        Invocation resumed = Invocation.of(command("text").toArray(String[]::new));
        assertThat(resumed.exitCode()).as(resumed.out() + resumed.err()).isEqualTo(1);
        assertThat(resumed.out())
                .startsWith("DIVERGENT: 2 keys differ among eu and us")
                .contains("<only eu> (partition 0) differs since", "newer in us (partition 1) differs since")
                .contains("An earlier run has compared the partitions [0], as of ", "taken from " + checkpoint);
        assertThat(checkpoint).doesNotExist();
        String text = Files.readString(directory.resolve("text.out"));
        assertThat(text)
                .startsWith("PARTIAL: COULD NOT TELL whether eu and us are equal")
                .contains("in what was read, 1 key differs", "1 of 2 partitions are compared: [0]")
                .contains("<only eu> (partition 0) differs since")
                .contains("it is not known whether a repair event was sent since")
                .containsPattern("\nRead \\d+ records, [^\n]*\n$");
        JsonNode json = new ObjectMapper().readTree(Files.readString(directory.resolve("json.out")));
        assertThat(json.get("partial").booleanValue()).isTrue();
        assertThat(json.get("exitCode").intValue()).isEqualTo(2);
        assertThat(json.get("divergent").get(0).get("key").textValue()).isEqualTo("<only eu>");
        assertThat(json.get("partitions")).hasSize(2);
        assertThat(Files.readString(directory.resolve("html.out")))
                .contains("\"partial\":true", "\\u003conly eu>", "The audit was stopped")
                .endsWith("</html>\n");
    }

    private void write(
            KafkaProducer<byte[], byte[]> producer, String replica, int partition, String key, long timestamp) {
        var unused = producer.send(new ProducerRecord<>(
                dataset + "." + replica, partition, timestamp, key.getBytes(UTF_8), "value".getBytes(UTF_8)));
    }

    private List<String> command(String format) {
        return List.of(
                "audit",
                "--bootstrap-server",
                broker.bootstrapServers(),
                "--replica",
                "eu=" + dataset + ".eu",
                "--replica",
                "us=" + dataset + ".us",
                "--format",
                "plain",
                "--threads",
                "1",
                "--patience",
                "10m",
                "--settle",
                "0s",
                "--checkpoint",
                directory.resolve(format + ".checkpoint").toString(),
                "--output",
                format);
    }

    private Process start(String format) throws Exception {
        List<String> process = new ArrayList<>(List.of(
                "env",
                "--default-signal=INT", // a shell that runs the tests in the background makes them ignore it
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                AuditProcess.class.getName(),
                directory.resolve(format + ".reading").toString()));
        process.addAll(command(format));
        return new ProcessBuilder(process)
                .redirectOutput(directory.resolve(format + ".out").toFile())
                .redirectError(directory.resolve(format + ".err").toFile())
                .start();
    }

    private static void interrupt(Process process) throws Exception {
        Process kill = new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start();
        assertThat(kill.waitFor()).isZero();
    }
}
