package io.trueup.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.rule.Conflict;
import io.trueup.reconcile.settings.Settings;
import io.trueup.reconcile.settings.TestSettings;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a person has said, and what the guard has decided, survives a restart; a conflict is settled when owners are equal. */
class DurableStateTest {

    private static final List<String> ALL = List.of("ap", "eu", "us");
    private static final List<String> OTHERS = List.of("ap", "eu");

    @Test
    void shouldCarryOutAChoiceAfterARestartOfTheOnlyHolder() {
        Cluster cluster = majorityConflict();
        choose(cluster);

        cluster.restart("eu");
        cluster.rounds(4);

        assertThat(cluster.repairs).extracting(Repair::target).containsExactlyInAnyOrder("ap", "us");
        assertThat(cluster.unequal()).isEmpty();
        assertThat(last(cluster.conflicts).sides()).isEmpty();
    }

    @Test
    void shouldCarryOutAChoiceAfterARestartOfAll() {
        Cluster cluster = majorityConflict();
        choose(cluster);

        ALL.forEach(cluster::restart);
        cluster.rounds(4);

        assertThat(cluster.held("ap", "k").value()).isEqualTo("two");
        assertThat(cluster.unequal()).isEmpty();
    }

    @Test
    void shouldCarryOutAChoiceAgainWhereTheNewestWinsIfItsRepairsAreLostAndTheHolderRestarts() {
        Cluster cluster = vectorConflict();
        cluster.loseRepair = repair -> true;
        cluster.command("k", cluster.choice("k", "us", 1, Cluster.vector("eu=2,us=2")));
        assertThat(cluster.repairs).hasSize(3);
        cluster.loseRepair = repair -> false;

        cluster.restart("us");
        cluster.rounds(4);

        assertThat(cluster.held("ap", "k").value()).isEqualTo("right");
        assertThat(cluster.unequal()).isEmpty();
        assertThat(last(cluster.conflicts).sides()).isEmpty();
    }

    @Test
    void shouldPauseLongerEachTimeAChoiceIsCarriedOutAgain() {
        Cluster cluster = vectorConflict();
        cluster.loseRepair = repair -> true;
        cluster.command("k", cluster.choice("k", "us", 1, Cluster.vector("eu=2,us=2")));

        cluster.rounds(20);

        assertThat(cluster.repairs.size() / 3).isBetween(3, 5);
    }

    @Test
    void shouldForgetAChoiceThatHasExpiredBeforeTheRestart() {
        Cluster cluster = majorityConflict();
        choose(cluster);
        cluster.loseRepair = repair -> true;
        cluster.rounds(1);
        cluster.repairs.clear();
        cluster.nowMs += 3_600_000;
        cluster.progress();

        ALL.forEach(cluster::restart);
        cluster.rounds(4);

        assertThat(cluster.repairs).isEmpty();
        assertThat(cluster.notes("choice/")).isZero();
        assertThat(last(cluster.conflicts).sides()).hasSize(3);
    }

    @Test
    void shouldNotReportAConflictAsSettledBeforeItsChoiceIsCarriedOut() {
        Cluster cluster = majorityConflict();
        cluster.loseRepair = repair -> true;
        choose(cluster);

        cluster.rounds(2);

        assertThat(cluster.repairs).isNotEmpty();
        assertThat(settled(cluster)).isZero();

        cluster.loseRepair = repair -> false;
        cluster.rounds(3);

        assertThat(cluster.unequal()).isEmpty();
        assertThat(settled(cluster)).isEqualTo(1);
    }

    /** A replica that lost everything holds no side any more: the conflict is not seen, and not settled either. */
    @Test
    void shouldNotReportAConflictAsSettledWhereAReplicaHoldsNothing() {
        Cluster cluster = vectorConflict();
        cluster.loseRepair = repair -> true;

        cluster.wipe("us");
        cluster.rounds(3);

        assertThat(cluster.reports.get(cluster.reports.size() - 1).peers().silent())
                .isEmpty();
        assertThat(settled(cluster)).isZero();
    }

    @Test
    void shouldNotReportAConflictAsSettledWhereTheReporterItselfHoldsNothing() {
        Cluster cluster = new Cluster(1, TestSettings.settings(Settings.Resolution.VECTOR, null, false, "eu", "us"));
        cluster.write("eu", "k", "eu=2", cluster.nowMs - 50_000, "left");
        cluster.write("us", "k", "us=1", cluster.nowMs - 50_000, "right");
        cluster.rounds(1);
        assertThat(cluster.conflicts).hasSize(1);
        cluster.loseRepair = repair -> true;

        cluster.vanish("eu", "k");
        assertThat(cluster.scan("eu")).isEqualTo(1);
        cluster.rounds(3);

        assertThat(settled(cluster)).isZero();
    }

