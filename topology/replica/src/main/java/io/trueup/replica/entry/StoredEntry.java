package io.trueup.replica.entry;

import java.util.Arrays;
import java.util.Objects;

/**
 * The entry that the datastore holds for a key: one row of its table. Arrays are not copied and must not be changed.
 *
 * @param key the record key
 * @param partition the Kafka partition of the key
 * @param value the stored value; null for a tombstone
 * @param version decides which of two entries wins; with a vector, its total
 * @param vector its version vector, or null
 * @param positionMs event time of the original write, in milliseconds since the epoch
 * @param deleted true: the key was deleted with this version
 * @param expiryMs time in milliseconds since the epoch from which on the entry counts as deleted, or {@link #NEVER}
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
     * The version that means "nothing is held, and no delete is remembered" in the answer to a repair. No write can have it.
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
        Repair.Winner winner = repair.winner();
        return new StoredEntry(
                repair.key(),
                repair.partition(),
                winner.value(),
                winner.version(),
                winner.vector(),
                winner.positionMs(),
                winner.deleted(),
                winner.deleted() ? NEVER : winner.expiryMs());
    }

    /**
     * The answer to a repair that was declined where nothing is held: a tombstone with the version {@link #NOTHING}, or with an empty
     * vector where there are vectors.
     */
    static StoredEntry nothing(Repair repair) {
        Repair.Winner winner = repair.winner();
        return new StoredEntry(
                repair.key(),
                repair.partition(),
                null,
                NOTHING,
                winner.vector() == null ? null : VersionVector.EMPTY,
                winner.positionMs(),
                true,
                NEVER);
    }

    /** Whether the entry is a value, not a tombstone, at the given time in milliseconds since the epoch. */
    public boolean liveAt(long nowMs) {
        return !deleted && expiryMs > nowMs;
    }

    /**
     * Whether two entries are equal in key, value, version, vector, position, expiry and deletion; their partitions are not compared.
     *
     * @param other the other entry; null is equal to none
     */
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
