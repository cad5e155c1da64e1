package io.trueup.reconcile;

import java.util.HashMap;
import java.util.Map;

/**
 * Counts what a peer holds of which this replica knows nothing, and the other way round. Where that is most of what both hold,
 * they do not hold the same data: another partitioner, another dataset. Not thread-safe.
 */
final class DatasetMismatch {

    /** Fewer keys are no sign of anything. */
    private static final int LEAST = 20;

    private static final class Pair {
        private long onlyThere;
        private long onlyHere;
    }

    private final Map<String, Pair> pairs = new HashMap<>();

    /** Takes in what this replica and a peer hold of a key at a cut; null for nothing. */
    void compared(String peer, EntrySummary here, EntrySummary there, long cutMs) {
        if (here == null && there != null && isLive(there, cutMs)) {
            pairs.computeIfAbsent(peer, p -> new Pair()).onlyThere++;
        } else if (there == null && here != null && isLive(here, cutMs)) {
            pairs.computeIfAbsent(peer, p -> new Pair()).onlyHere++;
        }
    }

    private static boolean isLive(EntrySummary entry, long cutMs) {
        return !entry.deleted() && entry.positionMs() <= cutMs && entry.expiryMs() > cutMs;
    }

    /**
     * Whether most of what a peer holds is strange here.
     *
     * @param factor how many keys there are for each one compared
     * @param apart segments in which this replica holds nothing and the peer something
     * @param entries how many it holds
     */
    boolean mostOnlyThere(String peer, double factor, int apart, long entries) {
        Pair pair = pairs.getOrDefault(peer, new Pair());
        return isMost(pair.onlyThere * factor + apart, entries);
    }

    /** Whether most of what this replica holds is strange to a peer; parameters as for {@link #mostOnlyThere}. */
    boolean mostOnlyHere(String peer, double factor, int apart, long entries) {
        Pair pair = pairs.getOrDefault(peer, new Pair());
        return isMost(pair.onlyHere * factor + apart, entries);
    }

    private static boolean isMost(double only, long entries) {
        return only >= LEAST && 2 * only > entries;
    }
}
