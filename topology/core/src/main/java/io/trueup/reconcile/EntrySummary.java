package io.trueup.reconcile;

import io.trueup.tree.Hash128;
import io.trueup.tree.VersionVector;

/**
 * One entry without its value.
 *
 * @param keyHash keyed hash of the key
 * @param version version of the entry
 * @param vector the version vector of which {@code version} is the sum, or null
 * @param positionMs position of the entry
 * @param appendTimeMs when its write event was appended or first seen
 * @param expiryMs time from which on it counts as deleted, or {@link io.trueup.tree.Entry#NEVER}
 * @param deleted true for a tombstone
 * @param digest digest of the value; {@link Hash128#ZERO} for a tombstone
 */
public record EntrySummary(
        Hash128 keyHash,
        long version,
        VersionVector vector,
        long positionMs,
        long appendTimeMs,
        long expiryMs,
        boolean deleted,
        Hash128 digest) {

    /** An entry whose version is a number. */
    public EntrySummary(
            Hash128 keyHash,
            long version,
            long positionMs,
            long appendTimeMs,
            long expiryMs,
            boolean deleted,
            Hash128 digest) {
        this(keyHash, version, null, positionMs, appendTimeMs, expiryMs, deleted, digest);
    }
}
