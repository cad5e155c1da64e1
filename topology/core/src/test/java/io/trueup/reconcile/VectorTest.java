package io.trueup.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.rule.Conflict;
import io.trueup.reconcile.rule.Divergence;
import io.trueup.reconcile.settings.Placement;
import io.trueup.reconcile.settings.Settings;
import io.trueup.reconcile.settings.TestSettings;
import io.trueup.tree.VersionVector;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Version vectors: the entry that dominates wins; concurrent entries are left to a person. */
class VectorTest {

    private static final List<String> OTHERS = List.of("ap", "eu");

    private final Cluster cluster =
            new Cluster(1, TestSettings.settings(Settings.Resolution.VECTOR, null, false, "ap", "eu", "us"));

    @Test
    void shouldReplaceADominatedEntry() {
        write(OTHERS, "k", "eu=2,us=1", "new");
        write(List.of("us"), "k", "eu=1,us=1", "old");

        cluster.rounds(3);

        assertThat(cluster.repairs).singleElement().satisfies(repair -> {
            assertThat(repair.target()).isEqualTo("us");
            assertThat(repair.reason()).isEqualTo(Divergence.STALE);
            assertThat(repair.winner().vector()).isEqualTo(Cluster.vector("eu=2,us=1"));
        });
        assertThat(cluster.unequal()).isEmpty();
        assertThat(cluster.conflicts).isEmpty();
    }

    @Test
    void shouldNeverReplaceAnythingByAConcurrentEntryHoweverHighItsSum() {
        write(OTHERS, "k", "eu=9", "nine");
        write(List.of("us"), "k", "us=1", "one");

        cluster.rounds(6);

        assertThat(cluster.repairs).isEmpty();
        assertThat(cluster.held("us", "k").value()).isEqualTo("one");
    }

    @Test
    void shouldRepairAReplicaThatMissesAKeyWhichConcurrentWritersKeepHot() {
        write(List.of("us"), "k", "ap=1", "old");

        for (int i = 1; i <= 120; i++) {
            cluster.write("ap", "k", "ap=" + (i + 1) + ",eu=" + i, cluster.nowMs, "left" + i);
            cluster.write("eu", "k", "ap=" + i + ",eu=" + (i + 1), cluster.nowMs, "right" + i);
            cluster.advance(500);
            cluster.progress();
        }

        assertThat(cluster.repairs).isNotEmpty().allSatisfy(repair -> {
            assertThat(repair.target()).isEqualTo("us");
            assertThat(repair.reason()).isEqualTo(Divergence.STALE);
        });
        assertThat(cluster.held("us", "k").value()).startsWith("left");
        assertThat(cluster.conflicts).isEmpty();
    }

    @Test
    void shouldReportAConflictWithBothSidesOnceAndThenWithGrowingPauses() {
        write(OTHERS, "k", "eu=2", "left");
        write(List.of("us"), "k", "us=1", "right");

        cluster.rounds(1);
        assertThat(cluster.conflicts).singleElement().satisfies(conflict -> {
            assertThat(new String(conflict.key(), StandardCharsets.UTF_8)).isEqualTo("k");
            assertThat(conflict.sides()).extracting(Conflict.Side::replicas).containsExactly(OTHERS, List.of("us"));
            assertThat(conflict.sides())
                    .extracting(side -> side.entry().vector())
                    .containsExactly(Cluster.vector("eu=2"), Cluster.vector("us=1"));
        });

        cluster.rounds(39);
        List<Long> cuts = cluster.conflicts.stream().map(Conflict::cutMs).toList();
        assertThat(cuts).hasSizeBetween(3, 6);
        for (int i = 2; i < cuts.size(); i++) {
            assertThat(cuts.get(i) - cuts.get(i - 1)).isGreaterThan(cuts.get(i - 1) - cuts.get(i - 2));
        }
    }

    @Test
    void shouldReportAgainAtOnceWhenASideChanges() {
        write(OTHERS, "k", "eu=2", "left");
        write(List.of("us"), "k", "us=1", "right");
        cluster.rounds(1);

        write(List.of("us"), "k", "us=2", "further right");
        cluster.rounds(2);

        assertThat(cluster.conflicts)
                .extracting(conflict -> conflict.sides().get(1).entry().version())
                .containsExactly(1L, 2L);
    }

    @Test
    void shouldLeaveReportsOfAConflictToTheRemainingOwners() {
        write(OTHERS, "k", "eu=2", "left");
        write(List.of("us"), "k", "us=1", "right");
        cluster.rounds(1);

        cluster.place(Placement.explicit(cluster.replicas, Map.of(0, List.of("eu", "us"))));
        cluster.rounds(1);
        write(cluster.replicas, "k", "eu=3,us=1", "both");
        cluster.rounds(2);

        assertThat(cluster.conflicts)
                .extracting(Conflict::reporter, conflict -> conflict.sides().size())
                .containsExactly(tuple("ap", 2), tuple("eu", 2), tuple("eu", 0), tuple("ap", 0));
    }

