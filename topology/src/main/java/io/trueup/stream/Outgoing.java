package io.trueup.stream;

import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.streams.processor.StreamPartitioner;

/**
 * A record value on its way to a sink, with the partition of the data that it is about.
 *
 * @param partition the partition of the dataset
 * @param value the record value; null for a plain delete
 */
record Outgoing(int partition, byte[] value) {

    static final Serializer<Outgoing> SERIALIZER = (topic, outgoing) -> outgoing.value;

    /** For topics of the dataset: exactly the partition of the data. */
    static final StreamPartitioner<byte[], Outgoing> SAME_PARTITION = (topic, key, outgoing, partitions) -> {
        if (outgoing.partition >= partitions) {
            throw new IllegalStateException("topic " + topic + " has only " + partitions
                    + " partitions, and a record for"
                    + " partition " + outgoing.partition + " is to be sent: all writes, repairs and control topics of a"
                    + " dataset need the same number of partitions");
        }
        return Optional.of(Set.of(outgoing.partition));
    };

    /** For topics that people read, with any number of partitions. */
    static final StreamPartitioner<byte[], Outgoing> ANY_PARTITION_COUNT =
            (topic, key, outgoing, partitions) -> Optional.of(Set.of(outgoing.partition % partitions));
}
