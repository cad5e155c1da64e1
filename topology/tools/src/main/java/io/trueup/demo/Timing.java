package io.trueup.demo;

import java.util.Set;

/**
 * The times of the job, in milliseconds: short ones, so that there is something to be seen soon.
 *
 * @param intervalMs from round to round
 * @param graceMs how long after its cut a round is due
 * @param patienceMs how long a replica that lags may catch up by itself
 * @param repairValidityMs how long a repair may be applied
 * @param retentionMs how long the job remembers deletes at least
 */
record Timing(long intervalMs, long graceMs, long patienceMs, long repairValidityMs, long retentionMs) {

    private static final long DAY_MS = 86_400_000;

    private static final long INTERVAL_MS = 2_500;

    /** So long that only probes can be meant where something is repaired soon. */
    private static final long RARE_INTERVAL_MS = 15_000;

    /** Short, so that faults are soon found; a machine so busy that writes take longer only makes more work. */
    private static final long GRACE_MS = 2_500;

    /** Long enough for a busy machine: where nothing is broken, not even a late write may make trees differ. */
    private static final long QUIET_GRACE_MS = 5_000;

    /** Patience is at least ten times that, and waiting for its end should not take long. */
    private static final long SHORT_GRACE_MS = 1_500;

    private static final long USUAL_PATIENCE_MS = 60_000;

    /** Times that let the faults be seen. */
    static Timing of(DemoOptions options) {
        Set<FaultKind> faults = options.faults();
        long intervalMs = intervalMs(options);
        if (faults.isEmpty()) {
            return remembering(intervalMs, QUIET_GRACE_MS, USUAL_PATIENCE_MS);
        }
        if (faults.contains(FaultKind.EXPIRED_TOMBSTONES)) {
            long repairTimeoutMs = 2 * intervalMs + SHORT_GRACE_MS;
            long validityMs = Math.max(7_000, repairTimeoutMs);
            return new Timing(
                    intervalMs, SHORT_GRACE_MS, 10 * SHORT_GRACE_MS, validityMs, Math.max(16_000, validityMs + 1_000));
        }
        if (faults.contains(FaultKind.EMPTY_REPLICA)) {
            return remembering(intervalMs, GRACE_MS, DAY_MS);
        }
        if (faults.contains(FaultKind.OUTAGE) && options.outage().toMillis() > DemoOptions.SHORT_OUTAGE_MS) {
            return remembering(intervalMs, SHORT_GRACE_MS, 10 * SHORT_GRACE_MS);
        }
        if (faults.contains(FaultKind.PROBE)) {
            return remembering(intervalMs, SHORT_GRACE_MS, USUAL_PATIENCE_MS);
        }
        return remembering(intervalMs, GRACE_MS, USUAL_PATIENCE_MS);
    }

    private static long intervalMs(DemoOptions options) {
        if (options.interval() != null) {
            return options.interval().toMillis();
        }
        return options.faults().contains(FaultKind.PROBE) ? RARE_INTERVAL_MS : INTERVAL_MS;
    }

    private static Timing remembering(long intervalMs, long graceMs, long patienceMs) {
        return new Timing(intervalMs, graceMs, patienceMs, DAY_MS, 7 * DAY_MS);
    }

    /** Whether a cut is that of a round: probes have cuts of their own. */
    boolean isCutOfARound(long cutMs) {
        return (cutMs + graceMs) % intervalMs == 0;
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
