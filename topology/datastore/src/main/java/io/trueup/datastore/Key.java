package io.trueup.datastore;

import java.util.Arrays;
import java.util.HexFormat;
import org.apache.kafka.common.utils.Utils;

/**
 * A key of the dataset, with its partition. Equal if both are equal, so it can be the key of a map. The array is not copied and must not
 * be changed.
 *
 * @param partition the partition of the key, the same in all topics of the dataset
 * @param bytes the record key
 */
public record Key(int partition, byte[] bytes) {

    private static final int SHOWN_BYTES = 32;

    /**
     * @throws IllegalArgumentException if the partition is negative
     * @throws NullPointerException if there are no bytes
     */
    public Key {
        if (partition < 0) {
            throw new IllegalArgumentException("there is no partition " + partition);
        }
        if (bytes == null) {
            throw new NullPointerException("a key needs bytes");
        }
    }

    /**
     * A key in the partition to which Kafka's default partitioner of Java clients sends it. For a key from a record, use the record's
     * partition instead: the producer of the record may use another partitioner.
     *
     * @param partitions number of partitions of the topics of the dataset
     */
    public static Key partitioned(byte[] bytes, int partitions) {
        return new Key(Utils.toPositive(Utils.murmur2(bytes)) % partitions, bytes);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Key key && partition == key.partition && Arrays.equals(bytes, key.bytes);
    }

    @Override
    public int hashCode() {
        return 31 * partition + Arrays.hashCode(bytes);
    }

    /** Partition and bytes in hexadecimal, the first ones of a long key. */
    @Override
    public String toString() {
        int shown = Math.min(bytes.length, SHOWN_BYTES);
        String rest = bytes.length > shown ? "… (" + bytes.length + " bytes)" : "";
        return "hex:" + HexFormat.of().formatHex(bytes, 0, shown) + rest + " of partition " + partition;
    }
}
