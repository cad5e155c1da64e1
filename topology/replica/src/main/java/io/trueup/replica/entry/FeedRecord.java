package io.trueup.replica.entry;

/**
 * One write as it comes from the feed. Arrays are not copied and must not be changed.
 *
 * @param topic the feed topic
 * @param partition the partition that it lies in, which is the partition of its key
 * @param offset its offset
 * @param key the record key
 * @param value the value to store; null deletes the key
 * @param version decides which of two writes wins; with a vector, its total
 * @param vector its version vector, or null
 * @param positionMs event time in milliseconds since the epoch
 * @param expiryMs time from which on it counts as deleted, or {@link StoredEntry#NEVER}
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

    /** Whether it replaces what is held: a vector does if it dominates the other one, a version if it is higher. */
    boolean replaces(StoredEntry held) {
        if (held == null) {
            return true;
        }
        return vector != null && held.vector() != null ? vector.dominates(held.vector()) : version > held.version();
    }

    /** Whether it deletes the key. */
    public boolean deleted() {
        return value == null;
    }

    public FeedRecord withValue(byte[] other) {
        return new FeedRecord(topic, partition, offset, key, other, version, vector, positionMs, expiryMs);
    }
}
