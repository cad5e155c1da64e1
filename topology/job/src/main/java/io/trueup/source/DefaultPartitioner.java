package io.trueup.source;

import org.apache.kafka.common.utils.Utils;

/** Kafka's default partitioner for records with a key: murmur2 of the key, modulo the number of partitions. */
public final class DefaultPartitioner {

    private DefaultPartitioner() {}

    /** Returns the partition to which a producer with default settings sends records with this key. */
    public static int partitionOf(byte[] key, int partitions) {
        return Utils.toPositive(Utils.murmur2(key)) % partitions;
    }
}
