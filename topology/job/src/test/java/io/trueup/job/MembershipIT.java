package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.reconcile.settings.Placement;
import io.trueup.schema.Outcome;
import io.trueup.schema.RoundReport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Replicas that join and leave a running job: two copies of eight partitions. */
@Tag("proof")
class MembershipIT {

    private static final int PARTITIONS = 8;
    private static final int KEYS = 200;

    @TempDir
    Path directory;

    private final Map<String, Set<Integer>> filled = new HashMap<>();
    private JobFixture fixture;
    private Job job;

    @Test
    void shouldTouchOnlyThePartitionsThatMoveWhenAReplicaJoinsAndAnotherLeaves() {
        try (JobFixture opened = new JobFixture(directory, "ap", "eu", "jp", "sa", "us")) {
            fixture = opened;
            fixture.settings.put("topics.partitions", Integer.toString(PARTITIONS));
            fixture.settings.put("placement", "ring:2");
            fixture.settings.put("replicas", "ap,eu,jp,us");
            fixture.createTopics();
            Placement four = placement();
            writeToOwners(four);
            for (String replica : List.of("ap", "eu", "jp", "us")) {
                fixture.answer(replica);
            }
            job = fixture.start();
            awaitEqual(four);
            assertThat(treesBuilt()).isEqualTo(Map.of("ap", 8L, "eu", 8L, "jp", 8L, "us", 8L));

            long joined = newestRound();
            fixture.settings.put("replicas", "ap,eu,jp,sa,us");
            assertThat(job.reconfigure(fixture.config())).isTrue();
            fixture.answer("sa");
            Placement five = placement();
            awaitEqual(five);

            assertThat(treesBuilt()).isEqualTo(Map.of("ap", 8L, "eu", 8L, "jp", 8L, "sa", 8L, "us", 8L));
            assertMoved("sa joins", joined, four, five, List.of("ap", "eu", "jp", "us"));

            long left = newestRound();
            fixture.settings.put("replicas", "ap,jp,sa,us");
            assertThat(job.reconfigure(fixture.config())).isTrue();
            Placement without = placement();
            awaitEqual(without);

            assertThat(treesBuilt()).isEqualTo(Map.of("ap", 8L, "jp", 8L, "sa", 8L, "us", 8L));
            assertMoved("eu leaves", left, five, without, List.of("ap", "jp", "sa", "us"));
            assertThat(fixture.repairs("eu")).isEmpty();
            assertThat(job.status().failure()).isEmpty();
        }
    }

    @Test
    void shouldContinueUnchangedWhenAChangeCannotBeTakenUp() {
        try (JobFixture opened = new JobFixture(directory, "eu", "us")) {
            fixture = opened;
            fixture.createTopics();
            job = fixture.start();
            await().atMost(JobFixture.PATIENCE).until(() -> job.status().running());

            fixture.settings.put("grace", "600ms");
            assertThat(job.reconfigure(fixture.config()))
                    .as("grace needs a restart")
                    .isFalse();
            fixture.settings.put("grace", "500ms");
            fixture.settings.put("replicas", "ap,eu,us");
            assertThat(job.reconfigure(fixture.config()))
                    .as("there is no writes topic of the new replica, and none is created")
                    .isFalse();
            fixture.broker.createTopics(JobFixture.PARTITIONS + 1, fixture.dataset + ".writes.ap");
            assertThat(job.reconfigure(fixture.config()))
                    .as("the topic has too many partitions")
                    .isFalse();

            assertThat(job.status().running()).isTrue();
            assertThat(job.status().replicas()).containsOnlyKeys("eu", "us");
            fixture.awaitRounds(1);
            assertThat(fixture.reports())
                    .allSatisfy(report -> assertThat(report.getSilent()).doesNotContain("ap"));
        }
    }

    private Placement placement() {
        return fixture.config().settings("us").placement();
    }

    private void writeToOwners(Placement placement) {
        long positionMs = System.currentTimeMillis() - 60_000;
        for (int i = 0; i < KEYS; i++) {
            String key = "city-" + i;
            for (String owner : placement.owners(partition(key))) {
                fixture.write(owner, key, 1, positionMs, "value " + i);
            }
        }
        fixture.flush();
        owned(placement).forEach((replica, partitions) -> filled.put(replica, new TreeSet<>(partitions)));
    }

    private static int partition(String key) {
        return BuiltInPartitioner.partitionForKey(JobFixture.bytes(key), PARTITIONS);
    }

    private static Map<String, Set<Integer>> owned(Placement placement) {
        Map<String, Set<Integer>> owned = new HashMap<>();
        placement.replicas().forEach(replica -> owned.put(replica, new TreeSet<>()));
        for (int partition = 0; partition < PARTITIONS; partition++) {
            for (String owner : placement.owners(partition)) {
                owned.get(owner).add(partition);
            }
        }
        return owned;
    }

