package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.job.InMemoryDatastore.Row;
import io.trueup.job.JobFixture.Sent;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows change and vanish without write events: a scan reports them. */
@Tag("proof")
class ScanIT {

    private static final int KEYS = 2_000;
    private static final int HARMED = 50;

    @TempDir
    Path directory;

    @Test
    void shouldRepairRowsThatAScanFindsChangedOrDoesNotFind() {
        try (JobFixture fixture = new JobFixture(directory)) {
            fixture.createTopics();
            List<InMemoryDatastore> all = new ArrayList<>();
            for (String replica : fixture.replicas) {
                InMemoryDatastore datastore = fixture.datastore(replica);
                datastore.reportProgress();
                all.add(datastore);
            }
            long positionMs = System.currentTimeMillis() - 60_000;
            for (int i = 0; i < KEYS; i++) {
                store(all, "key-" + i, Row.live(1, positionMs, "value " + i));
            }
            fixture.start();
            fixture.awaitRounds(1);
            fixture.awaitEqual();
            InMemoryDatastore us = all.get(2);
            Set<String> expected = new HashSet<>();
            for (int i = 0; i < HARMED; i++) {
                us.tamper("key-" + i, Row.live(1, positionMs, "rotten"));
                expected.add("CORRUPT key-" + i + " on us := value " + i + " v1");
                us.tamper("key-" + (HARMED + i), null);
                expected.add("MISSING key-" + (HARMED + i) + " on us := value " + (HARMED + i) + " v1");
            }
            fixture.awaitRounds(2);
            assertThat(fixture.repairs()).isEmpty();

            us.scan("first");

            await().atMost(JobFixture.PATIENCE)
                    .pollInterval(Duration.ofMillis(500))
                    .until(() -> us.contentAt(0).equals(all.get(0).contentAt(0)));
            us.scan("second");
            fixture.awaitRounds(3);
            fixture.awaitEqual();
            assertThat(us.contentAt(0)).isEqualTo(all.get(0).contentAt(0));
            assertThat(fixture.repairs().stream().map(Sent::summary)).containsOnlyOnceElementsOf(expected);
            assertThat(new HashSet<>(
                            fixture.repairs().stream().map(Sent::summary).toList()))
                    .isEqualTo(expected);
            assertThat(fixture.reports().stream()
                            .mapToLong(report -> report.getDropped())
                            .sum())
                    .isEqualTo(HARMED);
        }
    }

    private static void store(List<InMemoryDatastore> all, String key, Row row) {
        all.forEach(datastore -> datastore.store(key, row));
    }
}
