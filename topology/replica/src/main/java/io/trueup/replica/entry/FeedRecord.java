package io.trueup.replica.entry;

/**
 * One write as read from the feed. Arrays are not copied and must not be changed.
 *
 * @param topic the feed topic
 * @param partition the partition of the record, which is the partition of its key
 * @param offset the offset of the record
 * @param key the record key
 * @param value the value to store; null deletes the key
 * @param version decides which of two writes wins; with a vector, its total
 * @param vector its version vector, or null
 * @param positionMs event time in milliseconds since the epoch
 * @param expiryMs time in milliseconds since the epoch from which on it counts as deleted, or {@link StoredEntry#NEVER}
 */
public record FeedRecord(
        String topic,
        int partition,
        long offset,
        byte[] key,
        byte[] value,
        long version,
        VersionVector vector,
        long positionMs,
        long expiryMs) {

    /** A write without version vector. */
    public FeedRecord(
            String topic,
            int partition,
            long offset,
            byte[] key,
            byte[] value,
            long version,
            long positionMs,
            long expiryMs) {
        this(topic, partition, offset, key, value, version, null, positionMs, expiryMs);
    }

    /**
     * Whether this write replaces the held entry. A vector replaces the vectors that it dominates, a version replaces lower ones.
     *
     * @param held the held entry, tombstones included; null: none
     */
    boolean replaces(StoredEntry held) {
        if (held == null) {
            return true;
        }
        return vector != null && held.vector() != null ? vector.dominates(held.vector()) : version > held.version();
    }

    /** Whether this write deletes the key. */
    public boolean deleted() {
        return value == null;
    }

    /** Returns the same write with another value. */
    public FeedRecord withValue(byte[] other) {
        return new FeedRecord(topic, partition, offset, key, other, version, vector, positionMs, expiryMs);
    }
}
