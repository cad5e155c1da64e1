package io.trueup.plan;

import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.tree.Hash128;
import io.trueup.tree.VersionVector;

/**
 * A write event that was read back from its topic.
 *
 * @param key the record key
 * @param entry the entry that it states
 * @param repairId the repair that it answers, or null
 * @param value its value; null for a delete, if the event has only a digest of it, or if it is too large for a repair event
 */
record StoredEvent(byte[] key, EntrySummary entry, String repairId, byte[] value) {

    boolean isDeadAt(long ms) {
        return entry.deleted() || entry.expiryMs() <= ms;
    }

    VersionVector vector() {
        return entry.vector();
    }

    Hash128 digest() {
        return entry.digest();
    }
}
