package io.trueup.status;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.schema.Outcome;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RoundHistoryTest {

    private static final int MAX_CUTS = 4;

    private final RoundHistory history = new RoundHistory(MAX_CUTS);

    private void take(int round, Outcome outcome) {
        history.take(
                "eu",
                round,
                Counts.of(Reports.report("eu", round, outcome, "us")
                        .setRepairs(Map.of("us", 1L))
                        .setVerified(2)
                        .setDeclined(3)
                        .setMalformed(1)
                        .build()));
    }

    @Test
    void shouldKeepABoundedNumberOfCutsAndTheSumsOfAll() {
        history.equalAt(2);
        for (int round = 1; round <= 100; round++) {
            take(round, round >= 50 ? Outcome.DIVERGENT : Outcome.ALONE);
        }

        assertThat(history.cuts().keySet()).containsExactly(97L, 98L, 99L, 100L);
        assertThat(history.since().sent()).isEqualTo(Map.of("us", 98L));
        assertThat(history.since().verified()).isEqualTo(196);
        assertThat(history.since().declined()).isEqualTo(294);
        assertThat(history.since().firstDifferentMs()).hasValue(50);
        assertThat(history.differentMs()).isEqualTo(100);
        assertThat(history.malformed("eu")).isEqualTo(100);
    }

    /** It may have come before: nobody knows. */
    @Test
    void shouldNotCountALateReportOfACutThatIsNoLongerKeptApart() {
        for (int round = 1; round <= 10; round++) {
            take(round, Outcome.ALONE);
        }
        take(3, Outcome.ALONE);
        take(0, Outcome.DIVERGENT);

        assertThat(history.since().sent()).isEqualTo(Map.of("us", 10L));
        assertThat(history.cuts()).hasSize(MAX_CUTS);
        assertThat(history.differentMs())
                .as("a difference counts, however late")
                .isZero();
    }

    @Test
    void shouldBeginAnewWhereAllOwnersAreEqual() {
        for (int round = 1; round <= 10; round++) {
            take(round, Outcome.DIVERGENT);
        }
        history.equalAt(8);

        assertThat(history.since().sent()).isEqualTo(Map.of("us", 2L));
        assertThat(history.since().firstDifferentMs()).hasValue(8);
        assertThat(history.differentMs()).isEqualTo(10);

        history.equalAt(11);
        history.equalAt(8);
        assertThat(history.equalMs()).as("a late proof of an earlier cut").isEqualTo(11);
        assertThat(history.since().sent()).isEmpty();
        assertThat(history.since().firstDifferentMs()).isEmpty();
        assertThat(history.differentMs()).isEqualTo(Long.MIN_VALUE);
    }

    @Test
    void shouldKeepTwiceTheCutsThatThePresentStatusNeeds() {
        assertThat(new RoundTimes(10_000, 5_000, 0).keptCuts()).isEqualTo(64);
        assertThat(new RoundTimes(1_000, 60_000, 0).keptCuts()).isEqualTo(132);
        assertThat(new RoundTimes(1, Integer.MAX_VALUE, 0).keptCuts()).isEqualTo(Short.MAX_VALUE);
    }
}
