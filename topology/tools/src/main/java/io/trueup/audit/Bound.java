package io.trueup.audit;

/**
 * Which records count, of those below the end of what is read.
 *
 * @param atMs the moment as of which entries have expired
 * @param newestMs records with a later timestamp do not count; {@link Long#MAX_VALUE}: all do
 */
record Bound(long atMs, long newestMs) {

    boolean includes(long timestampMs) {
        return timestampMs <= newestMs;
    }
}
