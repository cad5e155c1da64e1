package io.trueup.reconcile.rule;

import io.trueup.reconcile.settings.Settings;
import java.util.List;

/**
 * The entry of the primary wins, and its absence too: what the primary does not hold is deleted elsewhere. But only where the
 * primary has seen what it would replace; and its absence only where its state contains all that its datastore holds. Where the
 * write event of the primary could not be read, nothing wins.
 */
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
        if (winner == null || winner.statesAbsence()) {
            return conditional.absenceWins(primary, key, replaced -> key.hasSeen(primary, replaced));
        }
        if (winner.isUnread()) {
            return key.isOverdue(winner) ? Finding.unread(key) : List.of();
        }
        return key.isJudgeable(winner)
                ? conditional.entryWins(winner, key, replaced -> key.hasSeen(primary, replaced))
                : List.of();
    }
}
