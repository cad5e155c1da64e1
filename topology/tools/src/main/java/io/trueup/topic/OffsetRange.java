package io.trueup.topic;

import org.apache.kafka.common.TopicPartition;

/**
 * A part of a partition that is read from its first offset up to its end.
 *
 * @param cluster where the partition is
 * @param partition topic and partition
 * @param start the first offset
 * @param end the first offset behind the range
 */
public record OffsetRange(Cluster cluster, TopicPartition partition, long start, long end) {

    /** How many offsets it has, whether they hold a record or not. */
    public long length() {
        return end - start;
    }

    boolean isEmpty() {
        return start >= end;
    }

    /** An offset of the partition as {@code orders.eu-0@17}. */
    public String place(long offset) {
        return partition + "@" + offset;
    }
}