    /** The trees are equal, but the state of one replica does not contain what its datastore holds. */
    /** The round hears of nothing but empty segments here; what the repair has brought is not what the round has compared. */
    @Test
    void shouldNotReportAConflictAsSettledBecauseARepairArrivesWithinTheRound() {
        Cluster cluster = new Cluster(1, TestSettings.settings(Settings.Resolution.VECTOR, null, false, "eu", "us"));
        cluster.write("eu", "k", "eu=2", cluster.nowMs - 50_000, "left");
        cluster.write("us", "k", "us=1", cluster.nowMs - 50_000, "right");
        cluster.rounds(1);
        assertThat(cluster.conflicts).hasSize(1);

        cluster.vanish("eu", "k");
        assertThat(cluster.scan("eu")).isEqualTo(1);
        cluster.rounds(1);

        assertThat(settled(cluster)).isZero();
        cluster.rounds(2);
        assertThat(settled(cluster)).isPositive();
    }

    @Test
    void shouldNotReportAConflictAsSettledWhereTheStateOfAReplicaMayLackTheKey() {
        Cluster cluster = new Cluster(1, TestSettings.settings(Settings.Resolution.VECTOR, null, false, "eu", "us"));
        cluster.write("eu", "k", "eu=2", cluster.nowMs - 50_000, "left");
        cluster.write("us", "k", "us=1", cluster.nowMs - 50_000, "right");
        cluster.rounds(1);
        assertThat(cluster.conflicts).hasSize(1);
        cluster.loseRepair = repair -> true;

        cluster.forgetState("us");
        cluster.write("eu", "k", "eu=3", cluster.nowMs, null);
        cluster.rounds(3);

        assertThat(cluster.reports.get(cluster.reports.size() - 1).outcome()).isEqualTo(RoundSummary.Outcome.EQUAL);
        assertThat(settled(cluster)).isZero();
    }

    /** Two of three replicas answer with equal entries, while the third one was heard at an earlier time. */
    @Test
    void shouldNotReportAConflictAsSettledBeforeTheEntriesOfAllOwnersAreHeard() {
        Cluster cluster = vectorConflict();
        cluster.progress();
        cluster.advance(10_000 - cluster.nowMs % 10_000 - 200);
        cluster.progress();
        cluster.delay = message -> true;
        cluster.advance(200);
        for (String replica : List.of("ap", "us")) {
            cluster.write(replica, "k", "eu=3,us=1", cluster.nowMs, "both");
        }
        cluster.lose = message -> message.replica().equals("eu") && message.body() instanceof Message.Segment;
        cluster.release(1);
        cluster.advance(3_000);
        cluster.advance(5_000);

        assertThat(cluster.reports.get(cluster.reports.size() - 1).peers().silent())
                .isEmpty();
        assertThat(settled(cluster)).isZero();
    }

    @Test
    void shouldReportAConflictAsSettledWhenOwnersAreEqualAfterARestart() {
        Cluster cluster = vectorConflict();
        ALL.forEach(cluster::restart);
        cluster.rounds(3);
        assertThat(settled(cluster)).isZero();

        ALL.forEach(replica -> cluster.write(replica, "k", "eu=3,us=1", cluster.nowMs - 20_000, "both"));
        cluster.rounds(2);

        assertThat(settled(cluster)).isEqualTo(1);
        assertThat(cluster.notes("conflict/")).isZero();
    }

    @Test
    void shouldKeepAnApprovalOverARestart() {
        Cluster cluster = flood();
        cluster.rounds(2);
        cluster.command("k0", new Message.Approval("us", Message.Scope.FLOOD, cluster.nowMs + 600_000));

        ALL.forEach(cluster::restart);
        cluster.rounds(4);

        assertThat(cluster.repairs).hasSize(400);
    }

    @Test
    void shouldForgetAnApprovalThatHasExpired() {
        Cluster cluster = flood();
        cluster.rounds(2);
        cluster.loseRepair = repair -> true;
        cluster.command("k0", new Message.Approval("us", Message.Scope.FLOOD, cluster.nowMs + 5_000));
        cluster.rounds(2);
        cluster.repairs.clear();

        ALL.forEach(cluster::restart);
        cluster.rounds(4);

        assertThat(cluster.repairs).isEmpty();
    }

