package io.trueup.datastore;

/**
 * A repair event: replace what you hold for the key by the winning entry, if the condition holds.
 *
 * @param id identifies the repair; the answer repeats it
 * @param key the key
 * @param winner the entry to store; with an empty value until it is fetched from {@code source}
 * @param source the replica from which to fetch the value; null: the winner is complete
 * @param ifObserved true: only if the held entry is still {@code observed}; false: unless the held entry is newer or concurrent
 * @param observed what the target held when the divergence was found; null: nothing
 * @param validUntilMs time in milliseconds since the epoch after which the repair must not be applied
 */
record Repair(
        String id, Key key, Entry winner, String source, boolean ifObserved, Observed observed, long validUntilMs) {

    /** What a target does with a repair. All but the first decline it. */
    enum Decision {
        /** The condition holds: the winning entry is stored. */
        APPLY,
        /** It is no longer valid. */
        EXPIRED,
        /** Its value is at another replica, and was not fetched. */
        NO_VALUE,
        /** What is held is newer, or concurrent. */
        NEWER_HELD,
        /** What is held is not what the reconcilers have seen. */
        NOT_AS_OBSERVED
    }

    /**
     * An entry as seen in an exchange.
     *
     * @param version its version; with a vector, the vector's total
     * @param vector its version vector, or null
     * @param deleted true for a tombstone
     */
    record Observed(long version, VersionVector vector, boolean deleted) {

        private boolean isNothing() {
            return version == Entry.NOTHING || VersionVector.EMPTY.equals(vector);
        }

        private boolean isVersionOf(Entry held) {
            return vector != null && held.vector() != null ? vector.equals(held.vector()) : version == held.version();
        }
    }

    /**
     * The same repair with the value of what its source holds.
     *
     * @param held what the source holds; null: nothing
     * @return the repair as it is, if the source holds another version or no value
     */
    Repair completed(Entry held) {
        boolean isWinner = held != null
                && held.value() != null
                && (winner.vector() == null
                        ? winner.version() == held.version()
                        : winner.vector().equals(held.vector()));
        return isWinner
                ? new Repair(id, key, winner.withValue(held.value()), null, ifObserved, observed, validUntilMs)
                : this;
    }

    /** @param held what is held now, tombstones included; null: nothing */
    Decision decide(Entry held, long nowMs) {
        if (nowMs > validUntilMs) {
            return Decision.EXPIRED;
        }
        if (source != null) {
            return Decision.NO_VALUE;
        }
        if (ifObserved) {
            return isStillHeld(held, nowMs) ? Decision.APPLY : Decision.NOT_AS_OBSERVED;
        }
        return isAsNewAs(held) ? Decision.APPLY : Decision.NEWER_HELD;
    }

    /** An entry that has expired since it was observed is still the same entry. */
    private boolean isStillHeld(Entry held, long nowMs) {
        if (held == null || held.version() == Entry.NOTHING) {
            return observed == null || observed.isNothing();
        }
        return observed != null
                && observed.isVersionOf(held)
                && (observed.deleted() == held.deleted() || observed.deleted() == !held.isLiveAt(nowMs));
    }

    private boolean isAsNewAs(Entry held) {
        if (held == null) {
            return true;
        }
        return winner.vector() != null && held.vector() != null
                ? winner.vector().covers(held.vector())
                : held.version() <= winner.version();
    }
}
