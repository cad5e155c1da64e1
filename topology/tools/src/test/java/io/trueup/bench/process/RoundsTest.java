package io.trueup.bench.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.bench.process.Milestone.Kind;
import io.trueup.reconcile.RoundSummary;
import io.trueup.reconcile.RoundSummary.Holdings;
import io.trueup.reconcile.RoundSummary.Outcome;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RoundsTest {

    private final Rounds rounds = new Rounds();

    @Test
    void shouldBeComparedWhenEachPartitionIsEqualWithAllKeys() {
        rounds.expect(30);
        rounds.reported("eu", 0, round(Outcome.EQUAL, 10));
        assertThat(rounds.reached(2)).as("one of two partitions").isEmpty();

        rounds.reported("eu", 1, round(Outcome.ALONE, 20));
        assertThat(rounds.reached(2)).containsExactly(Kind.SEALED);

        rounds.reported("eu", 1, round(Outcome.EQUAL, 20));
        assertThat(rounds.reached(2)).containsExactly(Kind.COMPARED);
        assertThat(rounds.reached(2)).as("returned once").isEmpty();
    }

    @Test
    void shouldNotCountRoundsThatWereSkippedOrLackKeys() {
        rounds.expect(30);
        rounds.reported("eu", 0, round(Outcome.EQUAL, 10));
        rounds.reported("eu", 1, round(Outcome.SKIPPED, 20));
        assertThat(rounds.reached(2)).isEmpty();

        rounds.reported("eu", 1, round(Outcome.EQUAL, 19));
        assertThat(rounds.reached(2)).isEmpty();
    }

    @Test
    void shouldForgetWhatWasReachedBeforeOtherKeysWereExpected() {
        rounds.reported("eu", 0, round(Outcome.EQUAL, 0));
        assertThat(rounds.reached(1)).containsExactly(Kind.SEALED, Kind.COMPARED);

        rounds.expect(5);
        assertThat(rounds.reached(1)).isEmpty();

        rounds.reported("eu", 0, round(Outcome.EQUAL, 5));
        assertThat(rounds.reached(1)).containsExactly(Kind.SEALED, Kind.COMPARED);
    }

    private static RoundSummary round(Outcome outcome, long entries) {
        return new RoundSummary(
                1,
                0,
                outcome,
                null,
                0,
                null,
                new Holdings("", entries, entries, 0, Map.of()),
                null,
                null,
                null,
                null,
                null);
    }
}
