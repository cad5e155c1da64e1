package io.trueup.history;

import java.util.Map;

/**
 * A repair event without its value. The key array must not be changed.
 *
 * @param key the record key
 * @param id identifies dataset, key, target and winning entry
 * @param target the replica to repair
 * @param supplier the replica whose reconciler emitted it
 * @param partition the partition of the dataset
 * @param cutMs cut of the round that found the divergence
 * @param attempt how often this divergence has been repaired so far, this time included
 * @param kind how the target differs: MISSING, STALE, UNDELETED, CORRUPT or CONFLICT
 * @param winning the winning entry
 * @param positionMs position of the winning entry
 * @param expiryMs expiry of the winning entry; null: never
 * @param observed what the target held; null: nothing
 * @param condition when to apply it: UNLESS_NEWER or IF_OBSERVED
 * @param validUntilMs after this time it must not be applied
 * @param valueBytes size of the value that it carries; 0 for a delete or a reference
 * @param reference where to fetch the value, such as {@code eu: orders.writes.eu-0@17}; null if it is carried, or for a delete
 */
public record EmittedRepair(
        byte[] key,
        String id,
        String target,
        String supplier,
        int partition,
        long cutMs,
        int attempt,
        String kind,
        Held winning,
        long positionMs,
        Long expiryMs,
        Held observed,
        String condition,
        long validUntilMs,
        int valueBytes,
        String reference) {

    /**
     * An entry, as far as it is told.
     *
     * @param version its version; with a vector, the sum of its counters
     * @param vector its version vector by writer; null where versions are numbers
     * @param deleted true: a tombstone
     */
    public record Held(long version, Map<String, Long> vector, boolean deleted) {}
}
