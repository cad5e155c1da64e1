package io.trueup.example;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A replica in JavaScript, with plain records, next to the reference datastore, and a job that compares the two. */
class NodeReplicaIT {

    @TempDir
    Path directory;

    @Test
    void shouldHoldWhatTheReferenceDatastoreHoldsAfterFaults() throws Exception {
        Node.installModules(Node.SCRIPTS);
        try (ExampleDataset dataset = new ExampleDataset(directory, "js", "plain")) {
            Process node = Node.start(List.of(
                    Node.SCRIPTS.resolve("replica.js").toString(),
                    dataset.bootstrapServers(),
                    "js",
                    dataset.feed("js"),
                    dataset.writes("js"),
                    dataset.repairs("js"),
                    dataset.deadLetters(),
                    "plain"));
            try (BufferedReader output = node.inputReader(UTF_8)) {
                Map<String, String> expected = dataset.plant((key, value, version, positionMs) ->
                        dataset.feed("js", new String(key.bytes(), UTF_8), value, version, positionMs));
                assertThat(output.readLine()).isEqualTo("ready");

                dataset.startJob();

                await().atMost(ExampleDataset.PATIENCE)
                        .failFast(() -> !node.isAlive())
                        .until(dataset::isVerified);
                assertThat(dataset.repaired("js")).isEqualTo(ExampleDataset.FAULTS);
                assertThat(dataset.repaired("eu")).isEmpty();
                assertThat(dataset.deadLettersSent()).isZero();
                node.getOutputStream().close();
                Map<String, String> held = new ObjectMapper()
                        .readValue(output.readLine(), new TypeReference<TreeMap<String, String>>() {});
                assertThat(held).isEqualTo(expected);
                assertThat(node.waitFor(30, TimeUnit.SECONDS)).isTrue();
                assertThat(node.exitValue()).isZero();
            } finally {
                node.destroyForcibly();
            }
        }
    }
}
