package io.trueup.replica.entry;

/**
 * A repair event as the datastore sees it: replace what you hold for the key by this entry, if the condition holds. Arrays
 * are not copied and must not be changed.
 *
 * @param id identifies the repair; goes into the answer
 * @param key the record key
 * @param partition the partition of the repair topic that it lies in, which is the partition of its key
 * @param version version of the winning entry; with a vector, its total
 * @param vector its version vector, or null
 * @param positionMs its position
 * @param deleted true: delete the key
 * @param value its value; null for a delete or while {@code source} is not yet asked for it
 * @param expiryMs its expiry, or {@link StoredEntry#NEVER}
 * @param ifObserved true: apply only if what is held is still {@code observed}; false: unless a newer version is held, or
 *     one that is concurrent
 * @param observed what the target held when the divergence was found; null: nothing
 * @param source the replica to fetch the value from; null where the value is here or none is needed
 * @param validUntilMs after this time it must not be applied
 */
public record Repair(
        String id,
        byte[] key,
        int partition,
        long version,
        VersionVector vector,
        long positionMs,
        boolean deleted,
        byte[] value,
        long expiryMs,
        boolean ifObserved,
        Observed observed,
        String source,
        long validUntilMs) {

    /**
     * An entry as seen in an exchange.
     *
     * @param version its version; with a vector, its total
     * @param vector its version vector, or null
     * @param deleted true for a tombstone
     */
    public record Observed(long version, VersionVector vector, boolean deleted) {

        boolean isNothing() {
            return version == StoredEntry.NOTHING || VersionVector.EMPTY.equals(vector);
        }

        boolean sameVersionAs(StoredEntry held) {
            return vector != null && held.vector() != null ? vector.equals(held.vector()) : version == held.version();
        }
    }

    public Repair withValue(byte[] fetched) {
        return new Repair(
                id,
                key,
                partition,
                version,
                vector,
                positionMs,
                deleted,
                fetched,
                expiryMs,
                ifObserved,
                observed,
                null,
                validUntilMs);
    }

    /**
     * Whether the repair replaces what is held.
     *
     * @param held what is held, tombstones included; null: nothing
     */
    boolean appliesTo(StoredEntry held, long nowMs) {
        if (nowMs > validUntilMs || (value == null && !deleted)) {
            return false;
        }
        return ifObserved ? isObserved(held, nowMs) : isNotNewer(held);
    }

    private boolean isNotNewer(StoredEntry held) {
        if (held == null) {
            return true;
        }
        return vector != null && held.vector() != null ? vector.covers(held.vector()) : held.version() <= version;
    }

    /**
     * An entry that has expired since it was observed is still the same entry. An answer that nothing was held is
     * observed as a tombstone with the version {@link StoredEntry#NOTHING} or an empty vector.
     */
    private boolean isObserved(StoredEntry held, long nowMs) {
        if (held == null || held.version() == StoredEntry.NOTHING) {
            return observed == null || observed.isNothing();
        }
        return observed != null
                && observed.sameVersionAs(held)
                && (observed.deleted() == held.deleted() || observed.deleted() == !held.liveAt(nowMs));
    }
}
