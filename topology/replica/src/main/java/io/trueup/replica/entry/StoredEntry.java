package io.trueup.replica.entry;

import java.util.Arrays;
import java.util.Objects;

/**
 * What the datastore holds for a key: one row of its table. Arrays are not copied and must not be changed.
 *
 * @param key the record key
 * @param partition the Kafka partition of the key
 * @param value the stored value; null for a tombstone
 * @param version decides which of two entries wins; with a vector, its total
 * @param vector its version vector, or null
 * @param positionMs event time of the original write, in milliseconds since the epoch
 * @param deleted true: the key was deleted with this version
 * @param expiryMs time from which on the entry counts as deleted, or {@link #NEVER}
 */
public record StoredEntry(
        byte[] key,
        int partition,
        byte[] value,
        long version,
        VersionVector vector,
        long positionMs,
        boolean deleted,
        long expiryMs) {

    /** The expiry of an entry that does not expire. */
    public static final long NEVER = Long.MAX_VALUE;

    /**
     * The version that stands for "nothing is held, and nothing is known to have been deleted" in the answer to a repair.
     * No write can have it.
     */
    public static final long NOTHING = Long.MIN_VALUE;

    /** An entry without version vector. */
    public StoredEntry(
            byte[] key, int partition, byte[] value, long version, long positionMs, boolean deleted, long expiryMs) {
        this(key, partition, value, version, null, positionMs, deleted, expiryMs);
    }

    static StoredEntry of(FeedRecord record) {
        return new StoredEntry(
                record.key(),
                record.partition(),
                record.value(),
                record.version(),
                record.vector(),
                record.positionMs(),
                record.deleted(),
                record.deleted() ? NEVER : record.expiryMs());
    }

    static StoredEntry of(Repair repair) {
        return new StoredEntry(
                repair.key(),
                repair.partition(),
                repair.value(),
                repair.version(),
                repair.vector(),
                repair.positionMs(),
                repair.deleted(),
                repair.deleted() ? NEVER : repair.expiryMs());
    }

    /** What a declined repair is answered with where nothing at all is held; where there are vectors, an empty one says so. */
    static StoredEntry nothing(Repair repair) {
        return new StoredEntry(
                repair.key(),
                repair.partition(),
                null,
                NOTHING,
                repair.vector() == null ? null : VersionVector.EMPTY,
                repair.positionMs(),
                true,
                NEVER);
    }

    /** Whether the entry is a value, not a tombstone, at the given time. */
    public boolean liveAt(long nowMs) {
        return !deleted && expiryMs > nowMs;
    }

    /** Whether the other entry holds the same for the same key; null never does. */
    public boolean sameAs(StoredEntry other) {
        return other != null
                && version == other.version
                && Objects.equals(vector, other.vector)
                && deleted == other.deleted
                && positionMs == other.positionMs
                && expiryMs == other.expiryMs
                && Arrays.equals(value, other.value)
                && Arrays.equals(key, other.key);
    }
}
