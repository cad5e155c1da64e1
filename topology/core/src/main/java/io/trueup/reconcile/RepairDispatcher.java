package io.trueup.reconcile;

import io.trueup.reconcile.Judge.Finding;
import io.trueup.reconcile.Message.Choice;
import io.trueup.reconcile.RoundSummary.Action;
import io.trueup.tree.Entry;
import io.trueup.tree.EntryTable;
import io.trueup.tree.Hash128;
import io.trueup.tree.KeyedHash;
import io.trueup.tree.VersionVector;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Acts on what was found: decides whose turn it is to supply a repair, and emits those of this replica. Not thread-safe. */
final class RepairDispatcher {

    private final Settings settings;
    private final EntryTable table;
    private final KeyedHash hash;
    private final Outbox outbox;
    private final FloodGuard guard;
    private final Conflicts conflicts;
    private final RepairAttempts ledger;
    /** Repairs of this round by supplier, as far as this reconciler can tell. */
    private final Map<String, Integer> pace = new HashMap<>();

    RepairDispatcher(
            Settings settings, EntryTable table, KeyedHash hash, Outbox outbox, FloodGuard guard, Conflicts conflicts) {
        this.settings = settings;
        this.table = table;
        this.hash = hash;
        this.outbox = outbox;
        this.guard = guard;
        this.conflicts = conflicts;
        this.ledger = new RepairAttempts(settings);
    }

    /** A new round is due: as many repairs may be emitted again as one round may have. */
    void nextRound() {
        pace.clear();
    }

    /** Forgets divergences that are gone. */
    void forgetBefore(long cutMs) {
        ledger.forgetBefore(cutMs);
    }

    /**
     * Does what is to be done about a divergence.
     *
     * @param byHolder true: a delete, too, is supplied by who holds it, because the target does not know the key
     */
    Action act(long nowMs, long cutMs, Hash128 keyHash, Finding finding, boolean byHolder, RoundCounts tally) {
        tally.found(finding.kind());
        Action action = decide(nowMs, cutMs, keyHash, finding, byHolder, tally);
        if (action == Action.WAITING || action == Action.PACED) {
            tally.waiting++;
        }
        return action;
    }

    private Action decide(
            long nowMs, long cutMs, Hash128 keyHash, Finding finding, boolean byHolder, RoundCounts tally) {
        if (finding.kind() == Divergence.CONFLICT) {
            tell(keyHash, finding, cutMs);
            return did(Action.LEFT_TO_PERSON, keyHash, finding, null, tally);
        }
        if (finding.waiting()) {
            return did(Action.WAITING, keyHash, finding, null, tally);
        }
        if (settings.rules().observeOnly()) {
            return did(Action.OBSERVED, keyHash, finding, null, tally);
        }
        if (guard.holdsBack(finding.target())) {
            return did(Action.GUARDED, keyHash, finding, null, tally);
        }
        List<String> suppliers = finding.deletes(cutMs) && !byHolder ? List.of(finding.target()) : finding.holders();
        RepairAttempts.Turn turn =
                ledger.look(keyHash, finding.target(), finding.winner(), finding.observed(), suppliers, cutMs);
        boolean own = turn.supplier().equals(settings.replica());
        if (turn.failed() && own) {
            tally.failed++;
        }
        if (!turn.due()) {
            Action action = turn.failed() ? Action.FAILED : Action.WAITING;
            return did(action, keyHash, finding, turn.supplier(), tally);
        }
        if (pace.getOrDefault(turn.supplier(), 0) >= settings.limits().repairsPerRound()) {
            return did(Action.PACED, keyHash, finding, turn.supplier(), tally);
        }
        pace.merge(turn.supplier(), 1, Integer::sum);
        ledger.start(turn, keyHash, finding.target(), finding.winner(), finding.observed(), cutMs);
        if (!own) {
            return did(Action.LEFT_TO_SUPPLIER, keyHash, finding, turn.supplier(), tally);
        }
        if (!emit(nowMs, cutMs, keyHash, finding, byHolder, turn)) {
            return did(Action.WAITING, keyHash, finding, turn.supplier(), tally);
        }
        tally.emitted(finding.target());
        return did(turn.failed() ? Action.FAILED : Action.EMITTED, keyHash, finding, turn.supplier(), tally);
    }

    private Action did(Action action, Hash128 keyHash, Finding finding, String supplier, RoundCounts tally) {
        Entry held = table.get(keyHash);
        tally.did(action, keyHash, held == null ? null : held.key(), finding.target(), finding.kind(), supplier);
        return action;
    }

