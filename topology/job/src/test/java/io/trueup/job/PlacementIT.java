package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.job.InMemoryDatastore.Row;
import io.trueup.job.JobFixture.Sent;
import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.settings.Placement;
import io.trueup.schema.Outcome;
import io.trueup.schema.RoundReport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Five replicas, three copies: each partition is compared and repaired only among its owners. */
@Tag("proof")
class PlacementIT {

    private static final int KEYS = 400;

    @TempDir
    Path directory;

    @Test
    void shouldExchangeAndRepairAmongOwnersOnly() {
        try (JobFixture fixture = new JobFixture(directory, "a", "b", "c", "d", "e")) {
            fixture.settings.put("placement", "ring:3");
            fixture.createTopics();
            Placement placement = fixture.config().settings("a").placement();
            Map<String, InMemoryDatastore> all = new HashMap<>();
            for (String replica : fixture.replicas) {
                all.put(replica, fixture.datastore(replica));
                all.get(replica).reportProgress();
            }
            Set<String> expected = new HashSet<>();
            long positionMs = System.currentTimeMillis() - 60_000;
            for (int i = 0; i < KEYS; i++) {
                String key = "key-" + i;
                List<String> owners = placement.owners(JobFixture.partitionOf(key));
                assertThat(owners).hasSize(3);
                String missing = i < 40 ? owners.get(i % 3) : null;
                for (String owner : owners) {
                    if (owner.equals(missing)) {
                        expected.add("MISSING " + key + " on " + owner + " := value v1");
                    } else {
                        all.get(owner).store(key, Row.live(1, positionMs, "value"));
                    }
                }
            }

            fixture.start();

            await().atMost(JobFixture.PATIENCE)
                    .pollInterval(Duration.ofMillis(500))
                    .until(() -> equalPartitions(fixture).size() == 3 * JobFixture.PARTITIONS
                            && fixture.repairs().size() >= expected.size());
            assertThat(new HashSet<>(
                            fixture.repairs().stream().map(Sent::summary).toList()))
                    .isEqualTo(expected);
            assertThat(fixture.control())
                    .isNotEmpty()
                    .allSatisfy(message -> assertOwner(placement, message.partition(), message));
            assertThat(fixture.reports()).allSatisfy(report -> {
                List<String> owners = placement.owners(report.getPartition());
                assertThat(owners).contains(report.getReplica()).containsAll(report.getHeard());
                assertThat(report.getDisagreeing()).isEmpty();
            });
        }
    }

    private static void assertOwner(Placement placement, int partition, Message message) {
        assertThat(placement.owners(partition)).contains(message.replica());
    }

    /** Replicas and partitions whose last report says that all three owners are equal. */
    private static Set<String> equalPartitions(JobFixture fixture) {
        Map<String, RoundReport> last = new HashMap<>();
        fixture.reports().forEach(report -> last.put(report.getReplica() + "/" + report.getPartition(), report));
        Set<String> equal = new HashSet<>();
        last.forEach((name, report) -> {
            if (report.getOutcome() == Outcome.EQUAL && report.getHeard().size() == 2) {
                equal.add(name);
            }
        });
        return equal;
    }
}
