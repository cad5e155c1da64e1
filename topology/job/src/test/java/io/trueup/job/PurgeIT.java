package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.job.InMemoryDatastore.Row;
import io.trueup.schema.Outcome;
import io.trueup.schema.RoundReport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Values expire and tombstones grow old on all replicas together, but the datastores clean up at different times: one at once,
 * the other much later; without an event, or with a delete of the same version, at the position of the write or of the expiry.
 */
@Tag("proof")
class PurgeIT {

    private static final int KEYS = 100_000;
    private static final int CHUNKS = 20;
    private static final long CHUNK_MS = 200;

    @TempDir
    Path directory;

    @Test
    void shouldRepairNothingWhenReplicasPurgeAtDifferentMoments() {
        try (JobFixture fixture = new JobFixture(directory, "eu", "us")) {
            fixture.settings.put("grace", "1s");
            fixture.settings.put("tree.segments", "4096");
            fixture.settings.put("repair.validity", "6s");
            fixture.settings.put("tombstone.retention", "11s");
            fixture.createTopics();
            InMemoryDatastore eu = fixture.datastore("eu");
            InMemoryDatastore us = fixture.datastore("us");
            eu.reportProgress();
            us.reportProgress();
            long begunMs = System.currentTimeMillis();
            storeTombstones(begunMs, eu, us);
            Job first = fixture.start();
            fixture.awaitRounds(1);
            first.close();
            long nowMs = System.currentTimeMillis();
            long firstExpiryMs = nowMs + 5_000 + (nowMs - begunMs) * 3 / 2;
            storeExpiring(nowMs, firstExpiryMs, eu, us);

            fixture.start();
            for (int chunk = 0; chunk < CHUNKS; chunk++) {
                awaitTime(firstExpiryMs + chunk * CHUNK_MS);
                purge(eu, chunk, firstExpiryMs, 0);
            }
            fixture.awaitRounds(2);
            for (int chunk = CHUNKS - 1; chunk >= 0; chunk--) {
                purge(us, chunk, firstExpiryMs, 1);
            }
            us.flush();
            fixture.awaitRounds(3);

            for (String replica : List.of("eu", "us")) {
                await().atMost(JobFixture.PATIENCE)
                        .pollInterval(Duration.ofMillis(500))
                        .until(() -> forgotten(fixture, replica) >= KEYS);
            }
            assertThat(fixture.repairs()).isEmpty();
            assertSeenToExpire(fixture.reports());
            fixture.awaitEqual();
        }
    }

    private static void storeTombstones(long positionMs, InMemoryDatastore... datastores) {
        for (InMemoryDatastore datastore : datastores) {
            for (int i = 0; i < KEYS; i++) {
                if (i % 20 == 0) {
                    datastore.store("deleted-" + i, Row.live(1, positionMs, "value"));
                }
                datastore.store("deleted-" + i, Row.deleted(2, positionMs));
            }
            datastore.flush();
        }
    }

    /** Expiry leaves about the time that it has taken to store and compare as many tombstones. */
    private static void storeExpiring(long positionMs, long firstExpiryMs, InMemoryDatastore... datastores) {
        for (InMemoryDatastore datastore : datastores) {
            for (int i = 0; i < KEYS; i++) {
                long expiryMs = firstExpiryMs + i % CHUNKS * CHUNK_MS;
                datastore.store("expiring-" + i, new Row(1, null, positionMs, "value", expiryMs));
            }
            datastore.flush();
        }
    }

    /** Forgets the expiring keys of a chunk and as many tombstones. One replica sends an event where the other sends none. */
    private static void purge(InMemoryDatastore datastore, int chunk, long firstExpiryMs, int reporting) {
        for (int i = chunk; i < KEYS; i += CHUNKS) {
            int way = i / CHUNKS % 4;
            long writtenMs = datastore.row("expiring-" + i).positionMs();
            if (way % 2 == reporting) {
                long positionMs = way < 2 ? writtenMs : firstExpiryMs + chunk * CHUNK_MS;
                datastore.purgeAndReport("expiring-" + i, positionMs);
                datastore.purgeAndReport("deleted-" + i, writtenMs);
            } else {
                datastore.purge("expiring-" + i);
                datastore.purge("deleted-" + i);
            }
        }
    }

    private static void awaitTime(long timeMs) {
        await().atMost(JobFixture.PATIENCE)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> System.currentTimeMillis() >= timeMs);
    }

    private static long forgotten(JobFixture fixture, String replica) {
        return fixture.reports().stream()
                .filter(report -> report.getReplica().equals(replica))
                .mapToLong(RoundReport::getForgotten)
                .sum();
    }

    private static void assertSeenToExpire(List<RoundReport> reports) {
        Map<String, List<RoundReport>> rounds = reports.stream()
                .filter(report -> report.getOutcome() != Outcome.SKIPPED)
                .collect(Collectors.groupingBy(report -> report.getReplica() + "/" + report.getPartition()));
        assertThat(rounds).hasSize(2 * JobFixture.PARTITIONS).allSatisfy((partition, seen) -> {
            assertThat(seen).anyMatch(report -> report.getEntries() > 0);
            assertThat(seen.get(seen.size() - 1).getEntries()).isZero();
        });
        System.out.printf(
                "purge: most live entries seen by a partition %d of about %d; rounds of partitions and replicas %s;"
                        + " forgotten %d; control %d bytes%n",
                reports.stream().mapToLong(RoundReport::getEntries).max().orElse(0),
                KEYS / JobFixture.PARTITIONS,
                reports.stream().collect(Collectors.groupingBy(RoundReport::getOutcome, Collectors.counting())),
                reports.stream().mapToLong(RoundReport::getForgotten).sum(),
                reports.stream().mapToLong(RoundReport::getControlBytes).sum());
    }
}
