package io.trueup.demo.cluster;

/**
 * A repair event as read from a repair topic.
 *
 * @param id id of the repair, the same when it is emitted again
 * @param key the key
 * @param target the replica whose repair topic holds it
 * @param supplier the replica whose reconciler emitted it
 * @param reason the kind of divergence, such as {@code STALE}
 * @param version version of the winning entry
 * @param positionMs position of the winning entry
 * @param deleted whether it deletes the key
 * @param reference whether it carries no value but the place to fetch it
 * @param partition the partition of its key
 * @param cutMs the cut at which the divergence was found
 * @param atMs time of emission
 */
public record EmittedRepair(
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
