package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.job.InMemoryDatastore.Row;
import io.trueup.schema.RoundReport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Most of a dataset dies at once, or while a replica is away. */
class ExpiryIT {

    private static final int DYING = 2_000;
    private static final int LOST = 20;

    @TempDir
    Path directory;

    /** Datastores remove expired rows when it suits them, some with a delete, some without. */
    @Test
    void shouldRepairNothingButLossesWhenAlmostAllEntriesExpireInTheSameSecond() {
        try (JobFixture fixture = new JobFixture(directory).quick()) {
            fixture.settings.putAll(Map.of(
                    "repair.flood.min.keys", "30",
                    "repair.validity", "6s",
                    "tombstone.retention", "11s"));
            fixture.createTopics();
            List<InMemoryDatastore> all =
                    List.of(fixture.datastore("ap"), fixture.datastore("eu"), fixture.datastore("us"));
            all.forEach(InMemoryDatastore::reportProgress);
            long expiryMs = System.currentTimeMillis() + 20_000;
            for (int i = 0; i < DYING; i++) {
                String key = "dying-" + i;
                Row row = new Row(1, null, System.currentTimeMillis(), "v", expiryMs + i % 1_000);
                all.forEach(datastore -> datastore.store(key, row));
            }
            for (int i = 0; i < 100; i++) {
                String key = "same-" + i;
                Row row = Row.live(1, System.currentTimeMillis(), "v");
                all.forEach(datastore -> datastore.store(key, row));
            }
            fixture.start();
            fixture.awaitRounds(2);
            fixture.awaitEqual();

            for (int i = 0; i < LOST; i++) {
                Row row = Row.live(1, System.currentTimeMillis(), "v");
                String key = "lost-" + i;
                all.subList(0, 2).forEach(datastore -> datastore.store(key, row));
            }
            await().atMost(JobFixture.PATIENCE).until(() -> System.currentTimeMillis() > expiryMs + 3_000);
            for (int i = 0; i < DYING; i++) {
                all.get(i % 2).purge("dying-" + i);
                all.get(2).purgeAndReport("dying-" + i, System.currentTimeMillis());
            }
            await().atMost(JobFixture.PATIENCE)
                    .pollInterval(Duration.ofMillis(500))
                    .until(() -> all.stream()
                            .allMatch(datastore ->
                                    datastore.contentAt(Long.MAX_VALUE - 1).size() == 100 + LOST));
            await().atMost(JobFixture.PATIENCE)
                    .pollInterval(Duration.ofMillis(500))
                    .until(() -> forgotten(fixture) >= 3L * DYING);
            fixture.awaitRounds(2);
            fixture.awaitEqual();

            assertThat(sent(fixture)).containsOnlyKeys("us");
            assertThat(all.get(2).changedByRepairs()).isEqualTo(LOST);
            assertThat(fixture.reports())
                    .allSatisfy(report -> assertThat(report.getGuarded()).isEmpty());
        }
    }

    /**
     * Patience ends meanwhile, so its own reconciler sends it the deletes, too; its feed delivers them afterwards. No tombstone is
     * forgotten before all owners have it.
     */
    @Test
    void shouldBringNothingBackAfterAReplicaWasAwayForLongerThanTombstonesAreKept() {
        try (JobFixture fixture = new JobFixture(directory).quick()) {
            fixture.settings.putAll(Map.of(
                    "repair.flood.min.keys", "30",
                    "lag.patience", "5s",
                    "repair.validity", "6s",
                    "tombstone.retention", "11s"));
            fixture.createTopics();
            List<InMemoryDatastore> all = fixture.reportingDatastores();
            InMemoryDatastore ap = all.get(0);
            InMemoryDatastore eu = all.get(1);
            InMemoryDatastore us = all.get(2);
            for (int i = 0; i < DYING; i++) {
                String key = "dying-" + i;
                Row row = Row.live(1, System.currentTimeMillis(), "v");
                all.forEach(datastore -> datastore.store(key, row));
            }
            fixture.start();
            fixture.awaitRounds(2);
            fixture.awaitEqual();

            us.away(true);
            long deletedMs = System.currentTimeMillis();
            Row deleted = Row.deleted(2, deletedMs);
            for (int i = 0; i < DYING; i++) {
                String key = "dying-" + i;
                List.of(ap, eu).forEach(datastore -> datastore.store(key, deleted));
            }
            await().atMost(JobFixture.PATIENCE).until(() -> System.currentTimeMillis() > deletedMs + 25_000);
            assertThat(forgotten(fixture)).isZero();
            for (int i = LOST; i < DYING; i++) {
                us.store("dying-" + i, deleted);
            }
            us.flush();
            us.away(false);
            Row live = Row.live(3, System.currentTimeMillis(), "back");
            all.forEach(datastore -> datastore.store("last", live));

            await().atMost(JobFixture.PATIENCE)
                    .pollInterval(Duration.ofMillis(500))
                    .until(() -> all.stream()
                            .allMatch(datastore -> datastore.contentAt(0).size() == 1));
            await().atMost(JobFixture.PATIENCE)
                    .pollInterval(Duration.ofMillis(500))
                    .until(() -> forgotten(fixture) >= 3L * DYING);
            fixture.awaitRounds(2);
            fixture.awaitEqual();
            assertThat(all)
                    .allSatisfy(datastore -> assertThat(datastore.contentAt(0)).containsOnlyKeys("last"));
            assertThat(us.changedByRepairs()).as("once for each loss").isBetween(LOST, DYING);
            Map<String, Long> sent = sent(fixture);
            assertThat(sent).containsOnlyKeys("us");
            fixture.awaitRounds(3);
            assertThat(sent(fixture)).as("since all are equal").isEqualTo(sent);
        }
    }

    /** How many repairs were sent, by target. */
    private static Map<String, Long> sent(JobFixture fixture) {
        Map<String, Long> sent = new HashMap<>();
        fixture.reports()
                .forEach(
                        report -> report.getRepairs().forEach((target, count) -> sent.merge(target, count, Long::sum)));
        return sent;
    }

    private static long forgotten(JobFixture fixture) {
        return fixture.reports().stream().mapToLong(RoundReport::getForgotten).sum();
    }
}
