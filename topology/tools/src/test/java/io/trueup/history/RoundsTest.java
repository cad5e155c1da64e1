package io.trueup.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.repair.EmittedRepair;
import io.trueup.schema.Approval;
import io.trueup.schema.ConflictEvent;
import io.trueup.schema.ControlMessage;
import io.trueup.schema.Evidence;
import io.trueup.schema.Hash;
import io.trueup.schema.Outcome;
import io.trueup.schema.Root;
import io.trueup.schema.RoundReport;
import io.trueup.topic.Place;
import io.trueup.tree.Entry;
import io.trueup.tree.Write;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class RoundsTest {

    private static final long INTERVAL_MS = 1_000;

    private final List<Round> reported = new ArrayList<>();
    private final List<Event> betweenRounds = new ArrayList<>();
    private final Rounds rounds = rounds(null, TimeRange.ALL);
    private long offset;

    @Test
    void shouldTakeTheMaximumOfWhatAllSeeAndAddUpWhatEachDoes() {
        rounds.take(root("eu", 10_000, 10_100));
        rounds.take(event(report("eu", 10_000, "us").setRepairs(Map.of("us", 2L)), 10_500));
        assertThat(reported).as("us is still to report").isEmpty();
        rounds.take(event(
                report("us", 10_000, "eu")
                        .setDivergences(Map.of("MISSING", 3L, "STALE", 1L))
                        .setRepairs(Map.of("us", 1L)),
                10_600));

        assertThat(reported).singleElement().satisfies(round -> {
            assertThat(round.outcome()).isEqualTo(Outcome.DIVERGENT);
            assertThat(round.reporters()).containsExactly("eu", "us");
            assertThat(round.divergences()).isEqualTo(Map.of("MISSING", 3L, "STALE", 1L));
            assertThat(round.repairs()).isEqualTo(Map.of("us", 3L));
            assertThat(round.segments()).isEqualTo(4);
            assertThat(round.controlMessages()).isEqualTo(14);
            assertThat(round.controlBytes()).isEqualTo(200);
            assertThat(round.control()).isEqualTo(Map.of("Root", 1L));
        });
    }

    @Test
    void shouldNotWaitLongerThanAnIntervalForAReconcilerThatIsDown() {
        rounds.take(event(report("eu", 10_000).setSilent(List.of("us")), 10_500));
        rounds.tick(10_500 + INTERVAL_MS);
        assertThat(reported).isEmpty();

        rounds.tick(10_501 + INTERVAL_MS);

        assertThat(reported)
                .singleElement()
                .satisfies(round -> assertThat(round.silent()).containsExactly("us"));
    }

    @Test
    void shouldNotWaitForARoundThatWasReportedWhenARestartedReconcilerSealsItAgain() {
        rounds.take(event(report("eu", 10_000), 10_500));
        rounds.take(root("eu", 10_000, 10_600));
        rounds.take(event(report("eu", 11_000), 11_500));

        assertThat(reported).extracting(Round::cutMs).containsExactly(10_000L, 11_000L);
    }

    @Test
    void shouldReportRoundsInOrderOfTheirCutsAndRemarksBetweenThem() {
        rounds.take(event(report("eu", 12_000), 12_500));
        rounds.take(new Event.ControlSent(place(11_500), message("", 11_000, new Approval("us", "FLOOD", 99L)), 1));
        rounds.take(event(report("eu", 10_000, "us"), 12_600));
        rounds.end();

        assertThat(reported).extracting(Round::cutMs).containsExactly(12_000L, 10_000L);
        assertThat(betweenRounds).hasSize(1);
    }

    @Test
    void shouldBoundTheTimeOfRepairsByTheReportThatCountsThem() {
        rounds.take(emitted("r1", 10_000));
        rounds.take(emitted("r2", 10_400));
        rounds.take(emitted("r3", 10_500));
        rounds.take(event(report("us", 10_000).setVerified(1).setDeclined(1), 11_000));

        assertThat(reported.get(0).took()).isEqualTo(Map.of("us", new Round.Took(2, 600, 1_000, false)));
        assertThat(rounds.unanswered()).isEqualTo(Map.of("us", 1L));
    }

    @Test
    void shouldTimeRepairsToTheAnswerWhereItIsKnown() {
        rounds.take(emitted("r1", 10_000));
        rounds.take(emitted("r2", 10_000));
        rounds.take(answer("r2", 10_250));
        rounds.take(event(report("us", 9_000), 10_300));
        rounds.take(answer("r1", 10_750));
        rounds.take(event(report("us", 10_000).setVerified(2), 11_000));

        assertThat(reported.get(0).took()).isEmpty();
        assertThat(reported.get(1).took()).isEqualTo(Map.of("us", new Round.Took(2, 250, 750, true)));
        assertThat(rounds.unanswered()).isEmpty();
    }

    @Test
    void shouldReportAConflictOnceUntilItIsSettled() {
        byte[] key = "k".getBytes(StandardCharsets.UTF_8);
        ConflictEvent conflict = conflict();
        rounds.take(new Event.ConflictUpdated(place(1), key, "", conflict));
        rounds.take(new Event.ConflictUpdated(place(2), key, "", conflict));
        rounds.take(new Event.ConflictUpdated(place(3), key, "", null));
        rounds.take(new Event.ConflictUpdated(place(4), key, "", conflict));

        assertThat(betweenRounds).extracting(event -> event.place().timeMs()).containsExactly(1L, 3L, 4L);
    }

    @Test
    void shouldReportAConflictAsSettledOnceAllReplicasHaveWithdrawnTheirReports() {
        byte[] key = "k".getBytes(StandardCharsets.UTF_8);
        rounds.take(new Event.ConflictUpdated(place(1), key, "eu", conflict()));
        rounds.take(new Event.ConflictUpdated(place(2), key, "us", conflict()));
        rounds.take(new Event.ConflictUpdated(place(3), key, "us", null));
        rounds.take(new Event.ConflictUpdated(place(4), key, "", null));
        rounds.take(new Event.ConflictUpdated(place(5), key, "eu", null));
        rounds.take(new Event.ConflictUpdated(place(6), key, "", null));

        assertThat(betweenRounds).extracting(event -> event.place().timeMs()).containsExactly(1L, 5L);
    }

    @Test
    void shouldKeepToOneReplicaAndToATimeRange() {
        Rounds some = rounds("us", new TimeRange(OptionalLong.of(10_000), OptionalLong.of(11_000)));
        some.take(event(report("us", 9_000, "eu"), 9_500));
        some.take(event(report("eu", 10_000, "us"), 10_500));
        some.take(event(report("us", 10_000, "eu"), 10_500));
        some.take(event(report("us", 12_000, "eu"), 12_500));
        some.end();

        assertThat(reported).singleElement().satisfies(round -> {
            assertThat(round.cutMs()).isEqualTo(10_000);
            assertThat(round.reporters()).containsExactly("us");
        });
    }

    private Rounds rounds(String replica, TimeRange range) {
        return new Rounds(replica, null, range, INTERVAL_MS, new Rounds.Listener() {
            @Override
            public void round(Round round) {
                reported.add(round);
            }

            @Override
            public void command(Event.ControlSent command) {
                betweenRounds.add(command);
            }

            @Override
            public void conflict(Event.ConflictUpdated conflict) {
                betweenRounds.add(conflict);
            }
        });
    }

    private Place place(long timeMs) {
        return new Place("t", 0, offset++, timeMs);
    }

    private Event root(String replica, long cutMs, long timeMs) {
        return new Event.ControlSent(
                place(timeMs),
                message(
                        replica,
                        cutMs,
                        new Root(
                                new Hash(new byte[16]),
                                1L,
                                Evidence.newBuilder().setWatermark(1L).build(),
                                false,
                                false,
                                List.of())),
                60);
    }

    private static ControlMessage message(String replica, long cutMs, Object body) {
        return new ControlMessage("d", replica, 0, cutMs, 1L, 1L, body);
    }

    private Event event(RoundReport.Builder report, long timeMs) {
        return new Event.RoundReported(place(timeMs), report.build());
    }

    private Event emitted(String id, long timeMs) {
        return new Event.RepairEmitted(
                place(timeMs),
                new EmittedRepair(
                        id.getBytes(StandardCharsets.UTF_8),
                        id,
                        "us",
                        0,
                        new EmittedRepair.Origin("eu", 9_000, 1, "MISSING"),
                        new EmittedRepair.Held(1, null, false),
                        1,
                        null,
                        null,
                        "UNLESS_NEWER",
                        99_000,
                        new EmittedRepair.Value(5, null)));
    }

    private Event answer(String id, long timeMs) {
        Write write =
                new Write(id.getBytes(StandardCharsets.UTF_8), 1, 1, false, null, null, Entry.NEVER, id, 0, timeMs);
        return new Event.EntryWritten(place(timeMs), "us", write, 5, false);
    }

    private static ConflictEvent conflict() {
        return ConflictEvent.newBuilder()
                .setDataset("d")
                .setPartition(0)
                .setKeyHash("00")
                .setCut(1)
                .setReporter("eu")
                .setSides(List.of())
                .build();
    }

    static RoundReport.Builder report(String replica, long cutMs, String... heard) {
        return RoundReport.newBuilder()
                .setWaits(List.of())
                .setDataset("d")
                .setReplica(replica)
                .setPartition(0)
                .setRound(cutMs / INTERVAL_MS)
                .setCut(cutMs)
                .setOutcome(heard.length == 0 ? Outcome.ALONE : Outcome.DIVERGENT)
                .setHeard(List.of(heard))
                .setSilent(List.of())
                .setLagging(List.of())
                .setDisagreeing(List.of())
                .setRoot("")
                .setEntries(10)
                .setWatermark(cutMs)
                .setSegments(4)
                .setKeys(9)
                .setDivergences(Map.of("MISSING", 3L))
                .setRepairs(Map.of())
                .setWaiting(0)
                .setVerified(0)
                .setDeclined(0)
                .setFailed(0)
                .setClamped(0)
                .setMalformed(0)
                .setControlMessages(7)
                .setControlBytes(100)
                .setSealedAfterMs(5)
                .setDurationMs(50)
                .setSample(List.of());
    }
}
