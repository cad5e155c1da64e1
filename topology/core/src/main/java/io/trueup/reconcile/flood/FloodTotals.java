package io.trueup.reconcile.flood;

/**
 * What the other partitions of a replica have reported of late, so that a loss spread over many small partitions is seen as one.
 * Called on the thread that calls the reconciler; an implementation that serves several reconcilers must be thread-safe.
 */
public interface FloodTotals {

    /** For a dataset of one partition. */
    FloodTotals NONE = (target, partition, cutMs, sinceMs) -> new Others(0, 0, 0, 0, true);

    /**
     * Sums up what the other partitions have found of a replica in their latest rounds.
     *
     * @param target the replica whose repairs are weighed
     * @param partition the partition that asks
     * @param cutMs the cut of its round; reports much older than that do not count
     * @param sinceMs the cut since which every other partition must have reported for the answer to be complete
     */
    Others others(String target, int partition, long cutMs, long sinceMs);

    /**
     * What the other partitions have found.
     *
     * @param divergences keys of the target that may be a sign of a mistake
     * @param keys live entries of the larger side
     * @param reported number of other partitions that these numbers come from
     * @param partitions number of other partitions that the target owns
     * @param complete whether each of them has reported a cut at or after the requested one
     */
    record Others(long divergences, long keys, int reported, int partitions, boolean complete) {}
}
