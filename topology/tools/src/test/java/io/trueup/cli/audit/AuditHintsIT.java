package io.trueup.cli.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.broker.TestBroker;
import io.trueup.cli.Invocation;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Topics of foreign clients that look different under settings that do not fit them. */
class AuditHintsIT {

    private static final int PARTITIONS = 6;
    private static final int KEYS = 60;

    private final TestBroker broker = TestBroker.shared();
    private final String dataset = TestBroker.unique("hints");
    private final long startMs = System.currentTimeMillis() - 60_000;
    private KafkaProducer<byte[], byte[]> producer;

    @BeforeEach
    void createTopics() {
        broker.createTopics(PARTITIONS, dataset + ".eu", dataset + ".us");
        producer = broker.producer();
    }

    @AfterEach
    void closeProducer() {
        producer.close();
    }

    @Test
    void shouldProposeToCompareValuesWhereEachSideGivesVersionsOfItsOwn() {
        for (int i = 0; i < KEYS; i++) {
            send(".eu", i % PARTITIONS, "key" + i, "{\"id\":" + i + "}", 1_000 + i);
            send(".us", i % PARTITIONS, "key" + i, "{\"id\":" + i + "}", 2_000 + i);
        }

        Invocation audit = audit("--format", "plain");

        assertThat(audit.out()).startsWith("DIVERGENT: 60 keys differ");
        assertThat(hints(audit)).hasSize(1);
        assertThat(hints(audit).get(0))
                .startsWith("In 60 of 60 listed keys all replicas hold the same value")
                .contains("--compare value");
        Invocation proposed = audit("--format", "plain", "--compare", "value", "--resolution", "primary:eu");
        assertThat(proposed.out()).startsWith("EQUAL");
        assertThat(hints(proposed)).isEmpty();
    }

    @Test
    void shouldProposeToCompareDocumentsWhereEachSideSerialisesThemInItsOwnWay() {
        for (int i = 0; i < KEYS; i++) {
            send(".eu", i % PARTITIONS, "key" + i, "{\"id\":" + i + ",\"total\":10.50}", 1_000);
            send(".us", i % PARTITIONS, "key" + i, "{\"total\":10.5, \"id\":" + i + "}", 1_000);
        }

        assertThat(hints(audit("--format", "plain"))).as("values are not read").isEmpty();
        List<String> hints = hints(audit("--format", "plain", "--values"));
        assertThat(hints).hasSize(1);
        assertThat(hints.get(0))
                .startsWith("In 60 of 60 listed keys the values are the same JSON document")
                .contains("--canonical json");
        assertThat(audit("--format", "plain", "--canonical", "json").out()).startsWith("EQUAL");
    }

    @Test
    void shouldShowOfDocumentsWhatIsCompared() {
        send(".eu", 0, "key", "{\"at\":1,\"id\":1.0,\"total\":7}", 1_000);
        send(".us", 0, "key", "{\"total\":8,\"id\":1,\"at\":2}", 1_000);

        assertThat(audit("--format", "plain", "--values", "--canonical", "json", "--ignore", "/at")
                        .out())
                .contains("  FIELD  eu  us\n  total  7   8\n  Left out, because it is not compared: /at.\n");
    }

    @Test
    void shouldNameTheOptionForTheFormatOnce() {
        for (int i = 0; i < KEYS; i++) {
            send(".eu", i % PARTITIONS, "key" + i, "value", 1_000);
            send(".us", i % PARTITIONS, "key" + i, "value", 1_000);
        }

        Invocation audit = audit();

        assertThat(audit.exitCode()).isEqualTo(2);
        assertThat(audit.out().lines().filter(line -> line.startsWith("  * ")))
                .as("one doubt for each replica, not for each partition")
                .hasSize(2)
                .allMatch(line -> line.contains("60 records of 6 partitions of " + dataset)
                        && line.contains("cannot be read as trueup"));
        assertThat(hints(audit)).hasSize(2).allMatch(hint -> hint.contains("--format plain"));
    }

    @Test
    void shouldNoticeAnotherPartitionerAndAnEmptyTopic() {
        for (int i = 0; i < KEYS; i++) {
            send(".eu", i % PARTITIONS, "key" + i, "value", 1_000);
        }
        Invocation empty = audit("--format", "plain");
        for (int i = 0; i < KEYS; i++) {
            send(".us", (i + 1) % PARTITIONS, "key" + i, "value", 1_000);
        }
        Invocation moved = audit("--format", "plain");

        assertThat(hints(empty))
                .containsExactly(
                        "Replica us holds nothing: " + dataset
                                + ".us has no record in what was read of it (partitions 0-5, latest). Check the name of the topic.");
        assertThat(hints(moved)).hasSize(1);
        assertThat(hints(moved).get(0))
                .startsWith("60 of 60 listed keys occur in several partitions")
                .contains("different partitioners");
    }

    @Test
    void shouldGiveNoHintWhereWritesAreLost() {
        for (int i = 0; i < KEYS; i++) {
            send(".eu", i % PARTITIONS, "key" + i, "new", 2_000);
            send(".us", i % PARTITIONS, "key" + i, i % 10 == 0 ? "old" : "new", i % 10 == 0 ? 1_000 : 2_000);
        }

        Invocation audit = audit("--format", "plain", "--values");

        assertThat(audit.out()).startsWith("DIVERGENT: 6 keys differ");
        assertThat(hints(audit)).isEmpty();
    }

    private static List<String> hints(Invocation audit) {
        return audit.out()
                .lines()
                .filter(line -> line.startsWith("  Hint: "))
                .map(line -> line.substring("  Hint: ".length()))
                .toList();
    }

    private Invocation audit(String... options) {
        producer.flush();
        List<String> command = new ArrayList<>(List.of(
                "audit",
                "--bootstrap-server",
                broker.bootstrapServers(),
                "--settle",
                "0s",
                "--replica",
                "eu=" + dataset + ".eu",
                "--replica",
                "us=" + dataset + ".us"));
        command.addAll(List.of(options));
        return Invocation.of(command.toArray(String[]::new));
    }

    private void send(String topic, int partition, String key, String value, long timestampMs) {
        var unused = producer.send(new ProducerRecord<>(
                dataset + topic, partition, startMs + timestampMs, key.getBytes(UTF_8), value.getBytes(UTF_8)));
    }
}
