package io.trueup.reconcile.rule;

import io.trueup.reconcile.settings.Settings;
import io.trueup.tree.Hash128;
import java.util.ArrayList;
import java.util.List;

/** The entry of the primary wins, and its absence too: what the primary does not hold is deleted elsewhere. */
final class PrimaryWins implements ResolutionRule {

    private final String primary;
    private final ConditionalFindings conditional;

    PrimaryWins(Settings settings) {
        primary = settings.rules().primary();
        conditional = new ConditionalFindings(settings);
    }

    @Override
    public List<Finding> findings(KeyAtCut key) {
        if (!key.replicas().contains(primary)) {
            return List.of();
        }
        EntrySummary winner = key.heldBy(primary);
        if (winner == null) {
            return absenceWins(key);
        }
        return key.isJudgeable(winner)
                ? conditional.against(winner, key, conditional.winnerMayBeOlder(winner, key))
                : List.of();
    }

    private List<Finding> absenceWins(KeyAtCut key) {
        List<Finding> findings = new ArrayList<>();
        for (String target : key.targets()) {
            EntrySummary held = key.heldBy(target);
            if (!key.isAbsent(held) && key.isJudgeable(held)) {
                findings.add(new Finding(
                        target,
                        Divergence.UNDELETED,
                        deleteOf(held),
                        held,
                        List.of(primary),
                        !key.mayAbsenceWin(primary, held)));
            }
        }
        return findings;
    }

    private static EntrySummary deleteOf(EntrySummary held) {
        return new EntrySummary(
                held.keyHash(),
                held.version(),
                held.positionMs(),
                held.appendTimeMs(),
                held.expiryMs(),
                true,
                Hash128.ZERO);
    }
}
