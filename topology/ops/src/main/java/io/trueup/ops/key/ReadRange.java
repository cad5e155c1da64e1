package io.trueup.ops.key;

import java.util.Optional;

/**
 * What was read of one partition of a topic. Immutable.
 *
 * @param topic the topic
 * @param partition its partition
 * @param begin the first offset that the partition has; 0 if nothing was ever deleted from its beginning
 * @param from the first offset that was read
 * @param end the offset behind the last one that was read; the same as {@code from} if nothing was
 * @param unreadable records that might have concerned the key, and could not be read
 * @param failure why nothing was read; empty if something was, or the partition is empty
 */
public record ReadRange(
        String topic, int partition, long begin, long from, long end, int unreadable, Optional<String> failure) {

    /** Whether all records were read that the partition has. */
    public boolean isWhole() {
        return failure.isEmpty() && from <= begin;
    }

    /** Whether every record was read that was ever in the partition, apart from what compaction has removed. */
    boolean isAll() {
        return isWhole() && begin == 0;
    }
}
