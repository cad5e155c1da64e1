package io.trueup.reconcile.sent;

import io.trueup.bounded.BoundedMap;
import io.trueup.reconcile.settings.Settings;
import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import io.trueup.tree.VersionVector;
import io.trueup.tree.VersionVector.Order;
import java.util.Map;
import java.util.function.LongConsumer;

/**
 * The repairs sent to this replica that wait for a write event in answer. A repair is verified if the replica is seen to hold
 * the entry that it carries, or a newer one where versions can be ordered; it is declined if the replica answers it with
 * anything else. Any other write says nothing about it. Bounded: the oldest are forgotten first. Not thread-safe.
 */
public final class RepairAnswers {

    private static final int MAX_AWAITED = 100_000;

    /**
     * A repair of this replica, as read from its repair topic.
     *
     * @param version version of the winning entry, and its vector or null
     * @param deleted whether the repair deletes the key
     * @param readMs when this reconciler has read it
     */
    public record Sent(
            String id, long version, VersionVector vector, boolean deleted, long validUntilMs, long readMs) {}

    private final Settings settings;
    private final RepairIds ids;
    private final LongConsumer verifiedAfterMs;
    private final Map<Hash128, Sent> awaited = BoundedMap.oldestFirst(MAX_AWAITED);

    private long verified;
    private long declined;

    /** @param verifiedAfterMs takes, for each verified repair, the time from when it was read until its answer was appended */
    public RepairAnswers(Settings settings, RepairIds ids, LongConsumer verifiedAfterMs) {
        this.settings = settings;
        this.ids = ids;
        this.verifiedAfterMs = verifiedAfterMs;
    }

    /** A repair was sent; {@code held} is what the replica holds so far, or null. */
    public void sent(Hash128 keyHash, Sent sent, Entry held) {
        boolean answered = held != null && (isNewer(held, sent) || held.repaired() && isWinner(keyHash, held, sent));
        if (answered) {
            verified(sent, held);
        } else {
            awaited.put(keyHash, sent);
        }
    }

    public boolean isEmpty() {
        return awaited.isEmpty();
    }

    /** Whether a repair of a key waits for its answer. */
    public boolean awaits(Hash128 keyHash) {
        return awaited.containsKey(keyHash);
    }

    /** The replica has written the entry that it now holds; {@code repairId} is the repair that it answers, or null. */
    public void written(Hash128 keyHash, String repairId, Entry held) {
        Sent sent = awaited.get(keyHash);
        if (sent == null) {
            return;
        }
        if (isNewer(held, sent) || isWinner(keyHash, held, sent)) {
            awaited.remove(keyHash);
            verified(sent, held);
        } else if (sent.id().equals(repairId)) {
            awaited.remove(keyHash);
            declined++;
        }
    }

    private void verified(Sent sent, Entry held) {
        verified++;
        verifiedAfterMs.accept(Math.max(0, held.appendTimeMs() - sent.readMs()));
    }

    /** Where values are compared, the versions of different replicas have no order. */
    private boolean isNewer(Entry held, Sent sent) {
        return !settings.rules().compareValues() && order(held, sent) == Order.AFTER;
    }

    /** Whether an entry is the one that a repair carries: its id is that of a repair by this value. */
    private boolean isWinner(Hash128 keyHash, Entry held, Sent sent) {
        if (held.deleted() != sent.deleted() || !settings.rules().compareValues() && order(held, sent) != Order.EQUAL) {
            return false;
        }
        return sent.deleted()
                || sent.id()
                        .equals(ids.id(
                                keyHash, settings.replica(), sent.version(), sent.vector(), false, held.digest()));
    }

    private static Order order(Entry held, Sent sent) {
        return VersionVector.order(held.version(), held.vector(), sent.version(), sent.vector());
    }

    /** Forgets repairs that may not be applied any more. */
    public void expire(long nowMs) {
        awaited.values().removeIf(sent -> sent.validUntilMs() < nowMs);
    }

    public long takeVerified() {
        long count = verified;
        verified = 0;
        return count;
    }

    public long takeDeclined() {
        long count = declined;
        declined = 0;
        return count;
    }
}
