package io.trueup.reconcile.rule;

import io.trueup.reconcile.rule.Conflict.Side;
import io.trueup.tree.VersionVector.Order;
import java.util.ArrayList;
import java.util.List;

/**
 * The newest entry wins: the one with the highest version, or with the vector that dominates all others. No proof of progress
 * is needed, because a newer version never loses. Several values of one version are decided by the majority of the
 * configured owners, else by the primary, else left to a person; so are concurrent vectors. An unread entry is older than any
 * other: the datastore declines a repair by what is older than the entry that it holds.
 */
final class NewestWins implements ResolutionRule {

    private final String primary;

    /** @param primary the replica that decides between several values of one version; may be null */
    NewestWins(String primary) {
        this.primary = primary;
    }

    @Override
    public List<Finding> findings(KeyAtCut key) {
        List<EntrySummary> newest = Dominance.undominated(key.candidates());
        if (newest.isEmpty()) {
            return Finding.unread(key);
        }
        EntrySummary winner = undisputed(newest, key);
        if (winner == null) {
            boolean settled = key.present().stream().anyMatch(entry -> Dominance.dominatesAll(entry, newest));
            return settled ? List.of() : List.of(Finding.conflict(key, newest));
        }
        List<Finding> findings = new ArrayList<>();
        List<String> mayHaveDeleted = new ArrayList<>();
        for (String target : key.targets()) {
            Finding finding = against(target, deleteDominating(target, winner, newest, key), key);
            if (finding == null) {
                continue;
            }
            if (!finding.waiting() && key.mayHaveBeenDeleted(target, winner)) {
                mayHaveDeleted.add(target);
            } else {
                findings.add(finding);
            }
        }
        if (!mayHaveDeleted.isEmpty()) {
            findings.add(Finding.mayBeDeleted(key, new Side(key.holders(winner), winner), mayHaveDeleted));
        }
        return findings;
    }

    /** The one of several newest entries that wins, or null. */
    private EntrySummary undisputed(List<EntrySummary> newest, KeyAtCut key) {
        List<List<EntrySummary>> groups = key.groups(newest);
        if (groups.size() == 1) {
            return EntrySummary.highest(groups.get(0));
        }
        if (Dominance.isConcurrentWithAny(newest.get(0), newest)) {
            return null;
        }
        EntrySummary majority = key.majority(groups);
        EntrySummary primarys = primary == null ? null : key.heldBy(primary);
        return majority != null ? majority : primarys != null && newest.contains(primarys) ? primarys : null;
    }

    /** Of several concurrent deletes the one that dominates what a target holds; otherwise the winner. */
    private static EntrySummary deleteDominating(
            String target, EntrySummary winner, List<EntrySummary> newest, KeyAtCut key) {
        EntrySummary held = key.heldBy(target);
        return newest.stream()
                .filter(entry -> held != null && key.isSame(entry, winner) && held.order(entry) == Order.BEFORE)
                .findFirst()
                .orElse(winner);
    }

    private static Finding against(String target, EntrySummary winner, KeyAtCut key) {
        EntrySummary held = key.heldBy(target);
        if (key.isAbsent(held) && key.isDead(winner) || held != null && key.isSame(held, winner)) {
            return null;
        }
        Order order = held == null ? Order.BEFORE : held.order(winner);
        return switch (order) {
            case AFTER, CONCURRENT -> null;
            case EQUAL -> {
                Divergence kind = key.isDead(winner) ? Divergence.UNDELETED : Divergence.CORRUPT;
                yield new Finding(target, kind, winner, held, key.holders(winner), afterCut(held, key));
            }
            case BEFORE -> {
                Waiting wait = held != null && held.isUnread() ? afterCut(held, key) : null;
                yield Finding.older(
                        key,
                        target,
                        winner,
                        key.holders(winner),
                        wait == null ? key.waitBeforeRepair(target, winner) : wait);
            }
        };
    }

    private static Waiting afterCut(EntrySummary held, KeyAtCut key) {
        return key.isJudgeable(held) ? null : new Waiting(Waiting.Reason.WRITTEN_AFTER_CUT, key.sentMs(held));
    }
}
