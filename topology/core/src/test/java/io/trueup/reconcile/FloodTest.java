package io.trueup.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.settings.Placement;
import io.trueup.reconcile.settings.Settings;
import io.trueup.reconcile.settings.TestSettings;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The guard trips for more than a tenth of the keys, and for 100 keys at least. */
class FloodTest {

    private static final List<String> ALL = List.of("ap", "eu", "us");
    private static final List<String> OTHERS = List.of("ap", "eu");

    private final Cluster cluster = new Cluster(1, guarded(TestSettings.settings("ap", "eu", "us")));

    private static Settings guarded(Settings settings) {
        return settings.changed().floodFraction(0.1).floodMinKeys(100).build();
    }

    @ParameterizedTest
    @ValueSource(ints = {150, 200})
    void shouldRepairUpToTheFraction(int lost) {
        load(2_000, lost);

        cluster.rounds(2);

        assertThat(cluster.repairs).hasSize(lost);
        assertThat(cluster.unequal()).isEmpty();
    }

    @Test
    void shouldHoldRepairsBackAboveTheFractionAndReportIt() {
        load(2_000, 201);

        cluster.rounds(3);

        assertThat(cluster.repairs).isEmpty();
        cluster.reportsOf
                .values()
                .forEach(reports -> assertThat(reports.get(reports.size() - 1)).satisfies(report -> {
                    assertThat(report.repairs().guarded()).containsOnlyKeys("us");
                    assertThat(report.repairs().guarded().get("us")).isEqualTo(201);
                    assertThat(report.comparison().sample())
                            .extracting(RoundSummary.DivergentKey::action)
                            .containsOnly(RoundSummary.Action.GUARDED);
                }));
    }

    @Test
    void shouldNotTripForFewerKeysThanTheMinimum() {
        load(500, 99);

        cluster.rounds(2);

        assertThat(cluster.repairs).hasSize(99);
    }

    @Test
    void shouldTripAtTheMinimumOfKeys() {
        load(500, 100);

        cluster.rounds(3);

        assertThat(cluster.repairs).isEmpty();
    }

    @Test
    void shouldHoldBackDeletesToo() {
        load(1_000, 0);
        for (int i = 0; i < 300; i++) {
            cluster.delete("ap", "k" + i, 2, cluster.nowMs - 30_000);
            cluster.delete("eu", "k" + i, 2, cluster.nowMs - 30_000);
        }

        cluster.rounds(3);

        assertThat(cluster.repairs).isEmpty();
        assertThat(last("us").repairs().guarded()).containsEntry("us", 300L);
    }

    @Test
    void shouldNotTripForAnEmptyReplica() {
        load(1_000, 1_000);

        cluster.rounds(2);

        assertThat(cluster.repairs).hasSize(1_000);
        assertThat(cluster.reports)
                .allSatisfy(report -> assertThat(report.repairs().guarded()).isEmpty());
    }

    @Test
    void shouldNotTripForTheBacklogOfAnOutageThatStillLasts() {
        outage();

        assertThat(cluster.repairs).hasSize(500);
        assertThat(cluster.unequal()).isEmpty();
    }

    @Test
    void shouldNotTripForTheBacklogOfAnOutageAfterTheReturn() {
        cluster.loseRepair = repair -> true;
        outage();
        cluster.repairs.clear();
        cluster.loseRepair = repair -> false;
        cluster.stalled.clear();

        cluster.rounds(5);

        assertThat(cluster.unequal()).isEmpty();
        assertThat(cluster.reports)
                .allSatisfy(report -> assertThat(report.repairs().guarded()).isEmpty());
    }

    @Test
    void shouldTripIfAsManyKeysAreLostWithoutAnOutage() {
        load(2_000, 0);
        cluster.rounds(2);
        for (int i = 0; i < 500; i++) {
            cluster.writeTo(OTHERS, "new" + i, 1, cluster.nowMs, "v");
        }

        cluster.rounds(5);

        assertThat(cluster.repairs).isEmpty();
    }

