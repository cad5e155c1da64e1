package io.trueup.status;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.schema.Outcome;
import io.trueup.schema.RoundReport;
import io.trueup.schema.Wait;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ReportedRoundsTest {

    private static final long INTERVAL_MS = 10_000;
    private static final long GRACE_MS = 5_000;
    private static final List<String> OWNERS = List.of("ap", "eu", "us");
    private static final long START_MS = 1_790_000_000_000L;

    private final ReportedRounds rounds = new ReportedRounds(INTERVAL_MS, GRACE_MS, 1, partition -> OWNERS);

    private static long cut(int round) {
        return START_MS + round * INTERVAL_MS;
    }

    private static RoundReport.Builder report(String replica, int round, Outcome outcome, String... heard) {
        return RoundReport.newBuilder()
                .setDataset("shop")
                .setReplica(replica)
                .setPartition(0)
                .setRound(round)
                .setCut(cut(round))
                .setOutcome(outcome)
                .setNote(null)
                .setHeard(List.of(heard))
                .setSilent(List.of())
                .setLagging(List.of())
                .setDisagreeing(List.of())
                .setRoot("")
                .setEntries(100)
                .setWatermark(0)
                .setSegments(0)
                .setKeys(0)
                .setDivergences(Map.of())
                .setRepairs(Map.of())
                .setWaiting(0)
                .setVerified(0)
                .setDeclined(0)
                .setFailed(0)
                .setGuarded(Map.of())
                .setConflicts(0)
                .setProbes(0)
                .setForgotten(0)
                .setDropped(0)
                .setClamped(0)
                .setMalformed(0)
                .setControlMessages(0)
                .setControlBytes(0)
                .setSealedAfterMs(0)
                .setDurationMs(0)
                .setSample(List.of())
                .setWaits(List.of());
    }

    private void take(RoundReport.Builder report) {
        rounds.take(report.build());
    }

    private void allEqual(int round) {
        take(report("ap", round, Outcome.EQUAL, "eu", "us"));
        take(report("eu", round, Outcome.EQUAL, "ap", "us"));
        take(report("us", round, Outcome.EQUAL, "ap", "eu"));
    }

    private PartitionStatus soonAfter(int round) {
        return rounds.at(cut(round) + GRACE_MS + INTERVAL_MS).get(0);
    }

    private DatasetStatus status(int round) {
        long nowMs = cut(round) + GRACE_MS + INTERVAL_MS;
        return new DatasetStatus("shop", nowMs, false, rounds.replicas(), rounds.at(nowMs));
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
                        "All 3 replicas are equal as of 2026-09-21T14:13:30Z, 15 s ago: 1 of 1 partitions, 100 keys.");
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

        assertThat(rounds.at(cut(5) + GRACE_MS).get(0).state()).isEqualTo(State.EQUAL);
        assertThat(rounds.at(cut(5) + GRACE_MS + 1).get(0).state()).isEqualTo(State.UNKNOWN);
        assertThat(rounds.at(cut(5) + GRACE_MS + 1).get(0).cuts().equalMs()).hasValue(cut(1));
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
                .isEqualTo("Unknown: 1 of 1 partitions are not compared. Nothing is heard of us.");
        assertThat(status(7).needs())
                .extracting(DatasetStatus.Need::text)
                .containsExactly("Nothing is heard of us. Does its reconciler run, with this control topic?");
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
                .setVerified(35));

        assertThat(soonAfter(2).state()).isEqualTo(State.DIFFERENT);
        assertThat(soonAfter(3).different()).isEqualTo(Map.of("MISSING", 41L));
        assertThat(status(3).sentence())
                .isEqualTo(
                        "41 keys differ in partition 0 since 2026-09-21T14:13:40Z. 37 repairs sent (us 37), 35 verified.");

        allEqual(4);
        assertThat(soonAfter(4).state()).isEqualTo(State.EQUAL);
        assertThat(soonAfter(4).repairs().sent()).isEmpty();
        assertThat(soonAfter(4).cuts().differentSinceMs()).isEmpty();
    }

    /** Reports of one round come one after the other, and a late one of an earlier round may come last. */
    @Property(tries = 500)
    void shouldNotDependOnTheOrderInWhichReplicasReport(@ForAll long seed) {
        List<RoundReport> reports = new ArrayList<>();
        for (int round = 1; round < 4; round++) {
            Outcome outcome = round == 2 ? Outcome.DIVERGENT : Outcome.EQUAL;
            reports.add(report("ap", round, outcome, "eu", "us").build());
            reports.add(report("eu", round, outcome, "ap", "us").build());
            reports.add(report("us", round, outcome, "ap", "eu").build());
        }
        reports.remove(reports.size() - 1);
        Collections.shuffle(reports, new java.util.Random(seed));
        ReportedRounds shuffled = new ReportedRounds(INTERVAL_MS, GRACE_MS, 1, partition -> OWNERS);
        reports.forEach(shuffled::take);

        PartitionStatus partition = shuffled.at(cut(3) + GRACE_MS + INTERVAL_MS).get(0);

        assertThat(partition.state()).isEqualTo(State.EQUAL);
        assertThat(partition.cuts().equalMs()).hasValue(cut(3));
        assertThat(partition.cuts().differentSinceMs()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(
            value = State.class,
            names = {"HELD_BACK", "FAILING", "NEEDS_PERSON", "WAITING_FOR_PROOF", "REBUILDING", "LAGGING"})
    void shouldNameWhatStandsInTheWay(State state) {
        allEqual(1);
        for (int round = 2; round < 8; round++) {
            take(trouble(state, report("ap", round, Outcome.DIVERGENT, "eu", "us")));
        }

        assertThat(soonAfter(7).state()).isEqualTo(state);
        assertThat(status(7).sentence()).isEqualTo(sentence(state));
        assertThat(status(7).needs()).hasSize(state == State.REBUILDING || state == State.LAGGING ? 0 : 1);
    }

    private static RoundReport.Builder trouble(State state, RoundReport.Builder report) {
        return switch (state) {
            case HELD_BACK -> report.setGuarded(Map.of("us", 14_203L));
            case FAILING -> report.setFailed(41);
            case NEEDS_PERSON -> report.setNeedsPerson(Map.of("NO_WINNER", 5L, "UNREAD", 2L));
            case WAITING_FOR_PROOF -> report.setWaits(List.of(new Wait("us", "NOT_SEEN", 12L, cut(1))));
            case REBUILDING ->
                report.setOutcome(Outcome.EQUAL).setHeard(List.of("eu")).setRebuilding(List.of("us"));
            case LAGGING ->
                report.setOutcome(Outcome.LAGGING).setHeard(List.of("eu", "us")).setLagging(List.of("us"));
            default -> throw new IllegalArgumentException(state.name());
        };
    }

    private static String sentence(State state) {
        return switch (state) {
            case HELD_BACK ->
                "Held back: about 14 203 keys of us would be repaired. Nothing is sent to them until a person decides.";
            case FAILING -> "41 keys stay different after all attempts to repair them in partition 0.";
            case NEEDS_PERSON -> "7 keys need a person in partition 0: NO_WINNER 5, UNREAD 2.";
            case WAITING_FOR_PROOF ->
                "12 keys wait for a proof in partition 0: us NOT_SEEN since 2026-09-21T14:13:30Z.";
            case REBUILDING -> "us builds its state again in partition 0. What it lacks counts for nothing until then.";
            case LAGGING -> "us lags behind in partition 0, and is expected to catch up by itself.";
            default -> throw new IllegalArgumentException(state.name());
        };
    }

    /** A proof may be on its way. */
    @Test
    void shouldNotCallAShortWaitOneForAProof() {
        take(report("ap", 2, Outcome.DIVERGENT, "eu", "us")
                .setDivergences(Map.of("STALE", 1L))
                .setWaits(List.of(new Wait("us", "NOT_SEEN", 1L, cut(2) - 1_000))));

        assertThat(soonAfter(2).state()).isEqualTo(State.DIFFERENT);
    }

    @Test
    void shouldBeAsBadAsItsWorstPartition() {
        ReportedRounds two =
                new ReportedRounds(INTERVAL_MS, GRACE_MS, 3, partition -> partition == 2 ? List.of("eu") : OWNERS);
        two.take(report("ap", 1, Outcome.EQUAL, "eu", "us").build());
        two.take(report("us", 1, Outcome.EQUAL, "eu", "ap").setMalformed(3).build());
        long nowMs = cut(1) + GRACE_MS + INTERVAL_MS;

        DatasetStatus status = new DatasetStatus("shop", nowMs, false, two.replicas(), two.at(nowMs));

        assertThat(status.partitions())
                .as("a partition with one owner is not compared")
                .hasSize(2);
        assertThat(status.state()).isEqualTo(State.UNKNOWN);
        assertThat(status.in(State.EQUAL)).hasSize(1);
        assertThat(status.replicas())
                .contains(new ReplicaStatus("us", 2, 100, OptionalLong.empty(), 3))
                .as("eu has reported nothing")
                .contains(new ReplicaStatus("eu", 3, 0, OptionalLong.empty(), 0));
    }

    @Test
    void shouldIgnoreReportsOfOthers() {
        take(report("jp", 1, Outcome.EQUAL, "ap", "eu"));
        take(report("eu", 1, Outcome.EQUAL, "ap", "us").setPartition(7));

        assertThat(soonAfter(1).state()).isEqualTo(State.UNKNOWN);
    }
}
