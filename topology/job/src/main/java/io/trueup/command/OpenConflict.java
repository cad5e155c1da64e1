package io.trueup.command;

import java.util.List;

/**
 * A key in conflict, as read from the conflicts topic: what all replicas report about it, together.
 *
 * @param key the key of the dataset
 * @param partition the partition of the dataset that it lies in
 * @param sinceMs cut of the first comparison that is still known to have seen it
 * @param reason why a person must decide, as {@code ConflictEvent} names it
 * @param sides the conflicting entries; each replica is listed with what it held when it was last compared
 */
public record OpenConflict(byte[] key, int partition, long sinceMs, String reason, List<Side> sides) {

    /**
     * One of the entries.
     *
     * @param replicas the replicas that hold it
     * @param entry the entry
     */
    public record Side(List<String> replicas, EntryView entry) {}
}
