package io.trueup.audit;

import io.trueup.tree.Hash128;
import java.util.Optional;

/**
 * What one replica holds in one partition.
 *
 * @param place replica and partition
 * @param topic the writes topic
 * @param start the first offset that was there
 * @param end the first offset that was not read
 * @param records records that count
 * @param keys keys with a value
 * @param deleted keys that are deleted or expired, as far as the topic tells
 * @param bytes bytes of the values
 * @param unreadable records that say nothing in the format
 * @param root root hash of the tree, as a reconciler of the same settings has it; none if only some keys were compared
 */
public record PartitionSummary(
        At.Place place,
        String topic,
        long start,
        long end,
        long records,
        long keys,
        long deleted,
        long bytes,
        long unreadable,
        Optional<Hash128> root) {}
