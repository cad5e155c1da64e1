package io.trueup.reconcile.rule;

import io.trueup.reconcile.settings.Settings;
import java.util.List;

/**
 * The entry wins that more than half of the configured owners hold, of those that have seen the entry which it would replace:
 * the others abstain. Absence has no vote, nor has an entry that could not be read, which may be another one than all others. Where no
 * entry has the majority, a person decides.
 */
final class MajorityWins implements ResolutionRule {

    private final ConditionalFindings conditional;

    MajorityWins(Settings settings) {
        conditional = new ConditionalFindings(settings);
    }

    @Override
    public List<Finding> findings(KeyAtCut key) {
        List<List<EntrySummary>> groups = key.groups(key.candidates().stream()
                .filter(entry -> !entry.statesAbsence())
                .toList());
        if (groups.isEmpty()) {
            return Finding.unread(key);
        }
        boolean undisputed = groups.size() == 1 && !key.isUnreadSomewhere();
        EntrySummary winner =
                undisputed && key.allOwnersHeard() ? EntrySummary.highest(groups.get(0)) : key.majority(groups);
        if (winner != null) {
            return conditional.entryWins(winner, key, replaced -> key.isMajority(votes(winner, replaced, key)));
        }
        if (key.isUnreadSomewhere()) {
            return Finding.unread(key);
        }
        return undisputed
                ? List.of()
                : List.of(Finding.conflict(
                        key, groups.stream().flatMap(List::stream).toList()));
    }

    /** The holders of the winner that have seen an entry which it would replace. */
    private static long votes(EntrySummary winner, EntrySummary replaced, KeyAtCut key) {
        return key.holders(winner).stream()
                .filter(holder -> key.hasSeen(holder, replaced))
                .count();
    }
}
