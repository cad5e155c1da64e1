package io.trueup.history;

import java.util.OptionalLong;

/**
 * A range of time, both ends included.
 *
 * @param sinceMs milliseconds since the epoch; empty: from the beginning
 * @param untilMs milliseconds since the epoch; empty: without end
 */
public record TimeRange(OptionalLong sinceMs, OptionalLong untilMs) {

    /** All of time. */
    public static final TimeRange ALL = new TimeRange(OptionalLong.empty(), OptionalLong.empty());

    /** Whether a time is in the range. */
    public boolean contains(long timeMs) {
        return (sinceMs.isEmpty() || timeMs >= sinceMs.getAsLong())
                && (untilMs.isEmpty() || timeMs <= untilMs.getAsLong());
    }

    /** The same range with a later end; a range without end stays as it is. */
    public TimeRange longerBy(long ms) {
        return new TimeRange(sinceMs, untilMs.isEmpty() ? untilMs : OptionalLong.of(untilMs.getAsLong() + ms));
    }
}
