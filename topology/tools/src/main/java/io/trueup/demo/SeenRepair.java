package io.trueup.demo;

/**
 * A repair event as it stands in a repair topic.
 *
 * @param id the same for the same repair emitted again
 * @param key the key
 * @param target the replica whose repair topic it was in
 * @param supplier who emitted it
 * @param reason the divergence, as in {@link FaultKind#divergence}
 * @param version version of the winning entry
 * @param positionMs its position
 * @param deleted whether it deletes the key
 * @param reference whether it only says where to fetch the value
 * @param partition the partition of its key
 * @param cutMs the cut at which the divergence was found
 * @param atMs when it was emitted
 */
record SeenRepair(
        String id,
        String key,
        String target,
        String supplier,
        String reason,
        long version,
        long positionMs,
        boolean deleted,
        boolean reference,
        int partition,
        long cutMs,
        long atMs) {}
