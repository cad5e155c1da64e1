package io.trueup.demo;

import java.util.Collection;

/**
 * How long faults stood, in milliseconds; -1 where there were none.
 *
 * @param medianMs half of them no longer
 * @param p99Ms 99 of 100 no longer
 * @param maxMs the longest
 */
record Latency(long medianMs, long p99Ms, long maxMs) {

    static Latency of(Collection<Mending.Mended> mended) {
        long[] sorted =
                mended.stream().mapToLong(Mending.Mended::afterMs).sorted().toArray();
        if (sorted.length == 0) {
            return new Latency(-1, -1, -1);
        }
        return new Latency(quantile(sorted, 0.5), quantile(sorted, 0.99), sorted[sorted.length - 1]);
    }

    private static long quantile(long[] sorted, double share) {
        return sorted[(int) Math.ceil(share * sorted.length) - 1];
    }
}
