package io.trueup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.broker.TestBroker;
import io.trueup.config.TrueupConfig;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two topics of a foreign writer, as a new operator finds them. */
class AttachIT {

    private static final int KEYS = 2_000;

    private final TestBroker broker = TestBroker.shared();
    private final String dataset = TestBroker.unique("orders");

    @TempDir
    Path directory;

    @Test
    void shouldWriteAConfigurationWithWhichAnAuditFindsExactlyWhatDiffers() throws Exception {
        broker.createTopics(3, Map.of("cleanup.policy", "compact"), dataset + ".eu", dataset + ".us");
        List<String> different = new ArrayList<>();
        try (KafkaProducer<byte[], byte[]> producer = broker.producer()) {
            for (int i = 0; i < KEYS; i++) {
                String key = "order-" + i;
                send(producer, ".eu", key, "{\"id\":" + i + ",\"total\":10.50,\"updatedAt\":" + i + "}");
                if (i % 400 == 1) {
                    different.add(key);
                } else {
                    boolean changed = i % 400 == 2;
                    send(
                            producer,
                            ".us",
                            key,
                            "{\"updatedAt\":0,\"total\":" + (changed ? 11 : 10.5) + ", \"id\":" + i + "}");
                    if (changed) {
                        different.add(key);
                    }
                }
            }
        }
        Path file = directory.resolve("orders.properties");

        Invocation attached = attach(file);

        assertThat(attached.exitCode()).as(attached.out() + attached.err()).isZero();
        assertThat(attached.out())
                .contains("plain records of JSON documents")
                .contains("if these members are left out: /updatedAt")
                .contains("Keys that differ now:   trueup audit --config " + file);
        TrueupConfig config = TrueupConfig.load(file, Map.of());
        assertThat(config.shown())
                .containsEntry("mode", "observe")
                .containsEntry("compare", "value")
                .containsEntry("value.canonical", "json")
                .containsEntry("value.ignore", "/updatedAt")
                .containsEntry("resolution", "primary:eu")
                .containsEntry("replica.eu.role", "source");
        assertThat(Files.getPosixFilePermissions(directory.resolve(dataset + ".secret")))
                .isEqualTo(PosixFilePermissions.fromString("rw-------"));
        assertThat(attached.out())
                .doesNotContain(
                        Files.readString(directory.resolve(dataset + ".secret")).strip());
        Invocation audit = Invocation.of("audit", "--config", file.toString(), "--settle", "0s", "--output", "json");
        assertThat(audit.exitCode()).isEqualTo(1);
        assertThat(audit.out()
                        .lines()
                        .flatMap(line -> different.stream().filter(key -> line.contains('"' + key + '"')))
                        .distinct())
                .containsExactlyInAnyOrderElementsOf(different);
        assertThat(Invocation.of("audit", "--config", file.toString(), "--settle", "0s")
                        .out())
                .startsWith("DIVERGENT: " + different.size() + " keys differ")
                .as("a source has no repairs topic")
                .doesNotContain("no repairs topic of eu");
    }

    @Test
    void shouldKeepWhatIsThere() throws Exception {
        broker.createTopics(1, Map.of(), dataset + ".eu", dataset + ".us");
        try (KafkaProducer<byte[], byte[]> producer = broker.producer()) {
            send(producer, ".eu", "k", "v");
            send(producer, ".us", "k", "v");
        }
        Path file = directory.resolve("orders.properties");
        Path secret = directory.resolve(dataset + ".secret");
        Files.writeString(secret, "the secret of a running job");

        assertThat(attach(file).exitCode()).isZero();
        Invocation again = attach(file);

        assertThat(Files.readString(secret)).isEqualTo("the secret of a running job");
        assertThat(again.exitCode()).isEqualTo(2);
        assertThat(again.err()).contains(file + " exists already");
    }

    @Test
    void shouldWriteNothingWhereTopicsAreNotFitOrNotThere() {
        broker.createTopics(2, Map.of(), dataset + ".eu");
        broker.createTopics(3, Map.of(), dataset + ".us");
        try (KafkaProducer<byte[], byte[]> producer = broker.producer()) {
            send(producer, ".eu", "k", "v");
            send(producer, ".us", "k", "v");
        }
        Path file = directory.resolve("orders.properties");

        Invocation unfit = attach(file);
        Invocation missing = Invocation.of(
                "attach",
                "--bootstrap-server",
                broker.bootstrapServers(),
                "--replica",
                "eu=" + dataset + ".eu",
                "--replica",
                "us=" + dataset + ".usa");

        assertThat(unfit.exitCode()).isEqualTo(1);
        assertThat(unfit.out()).contains("UNFIT").contains("2 and 3 partitions").contains("Nothing was written");
        assertThat(missing.exitCode()).isEqualTo(2);
        assertThat(missing.err()).contains("Topic " + dataset + ".usa does not exist");
        assertThat(directory).isEmptyDirectory();
    }

    private Invocation attach(Path file) {
        return Invocation.of(
                "attach",
                "--bootstrap-server",
                broker.bootstrapServers(),
                "--replica",
                "eu=" + dataset + ".eu",
                "--replica",
                "us=" + dataset + ".us",
                "--output",
                file.toString());
    }

    private void send(KafkaProducer<byte[], byte[]> producer, String topic, String key, String value) {
        var unused = producer.send(new ProducerRecord<>(
                dataset + topic, key.getBytes(StandardCharsets.UTF_8), value.getBytes(StandardCharsets.UTF_8)));
    }
}
