package io.trueup.tree;

/**
 * A write event as it reaches the reconciler: "the replica now stores this key as this entry". Arrays are not copied and
 * must not be changed afterwards.
 *
 * @param key the record key
 * @param version decides which of two entries wins
 * @param vector the version vector of which {@code version} is the sum, or null where versions are numbers
 * @param positionMs event time of the original write
 * @param deleted true if the replica holds nothing for the key; {@code value} and {@code digest} are then null
 * @param value the stored value; may be null where {@code digest} is given
 * @param digest digest of the value as given by the datastore, or null: it is then computed from {@code value}
 * @param expiryMs time from which on the entry counts as deleted, or {@link Entry#NEVER}
 * @param repairId id of the repair event that this write event answers, or null
 * @param offset offset of the write event in its partition
 * @param appendTimeMs when the write event was appended: the broker's time where the topic has log append time, otherwise
 *     the time at which the reconciler first saw it
 */
public record Write(
        byte[] key,
        long version,
        VersionVector vector,
        long positionMs,
        boolean deleted,
        byte[] value,
        Hash128 digest,
        long expiryMs,
        String repairId,
        long offset,
        long appendTimeMs) {

    /**
     * A write event that cannot be read: its key is known, and nothing of what the replica now stores under it. No other entry
     * has its digest, not even that of the same bytes at another replica or offset. It is dated by its append time. But the trees
     * contain it from the next cut on, since the write may be older.
     *
     * @param replica the replica that has written it
     * @param value the bytes that cannot be read; null for none
     */
    public static Write unread(
            KeyedHash hash, String replica, byte[] key, byte[] value, long offset, long appendTimeMs) {
        Hash128 digest = hash.id(
                new FieldWriter().text(replica).number(offset).bytes(key).bytes(value == null ? new byte[0] : value));
        return new Write(key, Entry.UNREAD, appendTimeMs, false, null, digest, Entry.NEVER, null, offset, appendTimeMs);
    }

    /** Whether it could not be read, see {@link Entry#isUnread}. */
    public boolean isUnread() {
        return Entry.isUnread(version, deleted);
    }

    /** A write event whose version is a number. */
    public Write(
            byte[] key,
            long version,
            long positionMs,
            boolean deleted,
            byte[] value,
            Hash128 digest,
            long expiryMs,
            String repairId,
            long offset,
            long appendTimeMs) {
        this(key, version, null, positionMs, deleted, value, digest, expiryMs, repairId, offset, appendTimeMs);
    }
}
