package io.trueup.stream;

import io.trueup.reconcile.Divergence;
import io.trueup.reconcile.RoundSummary;
import io.trueup.reconcile.RoundSummary.Outcome;
import java.util.List;
import java.util.Map;

/** Summaries of rounds to start tests from. */
final class Rounds {

    private Rounds() {}

    static RoundSummary quiet(Outcome outcome) {
        return guarding(outcome, Map.of());
    }

    static RoundSummary guarding(Outcome outcome, Map<String, Long> guarded) {
        return of(outcome, guarded, Map.of(), 0);
    }

    static RoundSummary of(Outcome outcome, Map<String, Long> guarded, Map<String, Long> seeding, long conflicts) {
        Map<Divergence, Long> divergences = Map.of();
        return new RoundSummary(
                7,
                420_000,
                outcome,
                null,
                List.of("us"),
                List.of(),
                List.of(),
                List.of(),
                "00",
                100,
                419_000,
                0,
                0,
                divergences,
                Map.of(),
                0,
                0,
                0,
                0,
                guarded,
                seeding,
                9,
                conflicts,
                5,
                6,
                8,
                0,
                1,
                80,
                10,
                20,
                List.of());
    }
}