    /** The replica that leaves held one of the sides; the others agree, and one of them must say so. */
    @Test
    void shouldReportTheConflictOfAReplicaThatHasLeftAsSettledWhenTheOthersAreEqual() {
        write(List.of("ap"), "k", "eu=2", "left");
        write(List.of("eu", "us"), "k", "us=1", "right");
        cluster.rounds(1);
        assertThat(cluster.conflicts).hasSize(1);

        cluster.place(Placement.explicit(cluster.replicas, Map.of(0, List.of("eu", "us"))));
        cluster.lose = message -> true;
        cluster.rounds(1);
        assertThat(cluster.conflicts)
                .as("ap has left, and the others are not compared yet")
                .hasSize(1);
        cluster.lose = message -> false;
        cluster.restart("eu");
        cluster.rounds(2);

        assertThat(cluster.conflicts)
                .extracting(Conflict::reporter, conflict -> conflict.sides().size())
                .containsExactly(tuple("ap", 2), tuple("ap", 0));
        cluster.rounds(3);
        assertThat(cluster.conflicts)
                .as("ap cannot see that, and withdraws it once more")
                .extracting(Conflict::reporter, conflict -> conflict.sides().size())
                .containsExactly(tuple("ap", 2), tuple("ap", 0), tuple("ap", 0));
        assertThat(cluster.notesOf("ap", "conflict")).isZero();
    }

    @Test
    void shouldReportThatAConflictIsSettledWhenAWriteDominatesBothSides() {
        write(OTHERS, "k", "eu=2", "left");
        write(List.of("us"), "k", "us=1", "right");
        cluster.rounds(1);

        write(List.of("us"), "k", "eu=2,us=2", "merged by a client");
        cluster.rounds(4);

        assertThat(cluster.unequal()).isEmpty();
        assertThat(cluster.conflicts).hasSize(2);
        assertThat(cluster.conflicts.get(1).sides()).isEmpty();
    }

    @Test
    void shouldNotReportAConflictThatANewerWriteHasAlreadySettled() {
        write(List.of("eu"), "k", "eu=2", "left");
        write(List.of("us"), "k", "us=1", "right");
        cluster.advance(9_500 - cluster.nowMs % 10_000);
        cluster.progress();
        cluster.write("ap", "k", "eu=2,us=2", cluster.nowMs, "merged, on its way");

        cluster.advance(500);
        cluster.advance(3_000);

        assertThat(cluster.conflicts).isEmpty();
        cluster.rounds(3);
        assertThat(cluster.unequal()).isEmpty();
        assertThat(cluster.conflicts).isEmpty();
    }

    @Test
    void shouldNotReplaceAConcurrentEntryThatIsNotJudgeableYet() {
        write(OTHERS, "k", "eu=2", "left");
        cluster.advance(9_500 - cluster.nowMs % 10_000);
        cluster.progress();
        cluster.write("us", "k", "us=1", cluster.nowMs, "right, just now");

        cluster.advance(500);
        cluster.advance(8_000);

        assertThat(cluster.messages)
                .anyMatch(message ->
                        message.body() instanceof Message.Segment || message.body() instanceof Message.Entries);
        assertThat(cluster.repairs).isEmpty();
    }

    @Test
    void shouldMergeTheVectorsOfAllSidesWhenAPersonChooses() {
        write(OTHERS, "k", "eu=2", "left");
        write(List.of("us"), "k", "us=1", "right");
        cluster.rounds(2);

        cluster.command("k", cluster.choice("k", "us", 1, Cluster.vector("eu=2,us=1")));

        assertThat(cluster.repairs).extracting(Repair::target).containsExactlyInAnyOrder("ap", "eu", "us");
        assertThat(cluster.unequal()).isEmpty();
        assertThat(cluster.held("eu", "k").value()).isEqualTo("right");
        assertThat(cluster.held("us", "k").vector()).isEqualTo(Cluster.vector("eu=2,us=1"));
        cluster.rounds(2);
        assertThat(cluster.conflicts.get(cluster.conflicts.size() - 1).sides()).isEmpty();
        assertThat(cluster.repairs).hasSize(3);
    }

    @Test
    void shouldIgnoreAChoiceOfAnEntryThatTheReplicaNoLongerHolds() {
        write(OTHERS, "k", "eu=2", "left");
        write(List.of("us"), "k", "us=1", "right");
        cluster.rounds(1);
        write(List.of("us"), "k", "us=2", "further right");

        cluster.command("k", cluster.choice("k", "us", 1, Cluster.vector("eu=2,us=1")));

        assertThat(cluster.repairs).isEmpty();
    }