    @Test
    void shouldOpenForAnApprovalUntilItExpires() {
        load(2_000, 400);
        cluster.rounds(2);
        assertThat(cluster.repairs).isEmpty();

        cluster.command("k", new Message.Approval("us", Message.Scope.FLOOD, cluster.nowMs + 30_000));
        cluster.rounds(2);
        assertThat(cluster.repairs).hasSize(400);
        assertThat(last("eu").repairs().guarded()).isEmpty();

        cluster.rounds(2);
        for (int i = 0; i < 400; i++) {
            cluster.writeTo(OTHERS, "new" + i, 1, cluster.nowMs, "v");
        }
        cluster.rounds(4);
        assertThat(cluster.repairs).hasSize(400);
        assertThat(last("eu").repairs().guarded()).containsEntry("us", 400L);
    }

    @Test
    void shouldNotOpenForAnExpiredApproval() {
        load(2_000, 400);
        cluster.rounds(2);

        cluster.command("k", new Message.Approval("us", Message.Scope.FLOOD, cluster.nowMs - 1));
        cluster.probe("eu", "k0");
        cluster.advance(100);
        cluster.advance(100);

        assertThat(cluster.repairs).isEmpty();
    }

    @Test
    void shouldHoldBackRepairsFoundByProbesToo() {
        load(2_000, 400);
        cluster.rounds(2);

        cluster.probe("eu", "k0");
        cluster.advance(100);
        cluster.advance(100);

        assertThat(cluster.repairs).isEmpty();
    }

    /** The guard has weighed nothing since the start: 1 000 probes could repair what a round would hold back. */
    @Test
    void shouldHoldBackRepairsFoundByProbesBeforeTheFirstRound() {
        load(2_000, 1_000);
        cluster.progress();
        cluster.advance(1_000);
        cluster.advance(1_000);
        cluster.progress();

        for (int i = 0; i < 1_000; i++) {
            cluster.probe("eu", "k" + i);
        }
        cluster.advance(100);
        cluster.advance(100);

        assertThat(cluster.messages)
                .as("the keys were compared")
                .filteredOn(message -> message.body() instanceof Message.ProbeAnswer)
                .hasSize(3_000);
        assertThat(cluster.repairs).isEmpty();
    }

    @Test
    void shouldOpenWhenACompleteRoundFindsFewDivergences() {
        load(2_000, 400);
        cluster.rounds(2);
        for (int i = 10; i < 400; i++) {
            cluster.write("us", "k" + i, 1, cluster.nowMs - 60_000, "v" + i);
        }

        cluster.rounds(3);

        assertThat(cluster.repairs).hasSize(10);
        assertThat(last("ap").repairs().guarded()).isEmpty();
    }

    @Test
    void shouldStayClosedWhileTheTargetIsNotCompared() {
        load(2_000, 400);
        cluster.rounds(2);
        cluster.stalled.add("us");
        cluster.write("ap", "fresh", 1, cluster.nowMs, "v");
        cluster.write("eu", "fresh", 1, cluster.nowMs, "v");

        cluster.rounds(2);

        assertThat(last("ap").peers().lagging()).containsExactly("us");
        assertThat(last("ap").repairs().guarded()).containsKey("us");
    }

    @Test
    void shouldRepairNothingIfOneReplicaUsesAnotherPartitioner() {
        Settings settings = TestSettings.bounded(guarded(TestSettings.settings("ap", "eu", "us")), 16, 1_000);

        assertNoRepairWithAnotherPartitioner(new Cluster(4, settings), 8_000);
    }

    @Test
    void shouldRepairNothingWithAnotherPartitionerEvenIfMostSegmentsAreEmptyOnOneSide() {
        Settings settings = guarded(TestSettings.settings("ap", "eu", "us"))
                .changed()
                .segmentBits(12)
                .build();

        assertNoRepairWithAnotherPartitioner(new Cluster(4, settings), 1_600);
    }

