package io.trueup.demo;

import java.util.Set;

/**
 * The times of the job, in milliseconds: short ones, so that there is something to be seen soon.
 *
 * @param graceMs how long after its cut a round is due
 * @param patienceMs how long a replica that lags may catch up by itself
 * @param repairValidityMs how long a repair may be applied
 * @param retentionMs how long the job remembers deletes at least
 */
record Timing(long graceMs, long patienceMs, long repairValidityMs, long retentionMs) {

    private static final long DAY_MS = 86_400_000;

    /** Short, so that faults are soon found; a machine so busy that writes take longer only makes more work. */
    private static final long GRACE_MS = 2_500;

    /** Long enough for a busy machine: where nothing is broken, not even a late write may make trees differ. */
    private static final long QUIET_GRACE_MS = 5_000;

    /** Patience is at least ten times that, and waiting for its end should not take long. */
    private static final long SHORT_GRACE_MS = 1_500;

    private static final Timing USUAL = new Timing(GRACE_MS, 60_000, DAY_MS, 7 * DAY_MS);

    /** Times that let the faults be seen. */
    static Timing of(DemoOptions options) {
        Set<FaultKind> faults = options.faults();
        if (faults.isEmpty()) {
            return new Timing(QUIET_GRACE_MS, USUAL.patienceMs, DAY_MS, 7 * DAY_MS);
        }
        if (faults.contains(FaultKind.EXPIRED_TOMBSTONES)) {
            return new Timing(SHORT_GRACE_MS, 10 * SHORT_GRACE_MS, 7_000, 16_000);
        }
        if (faults.contains(FaultKind.EMPTY_REPLICA)) {
            return new Timing(GRACE_MS, DAY_MS, DAY_MS, 7 * DAY_MS);
        }
        if (faults.contains(FaultKind.OUTAGE) && options.outage().toMillis() > DemoOptions.SHORT_OUTAGE_MS) {
            return new Timing(SHORT_GRACE_MS, 10 * SHORT_GRACE_MS, DAY_MS, 7 * DAY_MS);
        }
        return USUAL;
    }

    /**
     * When a replica forgets deletes: each some time later than the one before.
     *
     * @param place its place among the replicas, from 0
     */
    long purgeTombstonesAfterMs(int place, int replicas) {
        return repairValidityMs + 1_000 + 9_000L * place / Math.max(1, replicas - 1);
    }

    /** When a replica drops expired values, likewise. */
    long purgeExpiredAfterMs(int place, int replicas) {
        return graceMs + 500 + 8_000L * place / Math.max(1, replicas - 1);
    }
}
