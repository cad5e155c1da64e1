package io.trueup.command;

import java.util.List;

/**
 * A key for which no entry wins, as the conflicts topic tells it.
 *
 * @param key the record key
 * @param partition the partition of the dataset that it lies in
 * @param sinceMs cut of the first comparison that is still known to have seen it
 * @param sides the entries that stand against each other
 */
public record StandingConflict(byte[] key, int partition, long sinceMs, List<Side> sides) {

    /**
     * One of the entries.
     *
     * @param replicas who holds it
     * @param entry what they hold
     */
    public record Side(List<String> replicas, EntryView entry) {}
}
