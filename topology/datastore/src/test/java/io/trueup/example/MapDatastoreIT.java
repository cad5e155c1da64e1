package io.trueup.example;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.datastore.Entry;
import io.trueup.datastore.Key;
import io.trueup.datastore.ReplicaTopics;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example next to the reference datastore, and a job that compares the two. */
class MapDatastoreIT {

    @TempDir
    Path directory;

    @Test
    void shouldHoldWhatTheReferenceDatastoreHoldsAfterFaults() throws Exception {
        try (ExampleDataset dataset = new ExampleDataset(directory, "us", "trueup");
                MapDatastore us = new MapDatastore(
                        new ReplicaTopics("us", dataset.writes("us"), dataset.repairs("us"), dataset.deadLetters()),
                        dataset.kafka("us"))) {
            Map<String, String> expected = dataset.plant((key, value, version, positionMs) -> us.write(
                            key,
                            value == null
                                    ? Entry.deleted(version, positionMs)
                                    : Entry.of(version, positionMs, value.getBytes(UTF_8)))
                    .join());
            assertThat(live(us)).isNotEqualTo(expected);

            dataset.startJob();

            await().atMost(ExampleDataset.PATIENCE).until(() -> progress(us) && live(us).equals(expected));
            await().atMost(ExampleDataset.PATIENCE).until(() -> progress(us) && dataset.isVerified());

            Key removed = dataset.key("equal-7");
            assertThat(us.rows.remove(removed)).isNotNull();
            assertThat(us.scan(removed.partition())).isPositive();

            await().atMost(ExampleDataset.PATIENCE).until(() -> progress(us) && live(us).equals(expected));
            assertThat(dataset.repaired("us"))
                    .containsAll(ExampleDataset.FAULTS)
                    .contains("equal-7")
                    .hasSize(ExampleDataset.FAULTS.size() + 1);
            assertThat(dataset.repaired("eu")).isEmpty();
            assertThat(dataset.reference()).isEqualTo(expected);
            assertThat(dataset.deadLettersSent()).isZero();
        }
    }

    private static boolean progress(MapDatastore us) {
        for (int partition = 0; partition < ExampleDataset.PARTITIONS; partition++) {
            var unused = us.progress(partition, System.currentTimeMillis());
        }
        return true;
    }

    private static Map<String, String> live(MapDatastore us) {
        Map<String, String> live = new TreeMap<>();
        us.rows.forEach((key, entry) -> {
            if (!entry.deleted()) {
                live.put(new String(key.bytes(), UTF_8), new String(entry.value(), UTF_8) + "@" + entry.version());
            }
        });
        return live;
    }
}
