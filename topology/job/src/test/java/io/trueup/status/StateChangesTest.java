package io.trueup.status;

import static io.trueup.status.Reports.cut;
import static io.trueup.status.Reports.report;
import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.schema.Outcome;
import io.trueup.schema.RoundReport;
import io.trueup.status.StateChanges.Change;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StateChangesTest {

    private static final List<String> OWNERS = List.of("ap", "eu", "us");

    private final ReportedRounds rounds = new ReportedRounds(Reports.TIMES, 1, partition -> OWNERS);
    private final StateChanges changes = new StateChanges();

    private List<Change> after(int round) {
        return changes.to(rounds.at(Reports.soonAfter(round), "shop", false));
    }

    private void take(RoundReport.Builder report) {
        rounds.take(report.build(), report.getCut() + Reports.GRACE_MS);
    }

    private void all(int round, Outcome outcome, Map<String, Long> paused) {
        take(report("ap", round, outcome, "eu", "us").setPaused(paused));
        take(report("eu", round, outcome, "ap", "us").setPaused(paused));
        take(report("us", round, outcome, "ap", "eu").setPaused(paused));
    }

    @Test
    void shouldSayEachChangeOnce() {
        all(1, Outcome.EQUAL, Map.of());
        assertThat(after(1)).singleElement().satisfies(change -> {
            assertThat(change.warns()).isFalse();
            assertThat(change.text()).startsWith("All 3 replicas are equal");
        });
        all(2, Outcome.EQUAL, Map.of());
        assertThat(after(2)).isEmpty();

        all(3, Outcome.DIVERGENT, Map.of());
        assertThat(after(3)).singleElement().satisfies(change -> {
            assertThat(change.warns()).isFalse();
            assertThat(change.text()).startsWith("Replicas differ");
        });
        all(4, Outcome.DIVERGENT, Map.of());
        assertThat(after(4)).isEmpty();

        all(5, Outcome.EQUAL, Map.of());
        assertThat(after(5)).singleElement().satisfies(change -> {
            assertThat(change.warns()).isFalse();
            assertThat(change.text()).startsWith("recovered: All 3 replicas are equal");
        });
    }

    @Test
    void shouldWarnWhileRepairsArePausedOnce() {
        all(1, Outcome.EQUAL, Map.of());
        after(1);
        all(2, Outcome.EQUAL, Map.of("us", cut(2)));
        assertThat(after(2)).containsExactly(new Change(true, "repairs of us are paused"));
        all(3, Outcome.EQUAL, Map.of("us", cut(2)));
        assertThat(after(3)).isEmpty();
        all(4, Outcome.EQUAL, Map.of());
        assertThat(after(4)).containsExactly(new Change(false, "repairs of us are resumed"));
    }

    @Test
    void shouldSayThatAMaintenanceWindowOpensAndEnds() {
        all(1, Outcome.EQUAL, Map.of());
        after(1);
        take(report("ap", 2, Outcome.EQUAL, "eu", "us").setWindows(Map.of("us", cut(9))));
        assertThat(after(2)).containsExactly(new Change(false, "a maintenance window is open for us"));
        take(report("ap", 3, Outcome.EQUAL, "eu", "us").setWindows(Map.of("us", cut(9))));
        assertThat(after(3)).isEmpty();
        all(5, Outcome.EQUAL, Map.of());
        assertThat(after(5)).containsExactly(new Change(false, "the maintenance windows of us are over"));
    }

    @Test
    void shouldWarnOfASilentReplicaOnceAndSayThatItIsHeardAgain() {
        all(1, Outcome.EQUAL, Map.of());
        after(1);
        for (int round = 2; round < 8; round++) {
            take(report("ap", round, Outcome.EQUAL, "eu").setSilent(List.of("us")));
            take(report("eu", round, Outcome.EQUAL, "ap").setSilent(List.of("us")));
        }
        assertThat(after(7))
                .filteredOn(change -> change.text().equals("nothing is heard of us"))
                .extracting(Change::warns)
                .containsExactly(true);
        assertThat(after(7)).isEmpty();

        all(8, Outcome.EQUAL, Map.of());
        assertThat(after(8)).contains(new Change(false, "us is heard again"));
    }

    @Test
    void shouldWarnOfWhatIsHeldBack() {
        all(1, Outcome.EQUAL, Map.of());
        after(1);
        take(report("ap", 2, Outcome.DIVERGENT, "eu", "us").setGuarded(Map.of("us", 40L)));

        assertThat(after(2))
                .hasSize(2)
                .allMatch(Change::warns)
                .contains(new Change(true, "repairs of us are held back by the flood guard"));
    }

    /** All reconcilers have stopped: their last reports become old, and say nothing of the present. */
    @Test
    void shouldNotSayThatWhatIsHeldBackOrPausedHasEndedBecauseNothingIsReported() {
        all(1, Outcome.EQUAL, Map.of());
        after(1);
        take(report("ap", 2, Outcome.DIVERGENT, "eu", "us")
                .setGuarded(Map.of("us", 40L))
                .setPaused(Map.of("eu", cut(2))));
        assertThat(after(2))
                .contains(
                        new Change(true, "repairs of us are held back by the flood guard"),
                        new Change(true, "repairs of eu are paused"));

        assertThat(after(20))
                .extracting(Change::text)
                .noneMatch(text -> text.contains("no longer held back"))
                .noneMatch(text -> text.contains("resumed"))
                .anyMatch(text -> text.startsWith("Unknown"));

        take(report("ap", 21, Outcome.DIVERGENT, "eu", "us").setGuarded(Map.of("us", 40L)));
        assertThat(after(21))
                .contains(new Change(false, "repairs of eu are resumed"))
                .extracting(Change::text)
                .noneMatch(text -> text.contains("held back by"));

        all(22, Outcome.EQUAL, Map.of());
        assertThat(after(22)).contains(new Change(false, "repairs of us are no longer held back"));
    }

    /** The rounds topic is read again, and has no report that is young enough. */
    @Test
    void shouldNotSayThatRepairsAreResumedBecauseTheReportsAreNotReadAgain() {
        all(1, Outcome.EQUAL, Map.of("us", cut(1)));
        assertThat(after(1)).contains(new Change(true, "repairs of us are paused"));

        ReportedRounds again = new ReportedRounds(Reports.TIMES, 1, partition -> OWNERS);

        assertThat(changes.to(again.at(Reports.soonAfter(2), "shop", false)))
                .extracting(Change::text)
                .noneMatch(text -> text.contains("resumed"));
    }

    /** A process that has just started knows nothing yet: that is no change. */
    @Test
    void shouldSayNothingBeforeTheStateIsKnown() {
        assertThat(after(1)).isEmpty();
        assertThat(after(1)).isEmpty();

        all(2, Outcome.EQUAL, Map.of());

        assertThat(after(2)).hasSize(1);
    }
}
