package io.trueup.reconcile;

import io.trueup.reconcile.rule.Divergence;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.tree.Hash128;
import io.trueup.tree.VersionVector;

/**
 * A decided repair, without the value: the job reads it back from {@link Winner#sourceOffset} of the supplier's writes
 * topic.
 *
 * @param id identifies dataset, key, target and winning entry
 * @param key the record key
 * @param keyHash its keyed hash
 * @param target the replica to repair
 * @param supplier the replica whose reconciler emits it
 * @param reason how the target differs
 * @param winner the winning entry
 * @param condition when the target may apply it
 * @param cutMs the cut of the round that found the divergence
 * @param attempt from 1
 * @param validUntilMs after this time it must not be applied
 */
public record Repair(
        String id,
        byte[] key,
        Hash128 keyHash,
        String target,
        String supplier,
        Divergence reason,
        Winner winner,
        Condition condition,
        long cutMs,
        int attempt,
        long validUntilMs) {

    /**
     * The entry that the target must hold afterwards.
     *
     * @param version its version
     * @param vector its version vector, or null where versions are numbers
     * @param positionMs its position
     * @param deleted true: delete the key; no value is needed
     * @param expiryMs its expiry, or {@link io.trueup.tree.Entry#NEVER}
     * @param sourceOffset offset of its write event in the supplier's writes partition; -1 for a delete
     */
    public record Winner(
            long version, VersionVector vector, long positionMs, boolean deleted, long expiryMs, long sourceOffset) {}

    /**
     * When the target may apply the repair.
     *
     * @param ifObserved true: only if it still holds the observed entry; false: unless it holds a newer one, or a concurrent
     *     one
     * @param observed what it held, or null if nothing
     */
    public record Condition(boolean ifObserved, EntrySummary observed) {}
}
