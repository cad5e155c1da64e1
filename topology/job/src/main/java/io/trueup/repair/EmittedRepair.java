package io.trueup.repair;

import java.util.Map;

/**
 * A repair event without its value. The key array must not be changed.
 *
 * @param key the record key
 * @param id identifies dataset, key, target and winning entry
 * @param target the replica to repair
 * @param partition the partition of the dataset
 * @param origin the finding that the repair is for
 * @param winning the winning entry
 * @param positionMs position of the winning entry
 * @param expiryMs expiry of the winning entry; null: never
 * @param observed what the target held; null: nothing
 * @param condition when to apply it: UNLESS_NEWER or IF_OBSERVED
 * @param validUntilMs after this time it must not be applied
 * @param value the value of the winning entry
 */
public record EmittedRepair(
        byte[] key,
        String id,
        String target,
        int partition,
        Origin origin,
        Held winning,
        long positionMs,
        Long expiryMs,
        Held observed,
        String condition,
        long validUntilMs,
        Value value) {

    /**
     * The finding of a round that a repair is for.
     *
     * @param supplier the replica whose reconciler emitted the repair
     * @param cutMs cut of the round that found the divergence
     * @param attempt how often this divergence has been repaired so far, this time included
     * @param kind how the target differs: MISSING, STALE, UNDELETED, CORRUPT or CONFLICT
     */
    public record Origin(String supplier, long cutMs, int attempt, String kind) {}

    /**
     * The value, or where it is.
     *
     * @param bytes size of the value that the event carries; 0 for a delete or a reference
     * @param reference where to fetch the value, such as {@code eu: orders.writes.eu-0@17}; null if it is carried, or for a
     *     delete
     */
    public record Value(int bytes, String reference) {}

    /**
     * What a repair event contains of an entry.
     *
     * @param version its version; with a vector, the sum of its counters
     * @param vector its version vector by writer; null where versions are numbers
     * @param deleted true: a tombstone
     */
    public record Held(long version, Map<String, Long> vector, boolean deleted) {}

    /** The replica whose reconciler emitted the repair. */
    public String supplier() {
        return origin.supplier();
    }

    /** Cut of the round that found the divergence. */
    public long cutMs() {
        return origin.cutMs();
    }

    /** How often this divergence has been repaired so far, this time included. */
    public int attempt() {
        return origin.attempt();
    }

    /** How the target differs: MISSING, STALE, UNDELETED, CORRUPT or CONFLICT. */
    public String kind() {
        return origin.kind();
    }

    /** Size of the value that the event carries; 0 for a delete or a reference. */
    public int valueBytes() {
        return value.bytes();
    }

    /** Where to fetch the value; null if it is carried, or for a delete. */
    public String reference() {
        return value.reference();
    }
}
