package io.trueup.tree;

/**
 * The arithmetic of cuts. Round r is due at {@code r * interval} and has the cut {@code r * interval - grace}; window r
 * holds the positions after the cut of round r - 1 up to the cut of round r. The same on every reconciler, without a
 * leader. Immutable.
 *
 * @param intervalMs from one round to the next
 * @param graceMs from a cut to the moment when its round is due
 */
public record Windows(long intervalMs, long graceMs) {

    /** A window that is never sealed: that of an entry which does not expire. */
    public static final long NONE = Long.MAX_VALUE;

    /**
     * Checks the arguments.
     *
     * @throws IllegalArgumentException if the interval is not positive or the grace is negative
     */
    public Windows {
        if (intervalMs <= 0 || graceMs < 0) {
            throw new IllegalArgumentException("interval " + intervalMs + " ms, grace " + graceMs + " ms");
        }
    }

    /** The latest round that is due at a time. */
    public long dueAt(long timeMs) {
        return Math.floorDiv(timeMs, intervalMs);
    }

    /** When a round is due. */
    public long dueMs(long round) {
        return round * intervalMs;
    }

    /** The cut of a round. */
    public long cutMs(long round) {
        return round * intervalMs - graceMs;
    }

    /** Whether a time is the cut of some round. */
    public boolean isCut(long timeMs) {
        return Math.floorMod(Math.floorMod(timeMs, intervalMs) + graceMs, intervalMs) == 0;
    }

    /** The window of a position: the first round whose cut is not before it; {@link #NONE} for {@link Entry#NEVER}. */
    public long of(long positionMs) {
        if (positionMs > Long.MAX_VALUE - graceMs - intervalMs) {
            return NONE;
        }
        return -Math.floorDiv(-(positionMs + graceMs), intervalMs);
    }
}
