package io.trueup.reconcile;

import io.trueup.reconcile.RoundSummary.Action;
import io.trueup.reconcile.decision.PausedRepairs;
import io.trueup.reconcile.exchange.Message.Choice;
import io.trueup.reconcile.exchange.RoundMemory;
import io.trueup.reconcile.flood.FloodGuard;
import io.trueup.reconcile.rule.Divergence;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.rule.Finding;
import io.trueup.reconcile.sent.RepairAttempts;
import io.trueup.reconcile.sent.RepairIds;
import io.trueup.reconcile.settings.RepairWindows;
import io.trueup.reconcile.settings.Settings;
import io.trueup.tree.Entry;
import io.trueup.tree.EntryTable;
import io.trueup.tree.Hash128;
import io.trueup.tree.KeyedHash;
import io.trueup.tree.VersionVector;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Acts on findings: reports conflicts, respects the flood guard, the pace and the turns of suppliers, and emits the repairs
 * that this replica supplies. Not thread-safe.
 */
final class RepairDispatcher {

    /** What a person has chosen replaces whatever the target holds, unless that is newer. */
    private static final Repair.Condition UNCONDITIONAL = new Repair.Condition(false, null);

    private final Settings settings;
    private final EntryTable table;
    private final KeyedHash hash;
    private final RepairIds ids;
    private final Outbox outbox;
    private final FloodGuard guard;
    private final PausedRepairs pauses;
    private final Conflicts conflicts;
    private final RoundSummaryBuilder summary;
    private final RepairAttempts attempts;
    /** Repairs of this round by supplier, as far as this reconciler knows. */
    private final Map<String, Integer> sentThisRound = new HashMap<>();
    /** The same by supplier and target. */
    private final Map<List<String>, Integer> sentToTargets = new HashMap<>();

    private Set<String> inWindow = Set.of();

    RepairDispatcher(
            Settings settings,
            EntryTable table,
            KeyedHash hash,
            RepairIds ids,
            Outbox outbox,
            FloodGuard guard,
            PausedRepairs pauses,
            Conflicts conflicts,
            RoundSummaryBuilder summary,
            RoundMemory.Share memory) {
        this.settings = settings;
        this.table = table;
        this.hash = hash;
        this.ids = ids;
        this.outbox = outbox;
        this.guard = guard;
        this.pauses = pauses;
        this.conflicts = conflicts;
        this.summary = summary;
        this.attempts = new RepairAttempts(settings, memory);
    }

    /** A new round is due: as many repairs may be emitted again as one round may have. */
    void nextRound() {
        sentThisRound.clear();
        sentToTargets.clear();
    }

    /** Forgets divergences that are gone, see {@link RepairAttempts#forgetBefore}. */
    void forgetBefore(long cutMs, Predicate<Hash128> mayStand) {
        attempts.forgetBefore(cutMs, mayStand);
    }

    /** Repairs of a target are paused: the attempts so far do not count, because nobody sees how they end. */
    void paused(String target) {
        attempts.forget(target);
    }

    /**
     * Acts on a finding.
     *
     * @param byHolder true: a delete, too, is supplied by a holder, because the target does not know the key
     * @return what was done
     */
    Action act(long nowMs, long cutMs, Hash128 keyHash, Finding finding, boolean byHolder) {
        summary.found(finding.kind());
        return decide(nowMs, cutMs, keyHash, finding, byHolder);
    }

    /**
     * Acts on a finding of a probe. One key shows nothing of a flood: until a round has compared all owners since the start,
     * the repair waits.
     */
    Action actOnProbe(long nowMs, long cutMs, Hash128 keyHash, Finding finding) {
        summary.found(finding.kind());
        boolean repairs = !finding.isConflict() && !settings.rules().observeOnly();
        return repairs && !guard.hasAssessedAll()
                ? did(Action.WAITING, keyHash, finding, null)
                : decide(nowMs, cutMs, keyHash, finding, false);
    }

