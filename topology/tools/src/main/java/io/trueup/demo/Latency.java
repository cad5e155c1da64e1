package io.trueup.demo;

import io.trueup.demo.fault.FaultTracker.Repaired;
import java.util.Collection;

/**
 * Time from fault to repaired row, in milliseconds; -1 if no fault was repaired.
 *
 * @param medianMs the median
 * @param p99Ms the 99th percentile
 * @param maxMs the maximum
 */
record Latency(long medianMs, long p99Ms, long maxMs) {

    static Latency of(Collection<Repaired> repaired) {
        long[] sorted = repaired.stream().mapToLong(Repaired::afterMs).sorted().toArray();
        if (sorted.length == 0) {
            return new Latency(-1, -1, -1);
        }
        return new Latency(quantile(sorted, 0.5), quantile(sorted, 0.99), sorted[sorted.length - 1]);
    }

    private static long quantile(long[] sorted, double share) {
        return sorted[(int) Math.ceil(share * sorted.length) - 1];
    }
}