    @Test
    void shouldRepairNothingWithAnotherPartitionerEvenIfTheReplicaWasEmptyAtFirst() {
        Cluster late = new Cluster(1, guarded(TestSettings.settings("ap", "eu", "us")));
        late.applyRepairs = false;
        for (int i = 0; i < 2_000; i++) {
            late.writeTo(OTHERS, "k" + i, 1, late.nowMs - 5_000, "v");
        }
        late.stalled.add("us");
        late.rounds(1);
        late.stalled.clear();
        assertThat(late.repairs).isEmpty();
        for (int i = 0; i < 2_000; i++) {
            late.write("us", "other" + i, 1, late.nowMs - 5_000, "v");
        }

        late.rounds(4);

        assertThat(late.repairs).isEmpty();
    }

    @Test
    void shouldRepairNothingWithAnotherPartitionerEvenWithFewerKeysThanTheMinimum() {
        assertNoRepairWithAnotherPartitioner(new Cluster(4, guarded(TestSettings.settings("ap", "eu", "us"))), 360);
    }

    @Test
    void shouldRepairNothingWithAnotherPartitionerEvenIfTheReplicaIsLoadedGradually() {
        Cluster joined = new Cluster(4, guarded(TestSettings.settings("ap", "eu", "us")));
        for (int i = 0; i < 8_000; i++) {
            int right = Math.floorMod(("k" + i).hashCode(), 4);
            joined.writeInto(right, "ap", "k" + i, 1, joined.nowMs - 60_000, "v");
            joined.writeInto(right, "eu", "k" + i, 1, joined.nowMs - 60_000, "v");
        }
        for (int i = 0; i < 4_000; i++) {
            int wrong = Math.floorMod(("k" + i).hashCode() + 1, 4);
            joined.writeInto(wrong, "us", "k" + i, 1, joined.nowMs - 60_000, "v");
            if (i % 400 == 399) {
                joined.rounds(1);
            }
        }

        assertThat(joined.repairs).isEmpty();
        assertThat(joined.reports.get(joined.reports.size() - 1).repairs().guarded())
                .isNotEmpty();
    }

    @Test
    void shouldNotTreatAReplicaAsEmptyThatLostMostKeysBeforeItHeardAnyOther() {
        cluster.lose =
                message -> message.replica().equals("ap") || message.replica().equals("eu");
        load(2_000, 0);
        cluster.rounds(1);
        for (int i = 0; i < 1_950; i++) {
            cluster.vanish("us", "k" + i);
        }
        cluster.scan("us");
        cluster.lose = message -> false;

        cluster.rounds(2);

        assertThat(cluster.repairs).isEmpty();
    }

    @Test
    void shouldStayClosedForAReplicaThatLosesTheRestToo() {
        load(1_000, 900);
        cluster.rounds(1);
        for (int i = 900; i < 1_000; i++) {
            cluster.vanish("us", "k" + i);
        }
        cluster.scan("us");

        cluster.rounds(3);

        assertThat(cluster.repairs).isEmpty();
        assertThat(last("ap").repairs().guarded()).containsKey("us");
    }

    /** It holds no value, but the tombstone of a key: it has held something before. */
    @Test
    void shouldNotTreatAReplicaAsEmptyThatHoldsATombstone() {
        load(1_000, 0);
        cluster.rounds(1);
        ALL.forEach(replica -> cluster.delete(replica, "k0", 2, cluster.nowMs));
        for (int i = 1; i < 1_000; i++) {
            cluster.vanish("us", "k" + i);
        }
        cluster.scan("us");

        cluster.rounds(3);

        assertThat(cluster.repairs).isEmpty();
        assertThat(last("ap").repairs().guarded()).containsKey("us");
    }

