package io.trueup.reconcile;

import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Watches the repairs sent to this replica being answered by write events. Bounded: the oldest are forgotten first. Not
 * thread-safe.
 */
final class RepairAnswers {

    private static final int MAX_WATCHED = 100_000;

    private record Sent(String id, long version, boolean deleted, long validUntilMs) {}

    private final Map<Hash128, Sent> watched = new LinkedHashMap<>(16, 0.75f, false) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Hash128, Sent> eldest) {
            return size() > MAX_WATCHED;
        }
    };

    private long verified;
    private long declined;

    /** A repair was sent; {@code held} is what the replica holds so far, or null. */
    void sent(Hash128 keyHash, String id, long version, boolean deleted, long validUntilMs, Entry held) {
        boolean answered = held != null && (held.version() > version || held.repaired() && held.version() == version);
        if (answered) {
            verified++;
        } else {
            watched.put(keyHash, new Sent(id, version, deleted, validUntilMs));
        }
    }

    boolean isEmpty() {
        return watched.isEmpty();
    }

    /** The replica has written an entry; {@code repairId} is the repair that it answers, or null. */
    void written(Hash128 keyHash, String repairId, long version, boolean deleted) {
        Sent sent = watched.get(keyHash);
        if (sent == null) {
            return;
        }
        if (version > sent.version() || version == sent.version() && deleted == sent.deleted()) {
            watched.remove(keyHash);
            verified++;
        } else if (sent.id().equals(repairId)) {
            watched.remove(keyHash);
            declined++;
        }
    }

    /** Forgets repairs that may not be applied any more. */
    void expire(long nowMs) {
        watched.values().removeIf(sent -> sent.validUntilMs() < nowMs);
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
