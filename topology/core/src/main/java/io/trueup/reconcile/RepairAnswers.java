package io.trueup.reconcile;

import io.trueup.bounded.BoundedMap;
import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import java.util.Map;

/**
 * The repairs sent to this replica that wait for a write event in answer. Bounded: the oldest are forgotten first. Not
 * thread-safe.
 */
final class RepairAnswers {

    private static final int MAX_AWAITED = 100_000;

    private record Sent(String id, long version, boolean deleted, long validUntilMs) {}

    private final Map<Hash128, Sent> awaited = BoundedMap.oldestFirst(MAX_AWAITED);

    private long verified;
    private long declined;

    /** A repair was sent; {@code held} is what the replica holds so far, or null. */
    void sent(Hash128 keyHash, String id, long version, boolean deleted, long validUntilMs, Entry held) {
        boolean answered = held != null && (held.version() > version || held.repaired() && held.version() == version);
        if (answered) {
            verified++;
        } else {
            awaited.put(keyHash, new Sent(id, version, deleted, validUntilMs));
        }
    }

    boolean isEmpty() {
        return awaited.isEmpty();
    }

    /** The replica has written an entry; {@code repairId} is the repair that it answers, or null. */
    void written(Hash128 keyHash, String repairId, long version, boolean deleted) {
        Sent sent = awaited.get(keyHash);
        if (sent == null) {
            return;
        }
        if (version > sent.version() || version == sent.version() && deleted == sent.deleted()) {
            awaited.remove(keyHash);
            verified++;
        } else if (sent.id().equals(repairId)) {
            awaited.remove(keyHash);
            declined++;
        }
    }

    /** Forgets repairs that may not be applied any more. */
    void expire(long nowMs) {
        awaited.values().removeIf(sent -> sent.validUntilMs() < nowMs);
    }

    long takeVerified() {
        long count = verified;
        verified = 0;
        return count;
    }

    long takeDeclined() {
        long count = declined;
        declined = 0;
        return count;
    }
}
