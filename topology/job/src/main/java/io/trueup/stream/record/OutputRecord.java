package io.trueup.stream.record;

import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.streams.processor.StreamPartitioner;
import org.apache.kafka.streams.processor.TopicNameExtractor;

/**
 * A record value that is forwarded to a sink, with the partition of the data that it is about.
 *
 * @param topic the topic it is sent to, for the sink that has no topic of its own; others ignore it
 * @param partition the partition of the dataset
 * @param value the record value; null for a plain delete
 */
public record OutputRecord(String topic, int partition, byte[] value) {

    /** A value for a sink that has a topic of its own. */
    public OutputRecord(int partition, byte[] value) {
        this(null, partition, value);
    }

    public static final Serializer<OutputRecord> SERIALIZER = (topic, outgoing) -> outgoing.value;

    /** Each value names its topic: a sink can then send to topics that were not known when the topology was built. */
    public static final TopicNameExtractor<byte[], OutputRecord> ITS_TOPIC = (key, outgoing, context) -> outgoing.topic;

    /** For topics of the dataset: exactly the partition of the data. */
    public static final StreamPartitioner<byte[], OutputRecord> SAME_PARTITION = (topic, key, outgoing, partitions) -> {
        if (outgoing.partition >= partitions) {
            throw new IllegalStateException("topic " + topic + " has only " + partitions
                    + " partitions, but a record for"
                    + " partition " + outgoing.partition
                    + " must be sent to it: all writes, repairs and control topics of a"
                    + " dataset need the same number of partitions");
        }
        return Optional.of(Set.of(outgoing.partition));
    };

    /** For topics that people read, with any number of partitions. */
    public static final StreamPartitioner<byte[], OutputRecord> ANY_PARTITION_COUNT =
            (topic, key, outgoing, partitions) -> Optional.of(Set.of(outgoing.partition % partitions));
}