    /** Waits until the owners of each partition have heard exactly each other and are equal. */
    private void awaitEqual(Placement placement) {
        await().atMost(JobFixture.PATIENCE).pollInterval(Duration.ofMillis(500)).until(() -> {
            Map<String, RoundReport> last = fixture.reports().stream()
                    .collect(Collectors.toMap(
                            MembershipIT::place, report -> report, (a, b) -> a.getRound() > b.getRound() ? a : b));
            return IntStream.range(0, PARTITIONS)
                    .allMatch(partition -> placement.owners(partition).stream()
                            .allMatch(owner ->
                                    equal(last.get(owner + "/" + partition), peers(placement, partition, owner))));
        });
    }

    private static boolean equal(RoundReport report, List<String> peers) {
        return report != null
                && report.getOutcome() == Outcome.EQUAL
                && report.getLagging().isEmpty()
                && report.getFilling().isEmpty()
                && report.getHeard().equals(peers);
    }

    private long newestRound() {
        return fixture.reports().stream().mapToLong(RoundReport::getRound).max().orElseThrow();
    }

    private static String place(RoundReport report) {
        return report.getReplica() + "/" + report.getPartition();
    }

    private static List<String> peers(Placement placement, int partition, String owner) {
        return placement.owners(partition).stream()
                .filter(peer -> !peer.equals(owner))
                .toList();
    }

    private Map<String, Long> treesBuilt() {
        return job.status().replicas().entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, replica -> replica.getValue().treesBuilt()));
    }

    /** Compares reports, repairs and status with the two placements. */
    private void assertMoved(String what, long since, Placement before, Placement now, List<String> members) {
        Set<Integer> moved = IntStream.range(0, PARTITIONS)
                .filter(partition -> !before.owners(partition).equals(now.owners(partition)))
                .boxed()
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(moved).as("partitions that move").isNotEmpty().hasSizeLessThan(PARTITIONS);

        Map<String, List<RoundReport>> reports = fixture.reports().stream()
                .filter(report -> report.getRound() > since)
                .collect(Collectors.groupingBy(MembershipIT::place));
        long newest = newestRound();
        List<String> untouched = new ArrayList<>();
        for (int partition = 0; partition < PARTITIONS; partition++) {
            for (String owner : before.owners(partition)) {
                String place = owner + "/" + partition;
                if (!moved.contains(partition)) {
                    assertUndisturbed(reports.get(place), peers(now, partition, owner));
                    untouched.add(place);
                } else if (!now.owners(partition).contains(owner)) {
                    assertThat(reports.getOrDefault(place, List.of()))
                            .as("no rounds of " + place + " since it moved")
                            .allSatisfy(report -> assertThat(report.getRound()).isLessThan(newest));
                }
            }
        }
        assertFilled(now);
        for (String member : members) {
            job.status()
                    .replicas()
                    .get(member)
                    .partitions()
                    .forEach((partition, status) -> assertThat(status.owned())
                            .as(member + "/" + partition)
                            .isEqualTo(now.owners(partition).contains(member)));
        }
        int trees = PARTITIONS * members.size();
        Map<String, Long> built = treesBuilt();
        long builtAgain = members.stream().mapToLong(built::get).sum() - trees;
        assertThat(builtAgain).isZero();
        System.out.println(what + ": partitions " + moved + " of " + PARTITIONS + " move; " + untouched.size() + " of "
                + 2 * PARTITIONS + " owned trees undisturbed; trees built again: " + builtAgain + " of " + trees);
    }

    /** Every round of a partition whose owners stay the same was reported, and no other replica was heard. */
    private static void assertUndisturbed(List<RoundReport> reports, List<String> peers) {
        List<RoundReport> inOrder = reports.stream()
                .sorted(Comparator.comparingLong(RoundReport::getRound))
                .toList();
        assertThat(inOrder).hasSizeGreaterThan(1);
        for (int i = 0; i < inOrder.size(); i++) {
            RoundReport report = inOrder.get(i);
            assertThat(report.getRound()).isEqualTo(inOrder.get(0).getRound() + i);
            assertThat(report.getDisagreeing()).isEmpty();
            assertThat(peers).containsAll(report.getHeard()).containsAll(report.getSilent());
            assertThat(report.getRepairs()).isEmpty();
        }
    }

    /** All keys of the partitions that a replica had not owned before were repaired, and no others. */
    private void assertFilled(Placement now) {
        Map<String, Set<String>> expected = new HashMap<>();
        owned(now).forEach((replica, partitions) -> {
            Set<Integer> gained = new HashSet<>(partitions);
            gained.removeAll(filled.getOrDefault(replica, Set.of()));
            Set<String> keys = IntStream.range(0, KEYS)
                    .mapToObj(i -> "city-" + i)
                    .filter(key -> gained.contains(partition(key)))
                    .collect(Collectors.toSet());
            if (!keys.isEmpty()) {
                expected.put(replica, keys);
            }
        });
        Map<String, Set<String>> sent = fixture.repairs().stream()
                .collect(Collectors.groupingBy(
                        repair -> repair.event().getTarget(),
                        Collectors.mapping(JobFixture.Sent::key, Collectors.toSet())));
        assertThat(sent).isEqualTo(expected);
    }
}
