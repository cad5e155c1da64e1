package io.trueup.reconcile.rule;

import io.trueup.reconcile.rule.Conflict.Side;
import java.util.List;

/**
 * One target that differs from the winning entry, or a conflict.
 *
 * @param target the replica that differs; for a conflict all that hold a candidate, joined by commas
 * @param kind how it differs
 * @param winner the entry that should be there; null for a conflict
 * @param observed what is there; null if nothing
 * @param holders replicas that hold the winner, in order of name; for a conflict those that hold a candidate
 * @param waiting true: no action is taken yet
 * @param sides the entries of a conflict; empty otherwise
 */
public record Finding(
        String target,
        Divergence kind,
        EntrySummary winner,
        EntrySummary observed,
        List<String> holders,
        boolean waiting,
        List<Side> sides) {

    public Finding(
            String target,
            Divergence kind,
            EntrySummary winner,
            EntrySummary observed,
            List<String> holders,
            boolean waiting) {
        this(target, kind, winner, observed, holders, waiting, List.of());
    }

    /** A target whose entry is older than the winner by version, or absent. */
    static Finding older(KeyAtCut key, String target, EntrySummary winner, List<String> holders, boolean waiting) {
        EntrySummary held = key.heldBy(target);
        Divergence kind =
                held == null ? Divergence.MISSING : key.isDead(winner) ? Divergence.UNDELETED : Divergence.STALE;
        return new Finding(target, kind, winner, held, holders, waiting);
    }

    /** Entries of which none wins. */
    static Finding conflict(KeyAtCut key, List<EntrySummary> candidates) {
        List<Side> sides = key.groups(candidates).stream()
                .map(group -> new Side(key.holders(group.get(0)), group.get(0)))
                .toList();
        List<String> names = sides.stream()
                .flatMap(side -> side.replicas().stream())
                .sorted()
                .toList();
        return new Finding(String.join(",", names), Divergence.CONFLICT, null, candidates.get(0), names, false, sides);
    }

    public boolean isConflict() {
        return kind == Divergence.CONFLICT;
    }

    /** Whether the winner is a delete at a cut. */
    public boolean deletes(long cutMs) {
        return winner.deadAt(cutMs);
    }
}
