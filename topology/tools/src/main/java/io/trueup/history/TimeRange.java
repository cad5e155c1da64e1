package io.trueup.history;

import java.util.OptionalLong;

/**
 * A span of time, both ends included.
 *
 * @param sinceMs milliseconds since the epoch; empty: from the beginning
 * @param untilMs milliseconds since the epoch; empty: without end
 */
public record TimeRange(OptionalLong sinceMs, OptionalLong untilMs) {

    /** All of time. */
    public static final TimeRange ALL = new TimeRange(OptionalLong.empty(), OptionalLong.empty());

    /** Whether a moment lies in it. */
    public boolean contains(long timeMs) {
        return (sinceMs.isEmpty() || timeMs >= sinceMs.getAsLong())
                && (untilMs.isEmpty() || timeMs <= untilMs.getAsLong());
    }

    /** The same span with its end moved out. */
    public TimeRange longerBy(long ms) {
        return new TimeRange(sinceMs, untilMs.isEmpty() ? untilMs : OptionalLong.of(untilMs.getAsLong() + ms));
    }
}