    private Action decide(long nowMs, long cutMs, Hash128 keyHash, Finding finding, boolean byHolder) {
        if (finding.isConflict()) {
            reportConflict(keyHash, finding, cutMs);
            return did(Action.LEFT_TO_PERSON, keyHash, finding, null);
        }
        if (finding.waiting()) {
            return did(Action.WAITING, keyHash, finding, null);
        }
        if (settings.rules().observeOnly()) {
            return did(Action.OBSERVED, keyHash, finding, null);
        }
        if (rests(finding.target(), nowMs)) {
            return did(Action.PAUSED, keyHash, finding, null);
        }
        if (guard.holdsBack(finding.target())) {
            Action action = guard.awaitsOthers(finding.target()) ? Action.WAITING : Action.GUARDED;
            return did(action, keyHash, finding, null);
        }
        List<String> suppliers = finding.deletes(cutMs) && !byHolder ? List.of(finding.target()) : finding.holders();
        RepairAttempts.SupplierTurn turn =
                attempts.turn(keyHash, finding.target(), finding.winner(), finding.observed(), suppliers, cutMs);
        boolean own = turn.supplier().equals(settings.replica());
        if (turn.failed() && own) {
            summary.failed();
        }
        if (!turn.due()) {
            Action action = turn.failed() ? Action.FAILED : Action.WAITING;
            return did(action, keyHash, finding, turn.supplier());
        }
        List<String> supplierAndTarget = List.of(turn.supplier(), finding.target());
        if (sentThisRound.getOrDefault(turn.supplier(), 0) >= settings.limits().repairsPerRound()
                || sentToTargets.getOrDefault(supplierAndTarget, 0) >= perRound(finding.target(), nowMs)) {
            return did(Action.PACED, keyHash, finding, turn.supplier());
        }
        sentThisRound.merge(turn.supplier(), 1, Integer::sum);
        sentToTargets.merge(supplierAndTarget, 1, Integer::sum);
        attempts.start(turn, keyHash, finding.target(), finding.winner(), finding.observed(), cutMs);
        if (!own) {
            return did(Action.LEFT_TO_SUPPLIER, keyHash, finding, turn.supplier());
        }
        if (!emit(nowMs, cutMs, keyHash, finding, byHolder, turn)) {
            return did(Action.WAITING, keyHash, finding, turn.supplier());
        }
        summary.emitted(finding.target());
        return did(turn.failed() ? Action.FAILED : Action.EMITTED, keyHash, finding, turn.supplier());
    }

    /** Whether no repair of a target is sent: a person has paused that, or a maintenance window is open. */
    boolean rests(String target, long nowMs) {
        return pauses.isPaused(target)
                || settings.limits()
                        .windows()
                        .at(target, nowMs)
                        .filter(RepairWindows.Window::rests)
                        .isPresent();
    }

    /**
     * Notes the targets in whose windows nothing is sent.
     *
     * @return whether one that was among them before is no longer
     */
    boolean windowEnded(Set<String> resting) {
        boolean ended = !resting.containsAll(inWindow);
        inWindow = Set.copyOf(resting);
        return ended;
    }

    /** How many repairs of a target one supplier may emit in this round because of a maintenance window. */
    private int perRound(String target, long nowMs) {
        return settings.limits()
                .windows()
                .at(target, nowMs)
                .map(RepairWindows.Window::perRound)
                .orElse(Integer.MAX_VALUE);
    }

    private Action did(Action action, Hash128 keyHash, Finding finding, String supplier) {
        Entry held = table.get(keyHash);
        summary.did(action, keyHash, held == null ? null : held.key(), finding, supplier);
        return action;
    }

    private void reportConflict(Hash128 keyHash, Finding finding, long cutMs) {
        Entry held = table.get(keyHash);
        if (held != null) {
            conflicts.stands(keyHash, held.key(), finding.conflict(), finding.holders(), cutMs);
        }
    }

    /** Emits a repair; false if what this replica holds by now is no longer the winner, or no longer needs the delete. */
    private boolean emit(
            long nowMs,
            long cutMs,
            Hash128 keyHash,
            Finding finding,
            boolean byHolder,
            RepairAttempts.SupplierTurn turn) {
        Entry held = table.get(keyHash);
        boolean deletes = finding.deletes(cutMs);
        boolean ifObserved = settings.repairsIfObserved();
        boolean stands = held != null
                && (deletes
                        ? byHolder ? !held.liveAt(cutMs) : isOutdated(held, keyHash, finding, ifObserved, cutMs)
                        : supplies(held, keyHash, finding.winner(), ifObserved));
        if (!stands) {
            return false;
        }
        EntrySummary winner = deletes ? finding.winner() : EntrySummary.of(keyHash, held);
        Repair.Condition condition = new Repair.Condition(ifObserved, finding.observed());
        outbox.repair(repair(
                finding.target(), finding.kind(), held, winner, deletes, condition, cutMs, turn.attempt(), nowMs));
        return true;
    }

