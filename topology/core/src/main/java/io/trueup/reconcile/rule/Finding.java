package io.trueup.reconcile.rule;

import io.trueup.reconcile.rule.Conflict.Side;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/**
 * One target that differs from the winning entry, or a conflict.
 *
 * @param target the replica that differs; for a conflict all that hold a candidate, joined by commas
 * @param kind how it differs
 * @param winner the entry that should be there; null for a conflict
 * @param observed what is there; null if nothing
 * @param holders replicas that hold the winner, in order of name; for a conflict those that hold a candidate
 * @param waitsFor why no action is taken yet; null: it is taken
 * @param conflict the conflict; null for a finding of one target
 */
public record Finding(
        String target,
        Divergence kind,
        EntrySummary winner,
        EntrySummary observed,
        List<String> holders,
        Waiting waitsFor,
        Disagreement conflict) {

    /**
     * Entries of which none wins by a rule.
     *
     * @param reason why
     * @param sides the entries; absence is a side of its own where it is one of the candidates
     * @param heard the replicas that were compared
     * @param unheard the owners that were not heard: the cut does not show what they hold
     */
    public record Disagreement(Conflict.Reason reason, List<Side> sides, Set<String> heard, Set<String> unheard) {}

    public Finding(
            String target,
            Divergence kind,
            EntrySummary winner,
            EntrySummary observed,
            List<String> holders,
            Waiting waitsFor) {
        this(target, kind, winner, observed, holders, waitsFor, null);
    }

    /** A target whose entry is older than the winner by version, or absent. */
    static Finding older(KeyAtCut key, String target, EntrySummary winner, List<String> holders, Waiting waitsFor) {
        EntrySummary held = key.heldBy(target);
        Divergence kind =
                held == null ? Divergence.MISSING : key.isDead(winner) ? Divergence.UNDELETED : Divergence.STALE;
        return new Finding(target, kind, winner, held, holders, waitsFor);
    }

    /** Entries of which none wins. */
    static Finding conflict(KeyAtCut key, List<EntrySummary> candidates) {
        return conflict(key, Conflict.Reason.NO_WINNER, sides(key, candidates));
    }

    /** The sides that several candidates form, with their holders. A tombstone stands for all entries of a side that is dead. */
    static List<Side> sides(KeyAtCut key, List<EntrySummary> candidates) {
        return key.groups(candidates).stream()
                .map(group -> new Side(
                        key.holders(group.get(0)),
                        group.stream().filter(EntrySummary::deleted).findFirst().orElse(group.get(0))))
                .toList();
    }

    /** Sides of which a person must choose one. */
    static Finding conflict(KeyAtCut key, Conflict.Reason reason, List<Side> sides) {
        List<String> names = sides.stream()
                .filter(side -> !side.entry().statesAbsence())
                .flatMap(side -> side.replicas().stream())
                .filter(replica -> key.heldBy(replica) != null)
                .sorted()
                .toList();
        EntrySummary observed = key.heldBy(names.get(0));
        return new Finding(
                String.join(",", names),
                Divergence.CONFLICT,
                null,
                observed,
                names,
                null,
                new Disagreement(reason, sides, Set.copyOf(key.replicas()), key.unheard()));
    }

    /**
     * What is found where no entry wins without those that could not be read: nothing until patience with one of them has ended and
     * all others lie before the cut, then a conflict of all that is held.
     */
    static List<Finding> unread(KeyAtCut key) {
        boolean settled = key.readable().stream().allMatch(key::isJudgeable);
        if (!settled || key.unread().stream().noneMatch(key::isOverdue)) {
            return List.of();
        }
        List<Side> sides = new ArrayList<>(sides(key, key.present()));
        List<String> absent = key.replicas().stream()
                .filter(replica -> key.heldBy(replica) == null)
                .toList();
        if (!absent.isEmpty()) {
            EntrySummary unread = key.unread().get(0);
            sides.add(new Side(absent, EntrySummary.absence(unread.keyHash(), unread.positionMs())));
        }
        sides.sort(Comparator.comparing(side -> side.replicas().get(0)));
        return List.of(conflict(key, Conflict.Reason.UNREAD, List.copyOf(sides)));
    }

    /** An entry stands against the absence of replicas that may have deleted it. */
    static Finding mayBeDeleted(KeyAtCut key, Side held, List<String> absent) {
        boolean rebuilt = key.liesBeforeHorizon(held.entry());
        Side absence = new Side(
                absent,
                EntrySummary.absence(held.entry().keyHash(), held.entry().positionMs()));
        return conflict(key, rebuilt ? Conflict.Reason.REBUILT : Conflict.Reason.RETURNED, List.of(held, absence));
    }

    /** The same finding, on which no action is taken yet; null: it is taken. */
    Finding waitingFor(Waiting reason) {
        return new Finding(target, kind, winner, observed, holders, reason, conflict);
    }

    /** Whether an action must wait. */
    public boolean waiting() {
        return waitsFor != null;
    }

    public boolean isConflict() {
        return kind == Divergence.CONFLICT;
    }

    /** Whether the target holds the same value as the winner, under another version or with another expiry. */
    public boolean isOfSameValue() {
        return winner != null
                && observed != null
                && !winner.deleted()
                && winner.digest().equals(observed.digest());
    }

    /** Whether the winner is a delete at a cut. */
    public boolean deletes(long cutMs) {
        return winner.deadAt(cutMs);
    }
}
