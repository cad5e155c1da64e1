package io.trueup.status;

import io.trueup.reconcile.settings.Settings;

/**
 * The times of rounds that conclusions from their reports depend on, in milliseconds.
 *
 * @param intervalMs from one round to the next
 * @param graceMs how long after its cut a round is due
 * @param patienceMs how long a lagging replica, and a proof, is waited for
 */
public record RoundTimes(long intervalMs, long graceMs, long patienceMs) {

    /** So many intervals without a proof of equality may pass: a report comes up to two intervals after its cut. */
    private static final int MAX_INTERVALS = 4;

    private static final int MIN_KEPT_CUTS = 64;

    public static RoundTimes of(Settings.Times times) {
        return new RoundTimes(times.intervalMs(), times.graceMs(), times.patienceMs());
    }

    /** For how long back reports must be read to know the present status. */
    public long neededMs() {
        return graceMs + (MAX_INTERVALS + 2) * intervalMs;
    }

    /** Whether a cut is over, and so young that its report still tells how things are. */
    boolean isRecent(long cutMs, long nowMs) {
        return cutMs <= nowMs && !isOld(cutMs, nowMs);
    }

    /** Whether a time is before those of the rounds that tell how things are. */
    boolean isOld(long timeMs, long nowMs) {
        return timeMs < nowMs - graceMs - MAX_INTERVALS * intervalMs;
    }

    /** How many cuts of a partition are kept apart: twice those of the time that is needed, and no fewer than 64. */
    int keptCuts() {
        return (int) Math.min(Short.MAX_VALUE, Math.max(MIN_KEPT_CUTS, 2 * neededMs() / intervalMs));
    }
}