    /** The first round after the restart compares too little to decide. */
    @Test
    void shouldKeepTheGuardClosedOverARestart() {
        Cluster cluster = flood();
        cluster.rounds(2);
        cluster.lose = message -> message.replica().equals("us") && message.body() instanceof Message.Segment;

        ALL.forEach(cluster::restart);
        cluster.rounds(1);

        List<RoundSummary> reports = cluster.reportsOf.get("ap");
        assertThat(reports.get(reports.size() - 1).peers().heard()).contains("us");
        assertThat(reports.get(reports.size() - 1).repairs().guarded()).containsEntry("us", 400L);
        assertThat(cluster.repairs).isEmpty();
    }

    @Test
    void shouldKeepOutagesOverARestart() {
        Cluster cluster = flood(0);
        cluster.loseRepair = repair -> true;
        cluster.rounds(2);
        cluster.stalled.add("us");
        for (int i = 0; i < 500; i++) {
            cluster.writeTo(OTHERS, "new" + i, 1, cluster.nowMs, "v");
        }
        cluster.rounds(4);
        cluster.loseRepair = repair -> false;
        cluster.stalled.clear();
        cluster.progress();

        ALL.forEach(cluster::restart);
        cluster.rounds(6);

        assertThat(cluster.unequal()).isEmpty();
        assertThat(cluster.reports)
                .allSatisfy(report -> assertThat(report.repairs().guarded()).isEmpty());
    }

    @Test
    void shouldNotLetANoteGrowWithTheNumberOfConflicts() {
        Cluster cluster =
                new Cluster(1, TestSettings.settings(Settings.Resolution.VECTOR, null, false, "ap", "eu", "us"));
        for (int i = 0; i < 300; i++) {
            String key = "k" + i + "x".repeat(1_000);
            OTHERS.forEach(replica -> cluster.write(replica, key, "eu=2", cluster.nowMs - 50_000, "left"));
            cluster.write("us", key, "us=1", cluster.nowMs - 50_000, "right");
        }

        cluster.rounds(1);

        assertThat(cluster.conflicts).hasSize(300);
        assertThat(cluster.largestNote()).isLessThan(1_500);
    }

    private static Cluster majorityConflict() {
        Cluster cluster =
                new Cluster(1, TestSettings.settings(Settings.Resolution.MAJORITY, null, false, "ap", "eu", "us"));
        cluster.write("ap", "k", 3, cluster.nowMs - 60_000, "three");
        cluster.write("eu", "k", 1, cluster.nowMs - 60_000, "one, then two");
        cluster.write("eu", "k", 1, cluster.nowMs - 60_000, "two");
        cluster.write("us", "k", 2, cluster.nowMs - 60_000, "one");
        cluster.progress();
        cluster.rounds(2);
        assertThat(cluster.repairs).isEmpty();
        assertThat(cluster.conflicts).hasSize(1);
        return cluster;
    }

    private static void choose(Cluster cluster) {
        cluster.command("k", cluster.choice("k", "eu", 1, null));
    }

    private static Cluster vectorConflict() {
        Cluster cluster =
                new Cluster(1, TestSettings.settings(Settings.Resolution.VECTOR, null, false, "ap", "eu", "us"));
        OTHERS.forEach(replica -> cluster.write(replica, "k", "eu=2", cluster.nowMs - 50_000, "left"));
        cluster.write("us", "k", "us=1", cluster.nowMs - 50_000, "right");
        cluster.rounds(1);
        assertThat(cluster.conflicts).hasSize(1);
        return cluster;
    }

    private static Cluster flood() {
        return flood(400);
    }

    private static Cluster flood(int lost) {
        Cluster cluster = new Cluster(
                1,
                TestSettings.settings("ap", "eu", "us")
                        .changed()
                        .floodFraction(0.1)
                        .floodMinKeys(100)
                        .build());
        for (int i = 0; i < 2_000; i++) {
            cluster.writeTo(i < lost ? OTHERS : ALL, "k" + i, 1, cluster.nowMs - 60_000, "v" + i);
        }
        return cluster;
    }

    private static long settled(Cluster cluster) {
        return cluster.conflicts.stream()
                .filter(conflict -> conflict.sides().isEmpty())
                .count();
    }

    private static Conflict last(List<Conflict> conflicts) {
        return conflicts.get(conflicts.size() - 1);
    }
}