    @Test
    void shouldHoldBackRepairsOfEmptySegmentsUnlessTheReplicaWasEmpty() {
        Settings settings = guarded(TestSettings.settings("ap", "eu", "us"))
                .changed()
                .segmentBits(12)
                .build();
        Cluster truncated = new Cluster(1, settings);
        for (int i = 0; i < 2_000; i++) {
            truncated.writeTo(i < 1_750 ? OTHERS : ALL, "k" + i, 1, truncated.nowMs - 60_000, "v");
        }

        truncated.rounds(3);

        assertThat(truncated.repairs).isEmpty();
    }

    @Test
    void shouldHoldBackRepairsOfEmptySegmentsEvenIfTheReplicaIsHeardAfterTheOthersAreCompared() {
        Settings settings = guarded(TestSettings.settings("ap", "eu", "us"))
                .changed()
                .segmentBits(12)
                .build();
        Cluster truncated = new Cluster(1, settings);
        for (int i = 0; i < 2_000; i++) {
            truncated.writeTo(i < 1_750 ? OTHERS : ALL, "k" + i, 1, truncated.nowMs - 60_000, "v");
        }
        truncated.delay = message -> message.replica().equals("us");
        truncated.progress();
        truncated.advance(10_000);
        truncated.advance(3_000);

        truncated.release(1);
        truncated.advance(5_000);

        assertThat(truncated.reportsOf.get("ap").get(0).peers().heard()).contains("us");
        assertThat(truncated.repairs).isEmpty();
    }

    @Test
    void shouldStayClosedAfterARoundThatDidNotHearTheEntriesOfTheTarget() {
        load(2_000, 400);
        cluster.rounds(2);
        cluster.lose = message -> message.replica().equals("us") && message.body() instanceof Message.Segment;

        cluster.rounds(1);

        assertThat(last("ap").peers().heard()).contains("us");
        assertThat(last("ap").repairs().guarded()).containsKey("us");
    }

    @Test
    void shouldNotReportATargetThatIsNoLongerAnOwner() {
        load(2_000, 400);
        cluster.rounds(2);
        assertThat(last("ap").repairs().guarded()).containsKey("us");

        cluster.place(Placement.explicit(ALL, Map.of(0, OTHERS)));
        cluster.rounds(1);

        assertThat(last("ap").repairs().guarded()).isEmpty();
    }

    private static void assertNoRepairWithAnotherPartitioner(Cluster cluster, int keys) {
        for (int i = 0; i < keys; i++) {
            String key = "k" + i;
            int right = Math.floorMod(key.hashCode(), 4);
            cluster.writeInto(right, "ap", key, 1, cluster.nowMs - 60_000, "v");
            cluster.writeInto(right, "eu", key, 1, cluster.nowMs - 60_000, "v");
            cluster.writeInto((right + 1) % 4, "us", key, 1, cluster.nowMs - 60_000, "v");
        }

        cluster.rounds(6);

        assertThat(cluster.repairs).isEmpty();
        TreeSet<String> guarded = new TreeSet<>();
        cluster.reports.forEach(
                report -> guarded.addAll(report.repairs().guarded().keySet()));
        assertThat(guarded).containsExactly("ap", "eu", "us");
    }

    /** The replica us is away for 40 s: 500 keys beside its 2 000 are written during that time, and lost. */
    private void outage() {
        load(2_000, 0);
        cluster.rounds(2);
        cluster.stalled.add("us");
        for (int i = 0; i < 500; i++) {
            cluster.writeTo(OTHERS, "new" + i, 1, cluster.nowMs, "v");
        }
        cluster.rounds(4);
    }

    private RoundSummary last(String replica) {
        List<RoundSummary> reports = cluster.reportsOf.get(replica);
        return reports.get(reports.size() - 1);
    }

    private void load(int keys, int lostOnUs) {
        for (int i = 0; i < keys; i++) {
            cluster.writeTo(i < lostOnUs ? OTHERS : ALL, "k" + i, 1, cluster.nowMs - 60_000, "v" + i);
        }
    }
}
