package io.trueup.datastore;

import java.util.Arrays;
import java.util.Objects;

/**
 * What a datastore holds for a key: a value, or a tombstone, which says that the key was deleted with this version. Equal if all
 * components are equal, arrays by content. Arrays are not copied and must not be changed.
 *
 * @param version decides which of two entries wins; with a vector, its {@link VersionVector#total}
 * @param vector its version vector, or null; either all replicas of a dataset have vectors, or none has
 * @param positionMs event time of the original write in milliseconds since the epoch, the same on every replica
 * @param deleted true: a tombstone
 * @param value the value; null for a tombstone, and where the datastore sends digests in place of values
 * @param valueDigest digest of the value, 16 bytes, computed by the datastore in the same way on all replicas; null: it is computed from
 *     the value
 * @param expiryMs time in milliseconds since the epoch from which on the entry counts as deleted, or {@link #NEVER}
 */
public record Entry(
        long version,
        VersionVector vector,
        long positionMs,
        boolean deleted,
        byte[] value,
        byte[] valueDigest,
        long expiryMs) {

    /** The expiry of an entry that does not expire. */
    public static final long NEVER = Long.MAX_VALUE;

    /** The version that means "nothing is held, and no delete is remembered" in the answer to a repair. A value cannot have it. */
    public static final long NOTHING = Long.MIN_VALUE;

    /** Size of a value digest. */
    public static final int DIGEST_BYTES = 16;

    /** @throws IllegalArgumentException if the components contradict each other or the contract; says what is wrong */
    public Entry {
        if (deleted && (value != null || valueDigest != null)) {
            throw new IllegalArgumentException("a tombstone has neither a value nor a digest");
        }
        if (!deleted && value == null && valueDigest == null) {
            throw new IllegalArgumentException("an entry has a value or a digest, or is a tombstone");
        }
        if (!deleted && version == NOTHING) {
            throw new IllegalArgumentException("a value must not have the version " + version + ", which is reserved");
        }
        if (valueDigest != null && valueDigest.length != DIGEST_BYTES) {
            throw new IllegalArgumentException(
                    "a value digest has " + DIGEST_BYTES + " bytes, not " + valueDigest.length);
        }
        if (positionMs < 0 || expiryMs < 0) {
            throw new IllegalArgumentException(
                    "position and expiry must not be before 1970: " + positionMs + ", " + expiryMs);
        }
    }

    /** A value that does not expire. */
    public static Entry of(long version, long positionMs, byte[] value) {
        return new Entry(version, null, positionMs, false, value, null, NEVER);
    }

    /** A tombstone. */
    public static Entry deleted(long version, long positionMs) {
        return new Entry(version, null, positionMs, true, null, null, NEVER);
    }

    /** The answer to a repair where nothing is held. */
    static Entry nothing(Entry winner) {
        VersionVector vector = winner.vector == null ? null : VersionVector.EMPTY;
        return new Entry(NOTHING, vector, winner.positionMs, true, null, null, NEVER);
    }

    /** The same entry with a version vector. */
    public Entry withVector(VersionVector other) {
        return new Entry(other.total(), other, positionMs, deleted, value, valueDigest, expiryMs);
    }

    Entry withValue(byte[] other) {
        return new Entry(version, vector, positionMs, deleted, other, null, expiryMs);
    }

    /** The same entry with this digest in place of the value. */
    public Entry withDigestOnly(byte[] digest) {
        return new Entry(version, vector, positionMs, deleted, null, digest, expiryMs);
    }

    /** The same entry with an expiry in milliseconds since the epoch. */
    public Entry expiringAt(long ms) {
        return new Entry(version, vector, positionMs, deleted, value, valueDigest, ms);
    }

    /**
     * Whether this write replaces what is held: its vector dominates, or its version is higher. For the writes of a feed; a repair has
     * its own condition, which {@link RepairConsumer} checks.
     *
     * @param held what is held, tombstones included; null: nothing
     */
    public boolean isNewerThan(Entry held) {
        if (held == null) {
            return true;
        }
        return vector != null && held.vector != null
                ? vector.covers(held.vector) && !vector.equals(held.vector)
                : version > held.version;
    }

    /** Whether the entry is a value, not a tombstone, at a time in milliseconds since the epoch. */
    public boolean isLiveAt(long nowMs) {
        return !deleted && expiryMs > nowMs;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Entry entry
                && version == entry.version
                && Objects.equals(vector, entry.vector)
                && positionMs == entry.positionMs
                && deleted == entry.deleted
                && Arrays.equals(value, entry.value)
                && Arrays.equals(valueDigest, entry.valueDigest)
                && expiryMs == entry.expiryMs;
    }

    @Override
    public int hashCode() {
        return Objects.hash(version, vector, positionMs, deleted, expiryMs, Arrays.hashCode(value));
    }

    /** Without the value. */
    @Override
    public String toString() {
        String content = deleted ? "deleted" : value == null ? "a digest" : value.length + " bytes";
        return "version " + (vector == null ? version : vector.counters()) + ", " + content;
    }
}
