package io.trueup.tree;

import java.util.Objects;

/**
 * The digests of entries that segments are summed of: what makes two live entries equal to the tree. Not thread-safe, as
 * the hash that it is given.
 */
public final class EntryDigest {

    private final KeyedHash hash;
    private final boolean compareValues;

    /**
     * @param hash the hash of the dataset
     * @param compareValues true: a digest covers key and value; false: version and expiry, too
     */
    public EntryDigest(KeyedHash hash, boolean compareValues) {
        this.hash = hash;
        this.compareValues = compareValues;
    }

    /** Digest of the value that a write stores, as given or computed; {@link Hash128#ZERO} for a delete. */
    public Hash128 ofValue(Write write) {
        if (write.deleted()) {
            return Hash128.ZERO;
        }
        return write.digest() != null ? write.digest() : hash.value(write.value());
    }

    /** Digest of a value that is part of an array. */
    public Hash128 ofValue(byte[] bytes, int offset, int length) {
        return hash.value(bytes, offset, length);
    }

    /** Whether a write states what is held already. Of what cannot be read, it is unknown before and after. */
    boolean states(Write write, Entry held) {
        if (write.isUnread()) {
            return held.isUnread();
        }
        if (write.version() != held.version() || !Objects.equals(write.vector(), held.vector())) {
            return false;
        }
        if (write.deleted()) {
            return !held.liveAt(write.appendTimeMs());
        }
        return !held.deleted()
                && write.expiryMs() == held.expiryMs()
                && ofValue(write).equals(held.digest());
    }

    /**
     * Digest of a live entry.
     *
     * @param vector the version vector that stands in place of {@code version}, or null
     * @param value digest of its value
     */
    public Hash128 of(Hash128 keyHash, long version, VersionVector vector, long expiryMs, Hash128 value) {
        return compareValues
                ? hash.entry(keyHash, value)
                : hash.entry(keyHash, vector == null ? version : number(vector), expiryMs, value);
    }

    private long number(VersionVector vector) {
        return hash.vector(vector.canonicalBytes());
    }
}