    private void tell(Hash128 keyHash, Finding finding, long cutMs) {
        Entry held = table.get(keyHash);
        if (held != null && finding.holders().get(0).equals(settings.replica())) {
            conflicts.stands(keyHash, held.key(), finding.sides(), cutMs);
        }
    }

    /** False if what this replica holds by now is no longer the winner, or no longer to be deleted. */
    private boolean emit(
            long nowMs, long cutMs, Hash128 keyHash, Finding finding, boolean byHolder, RepairAttempts.Turn turn) {
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
        EntrySummary winner = deletes ? finding.winner() : summary(keyHash, held);
        outbox.repair(new Repair(
                id(keyHash, finding.target(), winner),
                held.key(),
                keyHash,
                finding.target(),
                settings.replica(),
                finding.kind(),
                new Repair.Winner(
                        winner.version(),
                        winner.vector(),
                        winner.positionMs(),
                        deletes,
                        deletes ? Entry.NEVER : winner.expiryMs(),
                        deletes ? -1 : held.offset()),
                new Repair.Condition(ifObserved, finding.observed()),
                cutMs,
                turn.attempt(),
                nowMs + settings.times().repairValidityMs()));
        return true;
    }

    /** Whether the own entry is still to be deleted. */
    private boolean isOutdated(Entry held, Hash128 keyHash, Finding finding, boolean exactly, long cutMs) {
        if (!held.liveAt(cutMs)) {
            return false;
        }
        return exactly
                ? held.version() == finding.observed().version()
                        && held.digest().equals(finding.observed().digest())
                : Judge.reaches(finding.winner(), summary(keyHash, held));
    }

    /** Whether the own entry is the winner still, or where the newest wins a newer one. */
    private boolean supplies(Entry held, Hash128 keyHash, EntrySummary winner, boolean exactly) {
        if (held.deleted()) {
            return false;
        }
        boolean same = held.version() == winner.version()
                && Objects.equals(held.vector(), winner.vector())
                && held.digest().equals(winner.digest());
        boolean sameValue = settings.rules().compareValues() && held.digest().equals(winner.digest());
        return same
                || (exactly
                        ? sameValue
                        : Judge.order(summary(keyHash, held), winner).equals(VersionVector.Order.AFTER));
    }

    /** A person has decided that what this replica holds is what all are to hold. */
    void choose(long nowMs, Choice choice, List<String> targets, RoundCounts tally) {
        Hash128 keyHash = hash.key(choice.key());
        Entry held = table.get(keyHash);
        if (settings.rules().observeOnly() || held == null || held.version() != choice.version()) {
            return;
        }
        VersionVector vector = choice.merged() == null ? held.vector() : choice.merged();
        EntrySummary held0 = summary(keyHash, held);
        EntrySummary winner = new EntrySummary(
                keyHash,
                vector == null ? held.version() : vector.total(),
                vector,
                held0.positionMs(),
                held0.appendTimeMs(),
                held0.expiryMs(),
                held0.deleted(),
                held0.digest());
        for (String target : targets) {
            if (target.equals(settings.replica()) && Objects.equals(vector, held.vector())) {
                continue;
            }
            outbox.repair(new Repair(
                    id(keyHash, target, winner),
                    held.key(),
                    keyHash,
                    target,
                    settings.replica(),
                    Divergence.CONFLICT,
                    new Repair.Winner(
                            winner.version(),
                            winner.vector(),
                            winner.positionMs(),
                            winner.deleted(),
                            winner.deleted() ? Entry.NEVER : winner.expiryMs(),
                            winner.deleted() ? -1 : held.offset()),
                    new Repair.Condition(false, null),
                    nowMs,
                    1,
                    nowMs + settings.times().repairValidityMs()));
            tally.emitted(target);
        }
    }

    private String id(Hash128 keyHash, String target, EntrySummary winner) {
        return hash.text(settings.dataset()
                        + '/'
                        + keyHash
                        + '/'
                        + target
                        + '/'
                        + (winner.vector() == null ? String.valueOf(winner.version()) : winner.vector())
                        + '/'
                        + winner.deleted()
                        + '/'
                        + winner.digest())
                .toString();
    }

    /** What is told of an entry. */
    static EntrySummary summary(Hash128 keyHash, Entry entry) {
        return new EntrySummary(
                keyHash,
                entry.version(),
                entry.vector(),
                entry.positionMs(),
                entry.appendTimeMs(),
                entry.expiryMs(),
                entry.deleted(),
                entry.digest());
    }
}
