package io.trueup.audit;

/**
 * Which of the records that are read count, and which differences. Immutable.
 *
 * @param atMs the moment of the audit; entries whose expiry is not later have expired
 * @param newestMs records with a later timestamp do not count; {@link Long#MAX_VALUE}: all count
 * @param settleMs differences count that have lasted this long; shorter ones may be writes in flight
 */
record RecordBound(long atMs, long newestMs, long settleMs) {

    boolean includes(long timestampMs) {
        return timestampMs <= newestMs;
    }

    /**
     * Whether a time lies so long before the moment that what was written then is not in flight any more. A time that lies
     * ahead of the moment by as much is a wrong clock, and proves nothing: what was written then counts.
     */
    boolean isSettled(long timestampMs) {
        return timestampMs <= atMs - settleMs || isAhead(timestampMs);
    }

    /** The settle time: what was written later may be in flight. An entry that was live then is compared as live. */
    long settledMs() {
        return atMs - settleMs;
    }

    /** Whether a time lies further ahead of the moment than it may lie before it. */
    boolean isAhead(long timestampMs) {
        return timestampMs > atMs && timestampMs - atMs > settleMs;
    }
}
