package io.trueup.report;

import io.trueup.reconcile.RoundSummary;
import io.trueup.reconcile.RoundSummary.Outcome;
import io.trueup.reconcile.rule.Conflict;
import java.util.List;
import java.util.Map;

/** Summaries of rounds to start tests from. */
final class RoundFixtures {

    private RoundFixtures() {}

    static RoundSummary quiet(Outcome outcome) {
        return guarding(outcome, Map.of());
    }

    static RoundSummary guarding(Outcome outcome, Map<String, Long> guarded) {
        return of(outcome, guarded, Map.of(), 0);
    }

    static RoundSummary of(Outcome outcome, Map<String, Long> guarded, Map<String, Long> seeding, long conflicts) {
        return new RoundSummary(
                7,
                420_000,
                outcome,
                null,
                outcome == Outcome.EQUAL || outcome == Outcome.DIVERGENT ? 0 : 1,
                new RoundSummary.Peers(List.of("us"), List.of(), List.of(), List.of(), List.of()),
                new RoundSummary.Holdings("00", 100, 9, 419_000, seeding),
                new RoundSummary.Comparison(0, 0, Map.of(), conflicts, List.of(), needsPerson(conflicts), List.of()),
                new RoundSummary.Repairs(
                        Map.of(), 0, 0, 0, 0, guarded, Map.of("us", 8L), new RoundSummary.Resting(Map.of(), Map.of())),
                new RoundSummary.Upkeep(5, 6, 8, 0),
                new RoundSummary.Control(1, 80),
                new RoundSummary.Timing(10, 20));
    }

    private static Map<Conflict.Reason, Long> needsPerson(long conflicts) {
        return conflicts == 0 ? Map.of() : Map.of(Conflict.Reason.NO_WINNER, conflicts);
    }
}
