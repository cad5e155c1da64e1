package io.trueup.tree;

/**
 * What a replica holds for a key, according to the last write event seen. Immutable; the key array must not be changed.
 *
 * @param key the record key
 * @param version decides which of two entries wins
 * @param vector the version vector of which {@code version} is the sum, or null where versions are numbers
 * @param positionMs event time of the original write, as its write event states it. It lies after {@code appendTimeMs} if the
 *     clock of the writer was ahead, or that of the reconciler behind
 * @param effectiveMs at or after {@link #writtenMs}, except for an unread entry: from the window of this time on, the trees hold this entry
 * @param appendTimeMs when its write event was appended or first seen
 * @param expiryMs time from which on it counts as deleted, or {@link #NEVER}
 * @param deleted true for a tombstone
 * @param repaired true if its write event answered a repair
 * @param digest digest of the value; {@link Hash128#ZERO} for a tombstone
 * @param offset offset of its write event in the writes partition
 * @param undated true if the clock was in doubt when its write event was taken in: {@code appendTimeMs} is then the latest time
 *     possible, and nothing proves since when the replica holds the entry
 */
public record Entry(
        byte[] key,
        long version,
        VersionVector vector,
        long positionMs,
        long effectiveMs,
        long appendTimeMs,
        long expiryMs,
        boolean deleted,
        boolean repaired,
        Hash128 digest,
        long offset,
        boolean undated) {

    /** The expiry of an entry that does not expire. */
    public static final long NEVER = Long.MAX_VALUE;

    /** The version of an unread entry, which no write event that can be read has, unless it is a delete. */
    static final long UNREAD = Long.MIN_VALUE;

    /** An entry whose version is a number, and that is dated. */
    public Entry(
            byte[] key,
            long version,
            long positionMs,
            long effectiveMs,
            long appendTimeMs,
            long expiryMs,
            boolean deleted,
            boolean repaired,
            Hash128 digest,
            long offset) {
        this(
                key,
                version,
                null,
                positionMs,
                effectiveMs,
                appendTimeMs,
                expiryMs,
                deleted,
                repaired,
                digest,
                offset,
                false);
    }

    /** When the entry was written: its position, but not after its write event was appended. */
    public long writtenMs() {
        return Math.min(positionMs, appendTimeMs);
    }

    /** Whether the entry is a value, not a tombstone, at the given cut. */
    public boolean liveAt(long cutMs) {
        return !deleted && expiryMs > cutMs;
    }

    /**
     * Whether its write event could not be read: the replica holds something else under the key than before, or nothing, and
     * nobody knows what. It is in the tree as a value that no other entry equals. It never wins, and proves nothing.
     */
    public boolean isUnread() {
        return isUnread(version, deleted);
    }

    /** The same of an entry of which only this is known. */
    public static boolean isUnread(long version, boolean deleted) {
        return version == UNREAD && !deleted;
    }

    /**
     * Whether the entry is a value although a delete of at least its version was held: the replica has gone back. Of an unread
     * entry it is assumed.
     */
    boolean revives(Entry old) {
        boolean older = VersionVector.order(version, vector, old.version, old.vector) != VersionVector.Order.AFTER;
        return older && liveAt(appendTimeMs) && !old.liveAt(appendTimeMs);
    }
}
