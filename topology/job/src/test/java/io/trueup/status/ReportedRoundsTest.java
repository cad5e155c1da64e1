package io.trueup.status;

import static io.trueup.status.Reports.GRACE_MS;
import static io.trueup.status.Reports.INTERVAL_MS;
import static io.trueup.status.Reports.PATIENCE_MS;
import static io.trueup.status.Reports.TIMES;
import static io.trueup.status.Reports.cut;
import static io.trueup.status.Reports.report;
import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.schema.DivergentKey;
import io.trueup.schema.Outcome;
import io.trueup.schema.RoundReport;
import io.trueup.schema.Wait;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ReportedRoundsTest {

    private static final List<String> OWNERS = List.of("ap", "eu", "us");

    private final ReportedRounds rounds = new ReportedRounds(TIMES, 1, partition -> OWNERS);

    /** A report that is read when its round is over. */
    private void take(RoundReport.Builder report) {
        take(rounds, report);
    }

    private static void take(ReportedRounds rounds, RoundReport.Builder report) {
        rounds.take(report.build(), report.getCut() + GRACE_MS);
    }

    private void allEqual(int round) {
        take(report("ap", round, Outcome.EQUAL, "eu", "us"));
        take(report("eu", round, Outcome.EQUAL, "ap", "us"));
        take(report("us", round, Outcome.EQUAL, "ap", "eu"));
    }

    private DatasetStatus status(int round) {
        return rounds.at(Reports.soonAfter(round), "shop", false);
    }

    private PartitionStatus soonAfter(int round) {
        return status(round).partitions().get(0);
    }

    private PartitionStatus at(long nowMs) {
        return rounds.at(nowMs, "shop", false).partitions().get(0);
    }

    private static DivergentKey key(String hash, String target, String action) {
        return new DivergentKey(hash, null, target, "MISSING", "eu", action, null, null);
    }

    @Test
    void shouldBeUnknownWithoutReports() {
        assertThat(soonAfter(1).state()).isEqualTo(State.UNKNOWN);
        assertThat(soonAfter(1).owners().silent()).containsExactlyElementsOf(OWNERS);
        assertThat(status(1).sentence())
                .isEqualTo("Unknown: the rounds topic has no report of late. Is the job running?");
    }

    @Test
    void shouldBeEqualWhereAReportHasHeardAllOtherOwners() {
        take(report("eu", 1, Outcome.EQUAL, "ap", "us"));

        assertThat(soonAfter(1).state()).isEqualTo(State.EQUAL);
        assertThat(soonAfter(1).cuts().equalMs()).hasValue(cut(1));
        assertThat(status(1).sentence())
                .isEqualTo(
                        "All 3 replicas are equal as of 2026-09-21T14:13:30Z, 15 s ago: 1 of 1 partition, 3 × 100 keys.");
        assertThat(status(1).chips()).isEmpty();
    }

    /** Each has compared one other owner: that does not show that all held the same at one cut of all. */
    @Test
    void shouldNotPutPartialComparisonsTogether() {
        take(report("ap", 1, Outcome.EQUAL, "eu"));
        take(report("us", 1, Outcome.EQUAL, "eu"));

        assertThat(soonAfter(1).state()).isEqualTo(State.UNKNOWN);
    }

    @Test
    void shouldNotStayEqualWhereNothingIsReportedAnyMore() {
        allEqual(1);

        assertThat(at(cut(5) + GRACE_MS).state()).isEqualTo(State.EQUAL);
        assertThat(at(cut(5) + GRACE_MS + 1).state()).isEqualTo(State.UNKNOWN);
        assertThat(at(cut(5) + GRACE_MS + 1).cuts().equalMs()).hasValue(cut(1));
    }

    @Test
    void shouldNotStayEqualWhereAnOwnerIsSilent() {
        allEqual(1);
        for (int round = 2; round < 8; round++) {
            take(report("ap", round, Outcome.EQUAL, "eu").setSilent(List.of("us")));
            take(report("eu", round, Outcome.EQUAL, "ap").setSilent(List.of("us")));
        }

        PartitionStatus partition = soonAfter(7);

        assertThat(partition.state()).isEqualTo(State.UNKNOWN);
        assertThat(partition.owners().silent()).containsExactly("us");
        assertThat(status(7).sentence())
                .isEqualTo("Unknown: 1 of 1 partition is not known to be equal."
                        + " Nothing is heard of us since 2026-09-21T14:13:30Z.");
        assertThat(status(7).needs())
                .extracting(DatasetStatus.Need::text)
                .containsExactly("Nothing is heard of us. Does its reconciler run, with this control topic?");
    }

    @Test
    void shouldSayForHowLongNothingIsCompared() {
        for (String owner : OWNERS) {
            take(report(owner, 7, Outcome.ALONE).setRoundsWithoutComparison(owner.equals("ap") ? 6 : 8));
        }

        assertThat(status(7).sentence())
                .isEqualTo("Unknown: 1 of 1 partition is not known to be equal, without a comparison for 6 rounds.");
    }

    /** Neither a report of nothing, nor one that has compared some owners, says anything against a known difference. */
    @ParameterizedTest
    @EnumSource(
            value = Outcome.class,
            names = {"ALONE", "SKIPPED", "EQUAL"})
    void shouldNotForgetADifference(Outcome outcome) {
        allEqual(1);
        take(report("ap", 2, Outcome.DIVERGENT, "eu", "us"));
        take(report("ap", 3, outcome, outcome == Outcome.EQUAL ? new String[] {"eu"} : new String[0]));

        assertThat(soonAfter(3).state()).isEqualTo(State.DIFFERENT);
        assertThat(soonAfter(3).cuts().differentMs()).hasValue(cut(2));

        for (int round = 4; round < 9; round++) {
            take(report("ap", round, outcome, outcome == Outcome.EQUAL ? new String[] {"eu"} : new String[0]));
        }
        assertThat(soonAfter(8).state()).as("no longer reported").isEqualTo(State.UNKNOWN);
        assertThat(status(8).sentence())
                .contains(" Replicas differed at 2026-09-21T14:13:40Z in partition 0,"
                        + " and no report shows that they are equal since.");

        allEqual(9);
        assertThat(soonAfter(9).state()).isEqualTo(State.EQUAL);
        assertThat(soonAfter(9).cuts().differentMs()).isEmpty();
    }

    /** That a replica lags by now does not show what became of the difference. */
    @Test
    void shouldNotHideAnOldDifferenceBehindALag() {
        take(report("ap", 1, Outcome.DIVERGENT, "eu", "us"));
        lag(9, cut(9), cut(1));

        assertThat(soonAfter(9).states()).containsExactly(State.UNKNOWN, State.LAGGING);
        assertThat(status(9).sentence()).contains("Replicas differed at 2026-09-21T14:13:30Z");
        assertThat(status(9).chips()).containsExactly("1 partition lagging");
    }

    /** The proof is young, the difference is younger. */
    @Test
    void shouldNotCallEqualWhatDifferedSince() {
        allEqual(2);
        take(report("us", 1, Outcome.DIVERGENT, "ap", "eu"));
        assertThat(soonAfter(2).state()).as("an earlier cut").isEqualTo(State.EQUAL);

        take(report("us", 3, Outcome.DIVERGENT, "ap"));
        take(report("us", 4, Outcome.ALONE));
        take(report("ap", 4, Outcome.SKIPPED));
        take(report("eu", 4, Outcome.SKIPPED));

        assertThat(soonAfter(4).state()).isEqualTo(State.DIFFERENT);
        assertThat(status(4).isDifferent()).isTrue();
    }

    /** A replica that has restarted during the round may have sealed another tree. */
    @Test
    void shouldNotCallEqualWhatDiffersAtTheSameCut() {
        take(report("us", 1, Outcome.DIVERGENT, "ap", "eu"));
        take(report("ap", 1, Outcome.EQUAL, "eu", "us"));

        assertThat(soonAfter(1).state()).isEqualTo(State.DIFFERENT);
        assertThat(soonAfter(1).cuts().differentSinceMs()).hasValue(cut(1));
    }

    @Test
    void shouldIgnoreCutsAheadOfTheClock() {
        allEqual(1);
        long nowMs = cut(1) + GRACE_MS + 1_000;
        rounds.take(report("us", 60, Outcome.EQUAL, "ap", "eu").build(), nowMs);
        rounds.take(report("us", 61, Outcome.DIVERGENT, "ap", "eu").build(), nowMs);
        rounds.take(report("us", 62, Outcome.ALONE).build(), nowMs);

        DatasetStatus status = rounds.at(nowMs, "shop", false);
        assertThat(status.state()).isEqualTo(State.EQUAL);
        assertThat(status.partitions().get(0).cuts().reportedMs()).hasValue(cut(1));
        assertThat(status.leftOut().ahead())
                .containsExactly(new DatasetStatus.Ahead("us", 3, 61 * INTERVAL_MS - 1_000));
        assertThat(status.chips()).containsExactly("us ahead of this clock by 10 min 9 s or more");
        assertThat(status.needs())
                .extracting(DatasetStatus.Need::text)
                .containsExactly("us reports cuts ahead of the clock of this machine, by 10 min 9 s or more: 3 reports"
                        + " ignored. Compare the clocks of the two machines.");

        take(report("ap", 2, Outcome.DIVERGENT, "eu"));
        assertThat(soonAfter(2).state())
                .as("the reports of the other replicas count")
                .isEqualTo(State.DIFFERENT);
    }

    /** A process that runs for months: the clock was corrected, another version runs. */
    @Test
    void shouldNotSayForEverWhatIsOver() {
        rounds.take(report("us", 60, Outcome.EQUAL, "ap", "eu").build(), cut(1));
        rounds.unread(OptionalInt.of(0), cut(1), cut(1), "rounds-0@7: newer");
        allEqual(40);

        DatasetStatus status = rounds.at(cut(40) + GRACE_MS, "shop", false);

        assertThat(status.leftOut().ahead()).isEmpty();
        assertThat(status.leftOut().unread()).isZero();
        assertThat(status.needs()).isEmpty();
    }

    @Test
    void shouldSayThatAReplicaLagsInTheRoundAfterAllWereEqual() {
        allEqual(1);
        take(report("ap", 2, Outcome.LAGGING, "eu").setLagging(List.of("us")).setWatermark(cut(2)));
        take(report("us", 2, Outcome.LAGGING).setLagging(List.of("ap", "eu")).setWatermark(cut(2) - 10 * GRACE_MS));

        assertThat(soonAfter(2).state()).isEqualTo(State.LAGGING);
        assertThat(soonAfter(2).owners().lags())
                .extracting(PartitionStatus.Lag::replica)
                .containsExactly("us");
    }

    @Test
    void shouldSayThatAllReportsAreAheadOfTheClock() {
        rounds.take(report("us", 60, Outcome.EQUAL, "ap", "eu").build(), cut(1));

        assertThat(rounds.at(cut(1), "shop", false).sentence())
                .isEqualTo("Unknown: the rounds topic has no report of late; us reports cuts ahead of the clock of this"
                        + " machine. Is the job running?");
    }

    /** A clock that is set back does not make a cut of the future a proof of now. */
    @Test
    void shouldNotBeEqualAtACutThatIsNotOver() {
        allEqual(3);

        assertThat(at(cut(3) - 1).state()).isEqualTo(State.UNKNOWN);
        assertThat(at(cut(3)).state()).isEqualTo(State.EQUAL);

        take(report("ap", 4, Outcome.DIVERGENT, "eu", "us"));
        assertThat(at(cut(4) - 1).state()).as("a difference is known").isEqualTo(State.UNKNOWN);
    }

    /** Two owners were heard, but one of them is an owner of the earlier placement. */
    @Test
    void shouldAskWhetherThePresentOwnersWereCompared() {
        take(report("eu", 1, Outcome.EQUAL, "ap", "jp"));
        assertThat(soonAfter(1).state()).isEqualTo(State.UNKNOWN);

        take(report("eu", 2, Outcome.EQUAL, "ap", "jp", "us"));
        assertThat(soonAfter(2).state()).as("more than the owners").isEqualTo(State.EQUAL);
    }

    @Test
    void shouldCountWhatIsDoneSinceTheOwnersDiffer() {
        allEqual(1);
        take(report("ap", 2, Outcome.DIVERGENT, "eu", "us").setDivergences(Map.of("MISSING", 41L)));
        take(report("eu", 2, Outcome.DIVERGENT, "ap", "us")
                .setDivergences(Map.of("MISSING", 40L))
                .setRepairs(Map.of("us", 37L)));
        take(report("us", 3, Outcome.DIVERGENT, "ap", "eu")
                .setDivergences(Map.of("MISSING", 4L))
                .setVerified(35)
                .setDeclined(2));

        assertThat(soonAfter(2).state()).isEqualTo(State.DIFFERENT);
        assertThat(soonAfter(3).differences().byKind()).isEqualTo(Map.of("MISSING", 41L));
        assertThat(status(3).sentence())
                .isEqualTo("41 differences in partition 0 (a key counts for each replica that differs) since"
                        + " 2026-09-21T14:13:40Z. 37 repairs sent (us 37), 35 verified, 2 declined.");

        allEqual(4);
        assertThat(soonAfter(4).state()).isEqualTo(State.EQUAL);
        assertThat(soonAfter(4).repairs().sent()).isEmpty();
        assertThat(soonAfter(4).cuts().differentSinceMs()).isEmpty();
    }

    /** What is reported beside equality belongs to the time before. */
    @Test
    void shouldNotCountBeforeTheOwnersDiffer() {
        take(report("ap", 2, Outcome.EQUAL, "eu", "us").setRepairs(Map.of("us", 5L)));
        take(report("us", 2, Outcome.EQUAL, "ap", "eu").setVerified(7).setDeclined(1));
        take(report("eu", 1, Outcome.DIVERGENT, "ap", "us").setRepairs(Map.of("us", 3L)));
        take(report("ap", 3, Outcome.DIVERGENT, "eu", "us").setRepairs(Map.of("us", 2L)));

        assertThat(soonAfter(3).repairs())
                .isEqualTo(new PartitionStatus.Repairs(Map.of("us", 2L), 0, 0, 0, Map.of(), Map.of(), Map.of()));
    }

    @Test
    void shouldSayThatRepairsArePausedAndSinceWhenUntilTheLatestCutSaysOtherwise() {
        take(report("ap", 1, Outcome.EQUAL, "eu", "us").setPaused(Map.of("us", cut(1))));
        take(report("eu", 1, Outcome.EQUAL, "ap", "us").setPaused(Map.of("eu", cut(2), "us", cut(1))));

        assertThat(status(1).paused())
                .isEqualTo(Map.of(
                        "eu", new DatasetStatus.Paused(cut(2), 1, 1), "us", new DatasetStatus.Paused(cut(1), 1, 1)));
        assertThat(status(1).state()).isEqualTo(State.EQUAL);
        assertThat(status(1).sentence())
                .startsWith("All 3 replicas are equal")
                .endsWith(" Repairs of eu, us are paused since 2026-09-21T14:13:30Z.");
        assertThat(status(1).needs())
                .extracting(DatasetStatus.Need::command)
                .containsExactly("trueup resume --replica eu", "trueup resume --replica us");

        take(report("ap", 2, Outcome.EQUAL, "eu", "us"));
        assertThat(status(2).paused()).isEmpty();
        assertThat(status(2).sentence()).doesNotContain("paused");
        assertThat(status(2).needs()).isEmpty();
    }

    /** A command is sent to each partition on its own. */
    @Test
    void shouldSayThatAMaintenanceWindowIsOpenUntilItEnds() {
        long until = cut(5);
        take(report("ap", 1, Outcome.EQUAL, "eu", "us")
                .setWindows(Map.of("us", until))
                .setWindowRates(Map.of("us", 0)));
        take(report("eu", 1, Outcome.EQUAL, "ap", "us")
                .setWindows(Map.of("eu", until, "us", until + 9_000))
                .setWindowRates(Map.of("eu", 7, "us", 5)));

        assertThat(status(1).windows())
                .isEqualTo(
                        Map.of("eu", new PartitionStatus.Window(until, 7), "us", new PartitionStatus.Window(until, 0)));
        assertThat(status(1).sentence())
                .endsWith(" In a maintenance window until " + Words.time(until)
                        + ", repairs are sent to eu at 7 per second at most. In a maintenance window until "
                        + Words.time(until) + ", no repairs are sent to us.");
        assertThat(status(1).needs()).as("nobody has to do anything").isEmpty();
        assertThat(status(6).windows()).as("over").isEmpty();
    }

    @Test
    void shouldSayInHowManyPartitionsRepairsArePausedIfNotInAll() {
        ReportedRounds three = new ReportedRounds(TIMES, 3, partition -> partition == 2 ? List.of("ap", "eu") : OWNERS);
        take(three, report("eu", 1, Outcome.EQUAL, "ap", "us").setPaused(Map.of("eu", cut(1), "us", cut(1))));
        take(three, report("eu", 1, Outcome.EQUAL, "ap", "us").setPartition(1).setPaused(Map.of("us", cut(1))));
        take(three, report("eu", 1, Outcome.EQUAL, "ap").setPartition(2));

        DatasetStatus status = three.at(Reports.soonAfter(1), "shop", false);

        assertThat(status.paused())
                .isEqualTo(Map.of(
                        "eu", new DatasetStatus.Paused(cut(1), 1, 3), "us", new DatasetStatus.Paused(cut(1), 2, 2)));
        assertThat(status.sentence())
                .endsWith(" Repairs of eu (in 1 of 3 partitions), us are paused since 2026-09-21T14:13:30Z.");
        assertThat(status.needs())
                .extracting(DatasetStatus.Need::text)
                .containsExactly(
                        "Repairs of eu are paused since 2026-09-21T14:13:30Z, in 1 of 3 partitions. What differs there stays"
                                + " different until they are resumed. In the other partitions repairs are sent: pause again"
                                + " if that is not meant.",
                        "Repairs of us are paused since 2026-09-21T14:13:30Z. What differs there stays different until they"
                                + " are resumed.");
    }

    @Test
    void shouldSumTheKeysOfAReplicaOnceItHasReportedAllPartitions() {
        ReportedRounds two = new ReportedRounds(TIMES, 2, partition -> OWNERS);
        take(two, report("us", 1, Outcome.EQUAL, "ap", "eu"));
        assertThat(two.at(Reports.soonAfter(1), "shop", false).replicas())
                .extracting(ReplicaStatus::keys)
                .containsOnly(OptionalLong.empty());

        take(two, report("us", 2, Outcome.EQUAL, "ap", "eu").setPartition(1));

        assertThat(two.at(Reports.soonAfter(2), "shop", false).replicas())
                .contains(new ReplicaStatus("us", 2, OptionalLong.of(200), OptionalLong.of(cut(1)), 0));
    }

    @Test
    void shouldCountAReportThatComesTwiceOnce() {
        for (int times = 0; times < 2; times++) {
            take(report("ap", 1, Outcome.DIVERGENT, "eu", "us")
                    .setRepairs(Map.of("us", 37L))
                    .setMalformed(3));
            take(report("us", 1, Outcome.DIVERGENT, "ap", "eu").setVerified(35));
        }

        assertThat(soonAfter(1).repairs().sent()).isEqualTo(Map.of("us", 37L));
        assertThat(soonAfter(1).repairs().verified()).isEqualTo(35);
        assertThat(status(1).replicas()).extracting(ReplicaStatus::malformed).containsExactly(3L, 0L, 0L);
    }

    /** Dead letters lie in their topic, whether the replicas are equal by now or not. */
    @Test
    void shouldShowDeadLettersOfEqualReplicas() {
        take(report("us", 1, Outcome.DIVERGENT, "ap", "eu").setMalformed(2));
        allEqual(2);

        assertThat(soonAfter(2).state()).isEqualTo(State.EQUAL);
        assertThat(status(2).needs())
                .extracting(DatasetStatus.Need::text)
                .containsExactly("2 records that us has read are in the dead-letter topic, with the reason.");
    }

    /** Each supplier counts what it supplies; the next round may have another supplier. */
    @Test
    void shouldAddUpWhatEachSupplierFailsToRepair() {
        take(report("ap", 1, Outcome.DIVERGENT, "eu", "us").setFailed(4).setRepairs(Map.of("us", 12L)));
        take(report("eu", 1, Outcome.DIVERGENT, "ap", "us").setFailed(3));
        assertThat(soonAfter(1).repairs().failed()).isEqualTo(7);

        take(report("us", 2, Outcome.DIVERGENT, "ap", "eu").setFailed(6));
        assertThat(soonAfter(2).repairs().failed()).isEqualTo(7);
        assertThat(status(2).sentence())
                .isEqualTo("7 differences stay after all attempts to repair them in partition 0:"
                        + " 12 repairs sent (us 12), 0 verified.");
    }

    /** The same key is wrong at two replicas. */
    @Test
    void shouldCountKeysWhereTheSampleNamesAllDifferences() {
        take(report("eu", 1, Outcome.DIVERGENT, "ap", "us")
                .setDivergences(Map.of("MISSING", 3L))
                .setSample(List.of(key("a", "us", "emitted"), key("a", "ap", "emitted"), key("b", "us", "emitted"))));

        assertThat(soonAfter(1).differences().keys()).hasValue(2);
        assertThat(status(1).sentence())
                .startsWith("ap, us differ in 2 keys in partition 0 since 2026-09-21T14:13:30Z. ");

        take(report("eu", 2, Outcome.DIVERGENT, "ap", "us")
                .setDivergences(Map.of("MISSING", 33L))
                .setSample(List.of(key("a", "us", "emitted"))));
        assertThat(soonAfter(2).differences().keys()).as("a part of them").isEmpty();
    }

    /** A hash that differs shows that keys differ, and not yet which. */
    @Test
    void shouldNotCountWhatIsNotComparedKeyByKey() {
        take(report("eu", 1, Outcome.DIVERGENT, "ap", "us"));

        assertThat(rounds.at(Reports.soonAfter(1), "shop", true).sentence())
                .isEqualTo("Observing: Replicas differ in partition 0 since 2026-09-21T14:13:30Z, and nothing is"
                        + " repaired.");
    }

    /** Reports of one round come one after the other, and a late one of an earlier round may come last. */
    @Property(tries = 500)
    void shouldNotDependOnTheOrderInWhichReplicasReport(@ForAll long seed) {
        List<RoundReport.Builder> reports = new ArrayList<>();
        for (int round = 1; round < 4; round++) {
            Outcome outcome = round == 2 ? Outcome.DIVERGENT : Outcome.EQUAL;
            reports.add(report("ap", round, outcome, "eu", "us").setVerified(1));
            reports.add(report("eu", round, outcome, "ap", "us"));
            reports.add(report("us", round, outcome, "ap", "eu"));
        }
        reports.remove(reports.size() - 1);
        Collections.shuffle(reports, new java.util.Random(seed));
        ReportedRounds shuffled = new ReportedRounds(TIMES, 1, partition -> OWNERS);
        reports.forEach(report -> take(shuffled, report));

        PartitionStatus partition =
                shuffled.at(Reports.soonAfter(3), "shop", false).partitions().get(0);

        assertThat(partition.state()).isEqualTo(State.EQUAL);
        assertThat(partition.cuts().equalMs()).hasValue(cut(3));
        assertThat(partition.cuts().differentSinceMs()).isEmpty();
        assertThat(partition.repairs().verified()).isZero();
    }

    @ParameterizedTest
    @EnumSource(
            value = State.class,
            names = {"HELD_BACK", "FAILING", "NEEDS_PERSON", "WAITING_FOR_PROOF", "REBUILDING", "LAGGING"})
    void shouldNameWhatStandsInTheWay(State state) {
        allEqual(1);
        for (int round = 2; round < 8; round++) {
            take(trouble(state, report("ap", round, Outcome.DIVERGENT, "eu", "us")));
            take(report("us", round, Outcome.ALONE).setWatermark(cut(1)));
        }

        assertThat(soonAfter(7).state()).isEqualTo(state);
        assertThat(status(7).sentence()).isEqualTo(sentence(state));
        assertThat(status(7).needs()).hasSize(state == State.REBUILDING || state == State.LAGGING ? 0 : 1);
        assertThat(status(7).chips()).as("the state itself says it").isEmpty();
    }

    private static RoundReport.Builder trouble(State state, RoundReport.Builder report) {
        return switch (state) {
            case HELD_BACK -> report.setGuarded(Map.of("us", 14_203L)).setMostEntries(118_000);
            case FAILING -> report.setFailed(41);
            case NEEDS_PERSON -> report.setNeedsPerson(Map.of("NO_WINNER", 5L, "UNREAD", 2L));
            case WAITING_FOR_PROOF -> report.setWaits(List.of(new Wait("us", "NOT_SEEN", 12L, cut(1))));
            case REBUILDING ->
                report.setOutcome(Outcome.EQUAL).setHeard(List.of("eu")).setRebuilding(List.of("us"));
            case LAGGING ->
                report.setOutcome(Outcome.LAGGING)
                        .setHeard(List.of("eu", "us"))
                        .setLagging(List.of("us"))
                        .setWatermark(report.getCut() + 1);
            default -> throw new IllegalArgumentException(state.name());
        };
    }

    private static String sentence(State state) {
        return switch (state) {
            case HELD_BACK ->
                "Held back: repairing us would change about 12 % of its keys (14 203 of 118 000). Nothing is sent to it"
                        + " until a person decides.";
            case FAILING ->
                "41 differences stay after all attempts to repair them in partition 0: 0 repairs sent, 0 verified.";
            case NEEDS_PERSON -> "7 keys need a person in partition 0: NO_WINNER 5, UNREAD 2.";
            case WAITING_FOR_PROOF ->
                "12 differences wait for a proof in partition 0: us NOT_SEEN since 2026-09-21T14:13:30Z;"
                        + " from 2026-09-21T14:18:30Z on, those with NOT_SEEN need a person.";
            case REBUILDING ->
                "us builds its state again in partition 0. What is missing there counts for nothing until then.";
            case LAGGING ->
                "us is 1 min 0 s behind in partition 0, and is expected to catch up by itself; repairs start at about"
                        + " 2026-09-21T14:18:40Z.";
            default -> throw new IllegalArgumentException(state.name());
        };
    }

    /** A proof may be on its way. */
    @Test
    void shouldNotCallAShortWaitOneForAProof() {
        take(report("ap", 2, Outcome.DIVERGENT, "eu", "us")
                .setDivergences(Map.of("STALE", 1L))
                .setWaits(List.of(
                        new Wait("us", "NOT_SEEN", 1L, cut(2) - 1_000), new Wait("ap", "NOT_SEEN", 1L, cut(9)))));

        assertThat(soonAfter(2).state()).isEqualTo(State.DIFFERENT);
    }

    /** Each of two replicas names the other one. */
    @Test
    void shouldNameTheReplicaThatLags() {
        lag(2, cut(2), cut(1) - 60_000);

        assertThat(soonAfter(2).state()).isEqualTo(State.LAGGING);
        assertThat(soonAfter(2).owners().lags())
                .containsExactly(new PartitionStatus.Lag("us", 70_000, OptionalLong.empty(), 0, false));

        lag(3, cut(3) - GRACE_MS - 1, cut(4));
        assertThat(soonAfter(3).owners().lags())
                .extracting(PartitionStatus.Lag::replica)
                .containsExactly("ap", "eu");
    }

    private void lag(int round, long apMs, long usMs) {
        take(report("ap", round, Outcome.LAGGING, "eu", "us")
                .setLagging(List.of("us"))
                .setWatermark(apMs));
        take(report("eu", round, Outcome.LAGGING, "ap", "us")
                .setLagging(List.of("us"))
                .setWatermark(apMs));
        take(report("us", round, Outcome.LAGGING, "ap", "eu")
                .setLagging(List.of("ap", "eu"))
                .setWatermark(usMs));
    }

    @Test
    void shouldNotGuessWhichReplicaLags() {
        take(report("ap", 2, Outcome.LAGGING, "eu", "us")
                .setLagging(List.of("us"))
                .setWatermark(cut(2)));

        assertThat(soonAfter(2).state()).isEqualTo(State.LAGGING);
        assertThat(soonAfter(2).owners().lags()).isEmpty();
        assertThat(status(2).sentence())
                .isEqualTo("ap, us are too far apart to be compared in partition 0: one of them lags behind, and the"
                        + " reports do not show which.");
    }

    /** The lag is over at the later cut. */
    @Test
    void shouldNotNameAReplicaThatHasCaughtUp() {
        lag(2, cut(2), cut(1));
        take(report("ap", 3, Outcome.EQUAL, "us"));

        assertThat(soonAfter(3).owners().lags()).isEmpty();
        assertThat(soonAfter(3).owners().apart()).isEmpty();
    }

    @Test
    void shouldSayThatTheWritesOfAReplicaCannotBeRead() {
        allEqual(1);
        for (int round = 2; round < 4; round++) {
            take(report("ap", round, Outcome.LAGGING, "us")
                    .setLagging(List.of("us"))
                    .setWatermark(cut(round)));
            take(report("us", round, Outcome.LAGGING, "ap")
                    .setLagging(List.of("ap"))
                    .setWatermark(0)
                    .setMalformed(10));
        }
        assertThat(status(3).sentence())
                .contains(" behind in partition 0, and does not catch up by itself: its write events cannot be read, 20"
                        + " so far. They are in the dead-letter topic, with the reason.");

        take(report("ap", 4, Outcome.LAGGING, "us").setLagging(List.of("us")).setWatermark(cut(4)));
        take(report("us", 4, Outcome.LAGGING, "ap").setLagging(List.of("ap")).setWatermark(cut(2)));
        assertThat(status(4).sentence())
                .isEqualTo("us is 20 s behind in partition 0, and may not catch up by itself: 20 records could not be"
                        + " read, and are in the dead-letter topic, with the reason.");
    }

    @Test
    void shouldBeAsBadAsItsWorstPartition() {
        ReportedRounds three = new ReportedRounds(TIMES, 3, partition -> partition == 2 ? List.of("jp") : OWNERS);
        take(three, report("ap", 1, Outcome.EQUAL, "eu", "us"));
        take(three, report("us", 1, Outcome.EQUAL, "eu", "ap").setMalformed(3));

        DatasetStatus status = three.at(Reports.soonAfter(1), "shop", false);

        assertThat(status.partitions())
                .as("a partition with one owner is not compared")
                .hasSize(2);
        assertThat(status.state()).isEqualTo(State.UNKNOWN);
        assertThat(status.in(State.EQUAL)).hasSize(1);
        assertThat(status.chips()).containsExactly("1 partition equal", "not compared: 1 partition has one owner");
        assertThat(status.replicas())
                .contains(new ReplicaStatus("us", 2, OptionalLong.empty(), OptionalLong.empty(), 3))
                .as("eu has reported nothing")
                .contains(new ReplicaStatus("eu", 2, OptionalLong.empty(), OptionalLong.empty(), 0));

        take(three, report("ap", 1, Outcome.DIVERGENT, "eu", "us").setPartition(1));
        assertThat(three.at(Reports.soonAfter(9), "shop", false).isDifferent()).isFalse();
        take(three, report("ap", 9, Outcome.DIVERGENT, "eu", "us").setPartition(1));
        DatasetStatus unknown = three.at(Reports.soonAfter(9), "shop", false);
        assertThat(unknown.state()).isEqualTo(State.UNKNOWN);
        assertThat(unknown.isDifferent()).as("that much is known").isTrue();
        assertThat(unknown.chips()).startsWith("1 partition different");
    }

    /** The owner of a partition that is not compared is no evidence. */
    @Test
    void shouldCountTheReplicasThatAreCompared() {
        ReportedRounds three = new ReportedRounds(TIMES, 3, partition -> partition == 0 ? OWNERS : List.of("jp"));
        take(three, report("ap", 1, Outcome.EQUAL, "eu", "us"));

        DatasetStatus status = three.at(Reports.soonAfter(1), "shop", false);

        assertThat(status.sentence())
                .isEqualTo(
                        "All 3 replicas are equal as of 2026-09-21T14:13:30Z, 15 s ago: 1 of 3 partitions, 3 × 100 keys.");
        assertThat(status.chips()).containsExactly("not compared: 2 partitions have one owner");
        assertThat(status.replicas()).as("shown all the same").hasSize(4);
    }

    /** The partitions of the rounds topic are read one after the other. */
    @Test
    void shouldCountAnUnreadReportThatIsReadBeforeAnOlderOne() {
        rounds.unread(OptionalInt.of(0), cut(40), cut(40), "rounds-1@9: newer");
        rounds.unread(OptionalInt.of(0), cut(1), cut(40), "rounds-0@7: newer");

        assertThat(rounds.at(cut(40), "shop", false).leftOut().unread()).isEqualTo(2);
    }

    /** It may say that replicas differ. */
    @Test
    void shouldNotCallEqualWhatAnUnreadReportMayDeny() {
        allEqual(1);
        rounds.unread(OptionalInt.of(0), cut(4) + GRACE_MS + 1, cut(4) + GRACE_MS + 2, "rounds-0@7: newer");

        assertThat(soonAfter(4).state()).isEqualTo(State.UNKNOWN);
        assertThat(status(4).sentence()).contains("; 1 report cannot be read.");
        assertThat(status(4).needs())
                .extracting(DatasetStatus.Need::text)
                .contains("1 report cannot be read, such as rounds-0@7: newer. A job of a later version may write"
                        + " them: use the command of that version.");

        take(report("ap", 4, Outcome.EQUAL, "eu", "us"));
        assertThat(soonAfter(4).state()).as("another proof").isEqualTo(State.EQUAL);
        assertThat(status(4).chips()).containsExactly("1 report not readable");
    }

    @Test
    void shouldDoubtOnlyThePartitionsThatAnUnreadReportMayConcern() {
        ReportedRounds two = new ReportedRounds(TIMES, 2, partition -> OWNERS);
        take(two, report("ap", 1, Outcome.EQUAL, "eu", "us"));
        take(two, report("ap", 1, Outcome.EQUAL, "eu", "us").setPartition(1));
        long nowMs = cut(4) + GRACE_MS;

        two.unread(OptionalInt.of(1), nowMs, nowMs, "");
        assertThat(two.at(nowMs, "shop", false).partitions())
                .extracting(PartitionStatus::state)
                .containsExactly(State.EQUAL, State.UNKNOWN);

        two.unread(OptionalInt.empty(), nowMs + 3_600_000, nowMs, "");
        assertThat(two.at(nowMs, "shop", false).in(State.UNKNOWN)).hasSize(2);
    }

    @Test
    void shouldIgnoreReportsOfOthers() {
        take(report("jp", 1, Outcome.EQUAL, "ap", "eu", "us"));
        take(report("eu", 1, Outcome.EQUAL, "ap", "us").setPartition(7));

        assertThat(soonAfter(1).state()).isEqualTo(State.UNKNOWN);
    }

    /** A wait that patience has not ended by a wide margin is not announced for the past. */
    @Test
    void shouldNotAnnounceWhatIsPast() {
        take(report("ap", 2, Outcome.DIVERGENT, "eu", "us")
                .setWaits(List.of(
                        new Wait("us", "NOT_SEEN", 1L, cut(2) - PATIENCE_MS),
                        new Wait("us", "ABSENCE_UNKNOWN", 2L, cut(1) - PATIENCE_MS))));

        assertThat(status(2).sentence())
                .isEqualTo("3 differences wait for a proof in partition 0: us ABSENCE_UNKNOWN, us NOT_SEEN since"
                        + " 2026-09-21T14:08:30Z.");
    }
}
