package io.trueup.replica.entry;

/**
 * A repair event as the datastore reads it: replace the entry that you hold for the key by the winning entry, if the condition
 * holds. Arrays are not copied and must not be changed.
 *
 * @param id identifies the repair; the answer repeats it
 * @param key the record key
 * @param partition the partition of the repair topic, which is the partition of the key
 * @param winner the winning entry
 * @param condition when to apply it
 * @param source the replica from which to fetch the value; null if the repair has its value or needs none
 * @param validUntilMs time in milliseconds since the epoch after which the repair must not be applied
 */
public record Repair(
        String id, byte[] key, int partition, Winner winner, Condition condition, String source, long validUntilMs) {

    /**
     * The winning entry.
     *
     * @param version its version; with a vector, the vector's total
     * @param vector its version vector, or null
     * @param positionMs its position in milliseconds since the epoch
     * @param deleted true: delete the key
     * @param value its value; null for a delete, and until the value is fetched from {@link Repair#source}
     * @param expiryMs its expiry in milliseconds since the epoch, or {@link StoredEntry#NEVER}
     */
    public record Winner(
            long version, VersionVector vector, long positionMs, boolean deleted, byte[] value, long expiryMs) {

        private boolean isComplete() {
            return value != null || deleted;
        }

        private boolean isAsNewAs(StoredEntry held) {
            if (held == null) {
                return true;
            }
            return vector != null && held.vector() != null ? vector.covers(held.vector()) : held.version() <= version;
        }

        private Winner withValue(byte[] fetched) {
            return new Winner(version, vector, positionMs, deleted, fetched, expiryMs);
        }
    }

    /**
     * When to apply a repair.
     *
     * @param ifObserved true: only if the held entry is still {@code observed}; false: unless the held entry is newer than the
     *     winning one, or concurrent to it
     * @param observed the entry that the target held when the divergence was found; null: none
     */
    public record Condition(boolean ifObserved, Observed observed) {

        /**
         * An entry that has expired since it was observed is still the same entry. A replica that answered that it holds nothing was
         * observed with a tombstone of version {@link StoredEntry#NOTHING} or with an empty vector.
         */
        private boolean isStillHeld(StoredEntry held, long nowMs) {
            if (held == null || held.version() == StoredEntry.NOTHING) {
                return observed == null || observed.isNothing();
            }
            return observed != null
                    && observed.sameVersionAs(held)
                    && (observed.deleted() == held.deleted() || observed.deleted() == !held.liveAt(nowMs));
        }
    }

    /**
     * An entry as seen in an exchange.
     *
     * @param version its version; with a vector, the vector's total
     * @param vector its version vector, or null
     * @param deleted true for a tombstone
     */
    public record Observed(long version, VersionVector vector, boolean deleted) {

        private boolean isNothing() {
            return version == StoredEntry.NOTHING || VersionVector.EMPTY.equals(vector);
        }

        private boolean sameVersionAs(StoredEntry held) {
            return vector != null && held.vector() != null ? vector.equals(held.vector()) : version == held.version();
        }
    }

    /** Returns the same repair with the value that was fetched from its source. */
    public Repair withValue(byte[] fetched) {
        return new Repair(id, key, partition, winner.withValue(fetched), condition, null, validUntilMs);
    }

    /**
     * Whether the repair replaces the held entry.
     *
     * @param held the held entry, tombstones included; null: none
     * @param nowMs the current time in milliseconds since the epoch
     */
    boolean appliesTo(StoredEntry held, long nowMs) {
        if (nowMs > validUntilMs || !winner.isComplete()) {
            return false;
        }
        return condition.ifObserved() ? condition.isStillHeld(held, nowMs) : winner.isAsNewAs(held);
    }
}
