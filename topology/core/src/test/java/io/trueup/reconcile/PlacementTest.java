package io.trueup.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.settings.Placement;
import io.trueup.reconcile.settings.Settings;
import io.trueup.reconcile.settings.TestSettings;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PlacementTest {

    /** So many that the owners of some are found past the end of the ring, at its beginning. */
    private static final int PARTITIONS = 4_096;

    private static final List<String> FIVE = List.of("ap", "eu", "jp", "uk", "us");

    @Test
    void shouldGiveEachOfFiveReplicasItsShareOfThePartitions() {
        Map<String, Integer> owned = owned(Placement.ring(FIVE, 3));

        double share = PARTITIONS * 3 / 5.0;
        assertThat(owned).hasSize(5);
        owned.forEach((replica, count) ->
                assertThat(count.doubleValue()).as("%s of %s", replica, owned).isBetween(0.75 * share, 1.25 * share));
    }

    @Test
    void shouldFindAsManyDistinctOwnersAsCopiesInOrderOfName() {
        Placement ring = Placement.ring(List.of("us", "jp", "ap", "uk", "eu"), 3);
        Placement sorted = Placement.ring(FIVE, 3);

        for (int partition = 0; partition < PARTITIONS; partition++) {
            assertThat(ring.owners(partition))
                    .hasSize(3)
                    .doesNotHaveDuplicates()
                    .isSorted()
                    .isEqualTo(sorted.owners(partition));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"ap", "eu", "jp", "uk", "us"})
    void shouldMoveOnlyPartitionsOfTheReplicaThatLeaves(String leaver) {
        Placement before = Placement.ring(FIVE, 3);
        List<String> left = new ArrayList<>(FIVE);
        left.remove(leaver);
        Placement after = Placement.ring(left, 3);

        int moved = 0;
        for (int partition = 0; partition < PARTITIONS; partition++) {
            boolean had = before.owners(partition).contains(leaver);
            if (had) {
                moved++;
                assertThat(after.owners(partition)).containsAll(without(before.owners(partition), leaver));
            } else {
                assertThat(after.owners(partition)).isEqualTo(before.owners(partition));
            }
        }
        System.out.printf("%s leaves: %d of %d partitions move%n", leaver, moved, PARTITIONS);
        assertThat(moved).isEqualTo(owned(before).get(leaver)).isLessThan(PARTITIONS * 3 / 4);
    }

    @Test
    void shouldHaveAnotherFingerprintOnlyWherePartitionsMove() {
        Placement before = Placement.ring(FIVE, 3);
        List<String> six = new ArrayList<>(FIVE);
        six.add("za");
        Placement after = Placement.ring(six, 3);
        Settings settings = TestSettings.settings("ap").with(before);

        int moved = 0;
        for (int partition = 0; partition < PARTITIONS; partition++) {
            boolean same = before.owners(partition).equals(after.owners(partition));
            moved += same ? 0 : 1;
            assertThat(settings.fingerprint(partition) == settings.with(after).fingerprint(partition))
                    .isEqualTo(same);
        }
        assertThat(moved).isBetween(1, PARTITIONS * 3 / 4);
    }

    @Test
    void shouldUseTheGivenOwnersAndAllReplicasWhereNoneAreGiven() {
        Placement explicit = Placement.explicit(FIVE, Map.of(3, List.of("us", "ap", "us")));

        assertThat(explicit.owners(3)).containsExactly("ap", "us");
        assertThat(explicit.owners(4)).isEqualTo(FIVE);
        assertThatThrownBy(() -> Placement.explicit(FIVE, Map.of(1, List.of("za"))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("za");
        assertThatThrownBy(() -> Placement.ring(FIVE, 6)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldCompareAndRepairAmongOwnersOnly() {
        Placement ring = Placement.ring(FIVE, 3);
        Cluster cluster = cluster(ring);
        load(cluster, ring, 2_000, true);

        cluster.rounds(3);

        assertThat(cluster.messages)
                .allSatisfy(
                        message -> assertThat(ring.owners(message.partition())).contains(message.replica()));
        assertThat(cluster.repairs)
                .hasSize(8)
                .allSatisfy(repair ->
                        assertThat(ring.owners(partition(repair))).contains(repair.target(), repair.supplier()));
        assertThat(cluster.reports)
                .noneSatisfy(report -> assertThat(report.peers().silent()).isNotEmpty());
    }

    @Test
    void shouldRebuildNoTreeWhenAReplicaLeavesAndFillOnlyThePartitionsThatMove() {
        Placement before = Placement.ring(FIVE, 3);
        Cluster cluster = cluster(before);
        load(cluster, before, 2_000, false);
        cluster.rounds(2);
        long built = cluster.fullScans();
        Placement after = Placement.ring(List.of("ap", "eu", "jp", "uk"), 3);
        cluster.down.add("us");

        cluster.place(after);
        cluster.rounds(4);

        assertThat(cluster.fullScans()).isEqualTo(built);
        Map<Integer, Integer> repairs = new HashMap<>();
        cluster.repairs.forEach(repair -> repairs.merge(partition(repair), 1, Integer::sum));
        for (int partition = 0; partition < 8; partition++) {
            if (before.owners(partition).equals(after.owners(partition))) {
                assertThat(repairs).doesNotContainKey(partition);
            } else {
                assertThat(repairs.get(partition)).isEqualTo(keys(partition, 2_000));
            }
        }
        assertThat(repairs).isNotEmpty();
    }

    @Test
    void shouldExchangeMessagesAmongOwnersOnly() {
        Cluster cluster = cluster(Placement.explicit(FIVE, Map.of(0, List.of("ap", "eu"))));
        cluster.place(Placement.explicit(FIVE, Map.of(0, List.of("ap", "eu"), 1, List.of("ap"))));
        cluster.messages.clear();

        cluster.rounds(1);

        assertThat(cluster.messages.stream().filter(message -> message.partition() == 0))
                .extracting(Message::replica)
                .containsExactlyInAnyOrder("ap", "eu");
        assertThat(cluster.messages.stream().filter(message -> message.partition() == 1))
                .extracting(Message::replica)
                .containsExactly("ap");
    }

    private static Cluster cluster(Placement placement) {
        return new Cluster(8, TestSettings.settings(FIVE.toArray(String[]::new)).with(placement));
    }

    /** Writes all keys to all owners; where {@code lossy}, the last owner of each partition lacks one. */
    private static void load(Cluster cluster, Placement placement, int keys, boolean lossy) {
        TreeMap<Integer, String> lost = new TreeMap<>();
        for (int i = 0; i < keys; i++) {
            String key = "k" + i;
            int partition = Math.floorMod(key.hashCode(), 8);
            List<String> owners = placement.owners(partition);
            boolean lose = lossy && lost.putIfAbsent(partition, key) == null;
            cluster.writeTo(lose ? owners.subList(0, 2) : owners, key, 1, cluster.nowMs - 60_000, "v");
        }
    }

    private static int keys(int partition, int keys) {
        int count = 0;
        for (int i = 0; i < keys; i++) {
            count += Math.floorMod(("k" + i).hashCode(), 8) == partition ? 1 : 0;
        }
        return count;
    }

    private static int partition(Repair repair) {
        return Math.floorMod(new String(repair.key(), java.nio.charset.StandardCharsets.UTF_8).hashCode(), 8);
    }

    private static Map<String, Integer> owned(Placement placement) {
        Map<String, Integer> owned = new TreeMap<>();
        for (int partition = 0; partition < PARTITIONS; partition++) {
            placement.owners(partition).forEach(owner -> owned.merge(owner, 1, Integer::sum));
        }
        return owned;
    }

    private static List<String> without(List<String> names, String name) {
        return names.stream().filter(other -> !other.equals(name)).toList();
    }
}
