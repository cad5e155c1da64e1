package io.trueup.reconcile;

import io.trueup.tree.Hash128;
import io.trueup.tree.VersionVector;

/**
 * A decided repair, without the value: the shell reads it back from {@code sourceOffset} of the supplier's writes topic.
 *
 * @param id identifies dataset, key, target and winning entry
 * @param key the record key
 * @param keyHash its keyed hash
 * @param target the replica to repair
 * @param supplier the replica whose reconciler emits it
 * @param reason how the target differs
 * @param version version of the winning entry
 * @param vector its version vector, or null where versions are numbers
 * @param positionMs its position
 * @param deleted true: delete the key; no value is needed
 * @param expiryMs its expiry, or {@link io.trueup.tree.Entry#NEVER}
 * @param sourceOffset offset of the winning entry's write event in the supplier's writes partition; -1 for a delete
 * @param ifObserved true: apply only if the target still holds the observed entry; false: unless it holds a newer one, or a
 *     concurrent one
 * @param observed what the target held, or null if nothing
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
        long version,
        VersionVector vector,
        long positionMs,
        boolean deleted,
        long expiryMs,
        long sourceOffset,
        boolean ifObserved,
        Message.Summary observed,
        long cutMs,
        int attempt,
        long validUntilMs) {}
