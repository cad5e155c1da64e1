package io.trueup.reconcile.sent;

import io.trueup.reconcile.settings.Settings;
import io.trueup.tree.FieldWriter;
import io.trueup.tree.Hash128;
import io.trueup.tree.KeyedHash;
import io.trueup.tree.VersionVector;

/**
 * The ids of repairs: keyed hashes of dataset, key, target and winning entry. So the target's reconciler can tell from the id
 * alone whether an entry is the one that the repair carries, even where the repair event refers to the value and does not
 * contain it. Not thread-safe, as the hash that it is given.
 */
public final class RepairIds {

    private static final int DELETED = 1;
    private static final int HAS_VECTOR = 1 << 1;

    private final Settings settings;
    private final KeyedHash hash;

    public RepairIds(Settings settings, KeyedHash hash) {
        this.settings = settings;
        this.hash = hash;
    }

    /**
     * The id of a repair.
     *
     * @param version version of the winning entry, and its vector or null
     * @param digest digest of its value
     */
    public String id(
            Hash128 keyHash, String target, long version, VersionVector vector, boolean deleted, Hash128 digest) {
        int flags = (deleted ? DELETED : 0) | (vector == null ? 0 : HAS_VECTOR);
        return hash.id(new FieldWriter()
                        .text(settings.dataset())
                        .bytes(keyHash.toBytes())
                        .text(target)
                        .number(version)
                        .tag((byte) flags)
                        .bytes(vector == null ? new byte[0] : vector.canonicalBytes())
                        .bytes(digest.toBytes()))
                .toString();
    }
}
