package io.trueup.audit;

/**
 * Which of the records that are read count.
 *
 * @param atMs entries whose expiry is not later than this time have expired
 * @param newestMs records with a later timestamp do not count; {@link Long#MAX_VALUE}: all count
 */
record RecordBound(long atMs, long newestMs) {

    boolean includes(long timestampMs) {
        return timestampMs <= newestMs;
    }
}
