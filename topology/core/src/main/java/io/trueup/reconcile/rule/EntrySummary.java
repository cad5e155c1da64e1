package io.trueup.reconcile.rule;

import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import io.trueup.tree.VersionVector;
import io.trueup.tree.VersionVector.Order;
import java.util.List;

/**
 * One entry without its value, as replicas exchange it.
 *
 * @param keyHash keyed hash of the key
 * @param version version of the entry
 * @param vector the version vector of which {@code version} is the sum, or null
 * @param positionMs position of the entry, as its write event states it
 * @param appendTimeMs when its write event was appended or first seen
 * @param expiryMs time from which on it counts as deleted, or {@link Entry#NEVER}
 * @param deleted true for a tombstone
 * @param digest digest of the value; {@link Hash128#ZERO} for a tombstone
 * @param undated true if nothing proves since when the replica holds the entry, see {@link Entry#undated}
 */
public record EntrySummary(
        Hash128 keyHash,
        long version,
        VersionVector vector,
        long positionMs,
        long appendTimeMs,
        long expiryMs,
        boolean deleted,
        Hash128 digest,
        boolean undated) {

    /** Two hashes, four numbers of at most ten bytes, four bytes that say what is there. */
    private static final int MAX_BYTES_WITHOUT_VECTOR = 2 * Hash128.BYTES + 4 * 10 + 4;

    /** An entry whose version is a number, and that is dated. */
    public EntrySummary(
            Hash128 keyHash,
            long version,
            long positionMs,
            long appendTimeMs,
            long expiryMs,
            boolean deleted,
            Hash128 digest) {
        this(keyHash, version, null, positionMs, appendTimeMs, expiryMs, deleted, digest, false);
    }

    /** The summary of a stored entry. */
    public static EntrySummary of(Hash128 keyHash, Entry entry) {
        return new EntrySummary(
                keyHash,
                entry.version(),
                entry.vector(),
                entry.positionMs(),
                entry.appendTimeMs(),
                entry.expiryMs(),
                entry.deleted(),
                entry.digest(),
                entry.undated());
    }

    /** What stands for holding nothing, where absence is one side of a conflict. */
    public static EntrySummary absence(Hash128 keyHash, long positionMs) {
        return new EntrySummary(keyHash, Long.MIN_VALUE, positionMs, positionMs, Entry.NEVER, true, Hash128.ZERO);
    }

    /** Whether its write event could not be read, see {@link Entry#isUnread()}. */
    public boolean isUnread() {
        return Entry.isUnread(version, deleted);
    }

    /** The entry with the highest version; null if there is none. */
    static EntrySummary highest(List<EntrySummary> entries) {
        EntrySummary highest = null;
        for (EntrySummary entry : entries) {
            if (highest == null || entry.version() > highest.version()) {
                highest = entry;
            }
        }
        return highest;
    }

    /** The order of this entry's version relative to another's. Vectors are compared where both entries have one. */
    public Order order(EntrySummary other) {
        return VersionVector.order(version, vector, other.version, other.vector);
    }

    /** Whether this entry's version is the same as another's or newer. */
    public boolean isAtLeast(EntrySummary other) {
        Order order = order(other);
        return order == Order.EQUAL || order == Order.AFTER;
    }

    /** The most bytes that the entry takes in a message. */
    public int maxBytes() {
        return MAX_BYTES_WITHOUT_VECTOR + (vector == null ? 0 : vector.maxBytes());
    }

    /** When the entry was written: its position, but not after its write event was appended. */
    public long writtenMs() {
        return Math.min(positionMs, appendTimeMs);
    }

    /** Whether the entry counts as absence at a time: it is deleted, or has expired by then. */
    boolean deadAt(long timeMs) {
        return deleted || expiryMs <= timeMs;
    }

    /** Since when a dead entry has been kept: since it died, and its write event was appended. */
    long keptSinceMs() {
        long diedMs = deleted ? writtenMs() : Math.max(writtenMs(), expiryMs);
        return Math.max(diedMs, appendTimeMs);
    }

    /** Whether neither the write nor its write event lies after a cut. A position ahead of its write event does not count. */
    boolean judgeableAt(long cutMs) {
        return appendTimeMs <= cutMs;
    }

    /**
     * Whether the entry says that nothing is held: a replica has answered a repair so, or it is the absent side of a conflict.
     * That is no vote for a delete.
     */
    public boolean statesAbsence() {
        return deleted && version == Long.MIN_VALUE;
    }
}