    /** The report names the tombstone for both replicas on whose side the key is dead. */
    @Test
    void shouldCarryOutTheChoiceOfADeleteThoughTheReplicaNamedHoldsAnExpiredEntry() {
        cluster.expiring("ap", "k", "ap=1", cluster.nowMs - 60_000, "expired", cluster.nowMs - 50_000);
        write(List.of("eu"), "k", "eu=2", null);
        write(List.of("us"), "k", "us=1", "alive");
        cluster.rounds(2);
        Conflict.Side dead = cluster.conflicts.get(0).sides().stream()
                .filter(side -> side.replicas().equals(OTHERS))
                .findFirst()
                .orElseThrow();
        assertThat(dead.entry().deleted()).isTrue();

        cluster.command(
                "k",
                new Message.Choice(
                        "k".getBytes(StandardCharsets.UTF_8),
                        "ap",
                        dead.entry().version(),
                        dead.entry().digest(),
                        Cluster.vector("ap=1,eu=2,us=1"),
                        cluster.nowMs + 60_000));
        cluster.rounds(2);

        assertThat(cluster.unequal()).isEmpty();
        assertThat(cluster.conflicts.get(cluster.conflicts.size() - 1).sides()).isEmpty();
        assertThat(cluster.held("us", "k").expiryMs()).isLessThan(cluster.nowMs);
    }

    @Test
    void shouldTreatADeleteAsASideOfAConflict() {
        write(OTHERS, "k", "eu=2", null);
        write(List.of("us"), "k", "us=1", "alive");

        cluster.rounds(2);

        assertThat(cluster.repairs).isEmpty();
        assertThat(cluster.conflicts).hasSize(1);
        cluster.command("k", cluster.choice("k", "ap", 2, Cluster.vector("eu=2,us=1")));
        assertThat(cluster.held("us", "k").deleted()).isTrue();
        cluster.rounds(2);
        assertThat(cluster.conflicts.get(cluster.conflicts.size() - 1).sides()).isEmpty();
    }

    @Test
    void shouldDeleteAnEntryThatOneOfTwoConcurrentDeletesDominates() {
        write(List.of("ap"), "k", "eu=5", null);
        write(List.of("eu"), "k", "us=2", null);
        write(List.of("us"), "k", "us=1", "alive");

        cluster.rounds(3);

        assertThat(cluster.held("us", "k").deleted()).isTrue();
        assertThat(cluster.conflicts).isEmpty();
    }

    @Test
    void shouldRememberReportedConflictsOverARestart() {
        write(OTHERS, "k", "eu=2", "left");
        write(List.of("us"), "k", "us=1", "right");
        cluster.rounds(1);
        cluster.restart("ap");
        write(List.of("us"), "k", "eu=2,us=2", "merged by a client");

        cluster.rounds(6);

        assertThat(cluster.unequal()).isEmpty();
        assertThat(cluster.conflicts.get(cluster.conflicts.size() - 1).sides()).isEmpty();
        assertThat(cluster.conflicts.stream()
                        .filter(conflict -> conflict.sides().isEmpty()))
                .hasSize(1);
    }

    @Test
    void shouldRepairAHotKeyThatOneReplicaHasLost() {
        for (int i = 0; i < 500; i++) {
            write(cluster.replicas, "k" + i, "eu=1", "v");
        }
        long version = 1;
        for (long end = cluster.nowMs + 60_000; cluster.nowMs < end; ) {
            cluster.advance(100);
            if (cluster.nowMs % 1_000 == 0) {
                cluster.progress();
            }
            String vector = "ap=" + version / 2 + ",eu=" + (version + 1) / 2;
            OTHERS.forEach(replica -> cluster.write(replica, "k1", vector, cluster.nowMs, "v"));
            version++;
        }

        assertThat(cluster.repairs)
                .isNotEmpty()
                .allSatisfy(repair -> assertThat(repair.target()).isEqualTo("us"));
        assertThat(cluster.conflicts).isEmpty();
    }

    /** The text of both vectors is {@code a=1,b=1,c=3}, and the sum is the same. */
    @Test
    void shouldGiveRepairsByDifferentVectorsDifferentIds() {
        String id = idOfRepairBy(VersionVector.of(Map.of("a", 1L, "b=1,c", 3L)));

        assertThat(idOfRepairBy(VersionVector.of(Map.of("a=1,b", 1L, "c", 3L)))).isNotEqualTo(id);
        assertThat(idOfRepairBy(VersionVector.of(Map.of("a", 1L, "b=1,c", 3L)))).isEqualTo(id);
    }

    private static String idOfRepairBy(VersionVector vector) {
        Cluster two = new Cluster(1, TestSettings.settings(Settings.Resolution.VECTOR, null, false, "eu", "us"));
        two.write("eu", "k", vector, two.nowMs - 50_000, "v");
        two.write("us", "other", vector, two.nowMs - 50_000, "v");
        two.rounds(1);
        return two.repairs.stream()
                .filter(repair -> repair.target().equals("us"))
                .findFirst()
                .orElseThrow()
                .id();
    }

    private void write(List<String> replicas, String key, String vector, String value) {
        replicas.forEach(replica -> cluster.write(replica, key, vector, cluster.nowMs - 50_000, value));
    }
}
