package io.trueup.reconcile.flood;

import io.trueup.reconcile.rule.EntrySummary;
import java.util.HashMap;
import java.util.Map;

/**
 * Counts the keys that only a peer holds, and those that only this replica holds. Where that is most of what both hold, they
 * do not hold the same data: another partitioner, another dataset. Not thread-safe.
 */
public final class DatasetMismatch {

    /** Fewer keys prove nothing. */
    private static final int MIN_KEYS = 20;

    private static final class Pair {
        private long onlyThere;
        private long onlyHere;
    }

    private final Map<String, Pair> pairs = new HashMap<>();

    /** Counts what this replica and a peer hold of a key at a cut; null for nothing. */
    public void compared(String peer, EntrySummary here, EntrySummary there, long cutMs) {
        if (here == null && there != null && isLive(there, cutMs)) {
            pairs.computeIfAbsent(peer, p -> new Pair()).onlyThere++;
        } else if (there == null && here != null && isLive(here, cutMs)) {
            pairs.computeIfAbsent(peer, p -> new Pair()).onlyHere++;
        }
    }

    private static boolean isLive(EntrySummary entry, long cutMs) {
        return !entry.deleted() && entry.writtenMs() <= cutMs && entry.expiryMs() > cutMs;
    }

    /**
     * Whether this replica lacks most of what a peer holds.
     *
     * @param factor segments that differ for each segment compared
     * @param segments segments in which this replica holds nothing and the peer something
     * @param entries live entries of the peer
     */
    public boolean mostOnlyThere(String peer, double factor, int segments, long entries) {
        Pair pair = pairs.getOrDefault(peer, new Pair());
        return isMost(pair.onlyThere * factor + segments, entries);
    }

    /** Whether a peer lacks most of what this replica holds; parameters as for {@link #mostOnlyThere}, sides exchanged. */
    public boolean mostOnlyHere(String peer, double factor, int segments, long entries) {
        Pair pair = pairs.getOrDefault(peer, new Pair());
        return isMost(pair.onlyHere * factor + segments, entries);
    }

    private static boolean isMost(double only, long entries) {
        return only >= MIN_KEYS && 2 * only > entries;
    }
}
