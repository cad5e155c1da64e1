package io.trueup.stream;

/** How far the datastore of a replica has consumed its feed. Thread-safe. */
public interface FeedProgress {

    /** For a replica that is not measured by its feed. */
    FeedProgress NONE = () -> null;

    /**
     * What was seen last.
     *
     * @param consumedMs everything that was in the feed at this time is consumed; {@link Long#MIN_VALUE} if that is unknown
     * @param seenMs when that was seen
     */
    record Consumed(long consumedMs, long seenMs) {}

    /** Returns without waiting what was seen last; null if nothing was seen yet. Called several times per second. */
    Consumed latest();
}
