package io.trueup.audit;

import org.apache.kafka.common.TopicPartition;

/**
 * A part of a partition that is read from its first offset up to the end.
 *
 * @param cluster where it is
 * @param partition topic and partition
 * @param start the first offset
 * @param end the first offset that does not belong to it
 */
record Stretch(Cluster cluster, TopicPartition partition, long start, long end) {

    boolean isEmpty() {
        return start >= end;
    }

    /** As {@code orders.eu-0@17}. */
    String at(long offset) {
        return partition + "@" + offset;
    }
}
