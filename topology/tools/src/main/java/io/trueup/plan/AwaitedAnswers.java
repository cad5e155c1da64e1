package io.trueup.plan;

import io.trueup.reconcile.Repair;
import io.trueup.reconcile.settings.Settings;
import io.trueup.tree.Hash128;
import io.trueup.tree.VersionVector;
import io.trueup.tree.VersionVector.Order;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The repairs that were sent and wait for a write event in answer, judged as the target's own reconciler judges them: a repair is applied
 * if the target is seen to hold the entry that it carries, whatever made it so, and declined if the target answers it with anything else.
 * Any other write says nothing about it. Used by one thread.
 */
final class AwaitedAnswers {

    private final boolean compareValues;
    private final Map<Target, Awaited> awaited = new LinkedHashMap<>();

    AwaitedAnswers(Settings settings) {
        compareValues = settings.rules().compareValues();
    }

    private record Target(String replica, Hash128 keyHash) {}

    /** A repair that was sent: what is needed of it, without the value. */
    private record Awaited(
            PlanLine line,
            String id,
            long version,
            VersionVector vector,
            boolean deleted,
            Hash128 digest,
            long sentNanos) {}

    /** The line of a repair, and what became of it. */
    record Answered(PlanLine line, String id, Outcome outcome) {}

    /** The line of a repair for the same key and target that waits for its answer. */
    Optional<PlanLine> awaiting(Repair repair) {
        return Optional.ofNullable(awaited.get(new Target(repair.target(), repair.keyHash())))
                .map(Awaited::line);
    }

    /** A repair is sent. */
    void sent(PlanLine line, Repair repair, Hash128 digest, long nowNanos) {
        awaited.put(
                new Target(repair.target(), repair.keyHash()),
                new Awaited(
                        line,
                        repair.id(),
                        repair.winner().version(),
                        repair.winner().vector(),
                        repair.winner().deleted(),
                        digest,
                        nowNanos));
    }

    /** A repair was not sent after all. */
    void withdraw(Repair repair) {
        awaited.remove(new Target(repair.target(), repair.keyHash()));
    }

    int size() {
        return awaited.size();
    }

    /** A target has written an entry. */
    Optional<Answered> written(String replica, StoredEvent event) {
        Target target = new Target(replica, event.entry().keyHash());
        Awaited sent = awaited.get(target);
        if (sent == null) {
            return Optional.empty();
        }
        boolean wins = isWinner(event, sent);
        if (!wins && !sent.id().equals(event.repairId())) {
            return Optional.empty();
        }
        awaited.remove(target);
        return Optional.of(new Answered(
                sent.line(), sent.id(), wins ? new Outcome.Applied() : new Outcome.Declined(words(event))));
    }

    private boolean isWinner(StoredEvent event, Awaited sent) {
        if (event.entry().deleted() != sent.deleted()) {
            return false;
        }
        Order order = VersionVector.order(event.entry().version(), event.vector(), sent.version(), sent.vector());
        return (compareValues || order == Order.EQUAL)
                && (sent.deleted() || event.digest().equals(sent.digest()));
    }

    private static String words(StoredEvent event) {
        if (event.entry().statesAbsence()) {
            return "nothing";
        }
        return (event.entry().deleted() ? "deleted, version " : "version ")
                + (event.vector() == null ? event.entry().version() : event.vector());
    }

    /** When the repair was sent that has waited longest; empty if none waits. */
    Optional<Long> oldestNanos() {
        return awaited.values().stream().findFirst().map(Awaited::sentNanos);
    }

    /** Gives up the repair that has waited longest. */
    Answered giveUpOldest() {
        Map.Entry<Target, Awaited> oldest = awaited.entrySet().iterator().next();
        awaited.remove(oldest.getKey());
        return new Answered(oldest.getValue().line(), oldest.getValue().id(), new Outcome.NoAnswer());
    }

    /** Gives up all that wait. */
    List<Answered> giveUpAll() {
        List<Answered> all = new ArrayList<>();
        while (!awaited.isEmpty()) {
            all.add(giveUpOldest());
        }
        return all;
    }
}
