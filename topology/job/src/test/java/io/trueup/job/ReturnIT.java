package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.command.Commands;
import io.trueup.command.OpenConflict;
import io.trueup.job.InMemoryDatastore.Row;
import io.trueup.job.JobFixture.Sent;
import io.trueup.schema.RoundReport;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A replica leaves two partitions, keeps what it holds of them, and returns. In the first partition the others delete keys after it has
 * left. In the second one they delete keys before, and it leaves before it has applied the deletes. The others forget the deletes.
 * Then the returned replica alone holds these keys, as if the others had lost them.
 */
@Tag("proof")
class ReturnIT {

    private static final int DELETED = 50;
    private static final int LOST = 20;

    @TempDir
    Path directory;

    /** The partitions that the replica leaves. */
    private static boolean moves(String key) {
        return JobFixture.partitionOf(key) < 2;
    }

    /** Keys of some partitions. */
    private static Set<String> keys(String prefix, int count, Predicate<String> partitions) {
        return IntStream.iterate(0, i -> i + 1)
                .mapToObj(i -> prefix + i)
                .filter(partitions)
                .limit(count)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** @param killed whether the replica leaves and returns by a restart after a kill; otherwise the running job is reconfigured */
    @ParameterizedTest
    @CsvSource({"latest, false", "majority, true"})
    void shouldLeaveDeletedKeysOfAReturnedReplicaToAPersonAndRepairLosses(String resolution, boolean killed)
            throws Exception {
        Files.createDirectories(directory.resolve("state"));
        try (JobFixture fixture = new JobFixture(directory.resolve("state")).quick();
                Hosting hosting = killed ? new Killed(fixture) : new Reconfigured(fixture)) {
            fixture.settings.putAll(Map.of(
                    "resolution", resolution,
                    "placement", "explicit",
                    // a report that tombstones are forgotten is visible only once that is committed
                    "streams.processing.guarantee", "exactly_once_v2",
                    "repair.validity", "6s",
                    "tombstone.retention", "11s"));
            fixture.createTopics();
            keepDeletes(fixture);
            List<InMemoryDatastore> all = fixture.reportingDatastores();
            InMemoryDatastore ap = all.get(0);
            InMemoryDatastore eu = all.get(1);
            InMemoryDatastore us = all.get(2);
            long before = System.currentTimeMillis() - 60_000;
            Set<String> later = keys("deleted-", DELETED, key -> JobFixture.partitionOf(key) == 0);
            Set<String> open = keys("open-", DELETED, key -> JobFixture.partitionOf(key) == 1);
            Set<String> deleted = new TreeSet<>(later);
            deleted.addAll(open);
            for (int i = 0; i < 200; i++) {
                String key = "same-" + i;
                all.forEach(datastore -> datastore.store(key, Row.live(1, before, "value")));
            }
            deleted.forEach(key -> all.forEach(datastore -> datastore.store(key, Row.live(1, before, "old"))));
            hosting.apply();
            fixture.awaitRounds(2);
            fixture.awaitEqual();
            us.loseRepairs(open::contains);
            long openMs = System.currentTimeMillis();
            open.forEach(key -> List.of(ap, eu).forEach(owner -> owner.store(key, Row.deleted(2, openMs))));
            Set<String> undeleted = new TreeSet<>();
            await().atMost(JobFixture.PATIENCE).until(() -> {
                fixture.repairs("us").forEach(sent -> undeleted.add(sent.key()));
                return undeleted.equals(open);
            });

            fixture.settings.put("placement.partition.0", "ap,eu");
            fixture.settings.put("placement.partition.1", "ap,eu");
            hosting.apply();
            await().atMost(JobFixture.PATIENCE)
                    .pollInterval(Duration.ofMillis(500))
                    .until(() -> lastHeard(fixture).equals(Set.of("ap,eu", "eu,ap")));
            long deletedMs = System.currentTimeMillis();
            later.forEach(key -> List.of(ap, eu).forEach(owner -> owner.store(key, Row.deleted(2, deletedMs))));
            Set<String> missed = keys("lost-at-us-", LOST / 2, ReturnIT::moves);
            missed.forEach(key -> List.of(ap, eu).forEach(owner -> owner.store(key, Row.live(1, deletedMs, "kept"))));
            await().atMost(JobFixture.PATIENCE)
                    .pollInterval(Duration.ofMillis(500))
                    .until(() -> forgotten(fixture, "ap") >= 2 * DELETED && forgotten(fixture, "eu") >= 2 * DELETED);
            deleted.forEach(key -> List.of(ap, eu).forEach(owner -> owner.purge(key)));
            assertThat(live(fixture.repairs())).isEmpty();

            fixture.settings.remove("placement.partition.0");
            fixture.settings.remove("placement.partition.1");
            hosting.apply();
            Set<String> lost = keys("lost-at-ap-", LOST / 2, ReturnIT::moves);
            lost.forEach(key -> List.of(eu, us)
                    .forEach(owner -> owner.store(key, Row.live(1, System.currentTimeMillis(), "kept"))));
            try (Commands commands = new Commands(fixture.config())) {
                await().atMost(JobFixture.PATIENCE)
                        .pollInterval(Duration.ofMillis(500))
                        .until(() -> returned(commands).equals(deleted)
                                && repaired(fixture, "us").containsAll(missed)
                                && repaired(fixture, "ap").containsAll(lost));
                fixture.awaitRounds(3);
                assertThat(returned(commands)).isEqualTo(deleted);
                assertThat(repaired(fixture, "us")).isEqualTo(missed);
                assertThat(repaired(fixture, "ap")).isEqualTo(lost);
                assertThat(repaired(fixture, "eu")).isEmpty();
                assertThat(List.of(ap, eu))
                        .allSatisfy(owner ->
                                assertThat(owner.contentAt(0)).doesNotContainKeys(deleted.toArray(String[]::new)));

                us.loseRepairs(key -> false);
                deleted.forEach(key -> commands.choose(JobFixture.bytes(key), "ap"));
                await().atMost(JobFixture.PATIENCE)
                        .pollInterval(Duration.ofMillis(500))
                        .until(() -> commands.conflicts().isEmpty());
            }
            fixture.awaitEqual();
            assertThat(all).allSatisfy(owner -> assertThat(owner.contentAt(0)).hasSize(200 + LOST));
            assertThat(fixture.repairs())
                    .filteredOn(sent -> deleted.contains(sent.key()))
                    .allSatisfy(sent -> assertThat(sent.event().getDeleted()).isTrue());
        }
    }

    /** A process that is killed is away for longer than the tombstones of this test are remembered. */
    private static void keepDeletes(JobFixture fixture) throws Exception {
        AlterConfigOp day =
                new AlterConfigOp(new ConfigEntry("delete.retention.ms", "86400000"), AlterConfigOp.OpType.SET);
        Map<ConfigResource, Collection<AlterConfigOp>> changes = new HashMap<>();
        for (String replica : fixture.replicas) {
            changes.put(new ConfigResource(ConfigResource.Type.TOPIC, fixture.writesTopic(replica)), List.of(day));
        }
        fixture.broker.admin().incrementalAlterConfigs(changes).all().get();
    }

    /** What the last reports about the partitions that move say: the reporting replica and those that it has heard. */
    private static Set<String> lastHeard(JobFixture fixture) {
        long newest = fixture.reports().stream()
                .mapToLong(RoundReport::getRound)
                .max()
                .orElse(0);
        return fixture.reports().stream()
                .filter(report -> report.getPartition() < 2 && report.getRound() >= newest - 1)
                .map(report -> report.getReplica() + "," + String.join(",", report.getHeard()))
                .collect(Collectors.toSet());
    }

    private static long forgotten(JobFixture fixture, String replica) {
        return fixture.reports().stream()
                .filter(report -> report.getReplica().equals(replica))
                .mapToLong(RoundReport::getForgotten)
                .sum();
    }

    private static Set<String> returned(Commands commands) {
        return commands.conflicts().stream()
                .filter(conflict -> conflict.reason().equals("RETURNED"))
                .map(OpenConflict::key)
                .map(key -> new String(key, StandardCharsets.UTF_8))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> repaired(JobFixture fixture, String target) {
        return live(fixture.repairs(target));
    }

    /** The keys of repairs that delete nothing. */
    private static Set<String> live(List<Sent> repairs) {
        return repairs.stream()
                .filter(sent -> !sent.event().getDeleted())
                .map(Sent::key)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Lets the job take up the settings of the fixture. */
    private interface Hosting extends AutoCloseable {
        void apply() throws Exception;

        @Override
        void close();
    }

    private static final class Reconfigured implements Hosting {
        private final JobFixture fixture;
        private Job job;

        Reconfigured(JobFixture fixture) {
            this.fixture = fixture;
        }

        @Override
        public void apply() {
            if (job == null) {
                job = fixture.start();
            } else {
                assertThat(job.reconfigure(fixture.config())).isTrue();
            }
        }

        @Override
        public void close() {
            // the fixture closes its job
        }
    }

    private final class Killed implements Hosting {
        private final JobFixture fixture;
        private JobProcess job;

        Killed(JobFixture fixture) {
            this.fixture = fixture;
        }

        @Override
        public void apply() throws Exception {
            if (job != null) {
                job.kill();
            }
            job = new JobProcess(fixture.settings, directory);
        }

        @Override
        public void close() {
            if (job != null) {
                job.close();
            }
        }
    }
}