    /** Whether the own entry still needs the delete. */
    private boolean isOutdated(Entry held, Hash128 keyHash, Finding finding, boolean exactly, long cutMs) {
        if (!held.liveAt(cutMs)) {
            return false;
        }
        return exactly
                ? held.version() == finding.observed().version()
                        && held.digest().equals(finding.observed().digest())
                : finding.winner().isAtLeast(EntrySummary.of(keyHash, held));
    }

    /** Whether the own entry still is the winner, or a newer one where the newest wins. */
    private boolean supplies(Entry held, Hash128 keyHash, EntrySummary winner, boolean exactly) {
        if (held.deleted()) {
            return false;
        }
        boolean same = held.version() == winner.version()
                && Objects.equals(held.vector(), winner.vector())
                && held.digest().equals(winner.digest());
        boolean sameValue = settings.rules().compareValues() && held.digest().equals(winner.digest());
        return same
                || (exactly ? sameValue : EntrySummary.of(keyHash, held).order(winner) == VersionVector.Order.AFTER);
    }

    /**
     * A person has decided that all replicas shall hold what this replica holds: emits the repairs of the others.
     *
     * @param choice null if nothing is to be done
     */
    void choose(long nowMs, Choice choice, List<String> owners) {
        if (choice == null) {
            return;
        }
        Hash128 keyHash = hash.key(choice.key());
        Entry held = table.get(keyHash);
        if (settings.rules().observeOnly() || held == null || !isNamed(held, choice, nowMs)) {
            return;
        }
        VersionVector vector = choice.merged() == null ? held.vector() : choice.merged();
        EntrySummary chosen = EntrySummary.of(keyHash, held);
        // what is dead here may be older than the tombstone that the report names for its side
        boolean older = vector == null && held.version() < choice.version();
        EntrySummary winner = new EntrySummary(
                keyHash,
                vector != null ? vector.total() : older ? choice.version() : held.version(),
                vector,
                chosen.positionMs(),
                chosen.appendTimeMs(),
                older ? Entry.NEVER : chosen.expiryMs(),
                older || chosen.deleted(),
                older ? Hash128.ZERO : chosen.digest(),
                chosen.undated());
        for (String target : owners) {
            boolean holdsIt = target.equals(settings.replica()) && Objects.equals(vector, held.vector());
            if (holdsIt || settings.rules().sources().contains(target) || rests(target, nowMs)) {
                continue;
            }
            outbox.repair(repair(
                    target, Divergence.CONFLICT, held, winner, winner.deleted(), UNCONDITIONAL, nowMs, 1, nowMs));
            summary.emitted(target);
        }
    }

    /** Whether a choice names an entry. A tombstone is named for all replicas on whose side the key is dead. */
    private static boolean isNamed(Entry held, Choice choice, long nowMs) {
        boolean exactly = held.version() == choice.version() && held.digest().equals(choice.digest());
        boolean namesTombstone =
                choice.version() != Long.MIN_VALUE && choice.digest().equals(Hash128.ZERO);
        return exactly || namesTombstone && !held.liveAt(nowMs);
    }

    /** The repair of a target by the winner, which this replica holds, or by a delete. */
    private Repair repair(
            String target,
            Divergence reason,
            Entry held,
            EntrySummary winner,
            boolean deletes,
            Repair.Condition condition,
            long cutMs,
            int attempt,
            long nowMs) {
        return new Repair(
                ids.id(winner.keyHash(), target, winner.version(), winner.vector(), winner.deleted(), winner.digest()),
                held.key(),
                winner.keyHash(),
                target,
                settings.replica(),
                reason,
                new Repair.Winner(
                        winner.version(),
                        winner.vector(),
                        winner.positionMs(),
                        deletes,
                        deletes ? Entry.NEVER : winner.expiryMs(),
                        deletes ? -1 : held.offset()),
                condition,
                cutMs,
                attempt,
                nowMs + settings.times().repairValidityMs());
    }
}
