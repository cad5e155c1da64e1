package io.trueup.audit.result;

import io.trueup.tree.Hash128;
import java.util.Optional;

/**
 * Contents of one replica in one partition.
 *
 * @param place replica and partition
 * @param topic the writes topic
 * @param start the first offset of the partition
 * @param end the first offset that was not read
 * @param records records that count
 * @param keys keys with a value
 * @param deleted keys that are deleted or expired, as far as the topic shows
 * @param bytes bytes of the values
 * @param unreadable records that are malformed in the replica's format
 * @param atMs the moment at which the replicas were compared here, in milliseconds since the epoch
 * @param root root hash of the tree, equal to that of a reconciler with the same settings; empty if only some keys were compared
 */
public record PartitionSummary(
        ReplicaPartition place,
        String topic,
        long start,
        long end,
        long records,
        long keys,
        long deleted,
        long bytes,
        long unreadable,
        long atMs,
        Optional<Hash128> root) {}
