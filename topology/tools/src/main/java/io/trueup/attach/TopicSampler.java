package io.trueup.attach;

import io.trueup.avro.RecordCodecs;
import io.trueup.topic.Cluster;
import io.trueup.topic.OffsetRange;
import io.trueup.topic.TopicInspector;
import io.trueup.topic.TopicReader;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;

/**
 * Asks the brokers about topics, and reads the latest records of their partitions. Reads only. Used by one thread.
 */
public final class TopicSampler {

    private final TopicInspector inspector;
    private final TopicReader reader;
    private final int sampleSize;
    private final InstantSource clock;
    private final Optional<RecordCodecs> registry;

    /**
     * @param sampleSize about so many records are read of each topic
     * @param registry reads values by the schemas of a registry, if there is one
     */
    public TopicSampler(
            TopicInspector inspector,
            TopicReader reader,
            int sampleSize,
            InstantSource clock,
            Optional<RecordCodecs> registry) {
        this.inspector = inspector;
        this.reader = reader;
        this.sampleSize = sampleSize;
        this.clock = clock;
        this.registry = registry;
    }

    /**
     * Asks about the topic of a replica, and reads a sample of its records.
     *
     * @throws TopicInspector.InspectionFailedException if it does not exist, or the brokers refuse or do not answer
     * @throws io.trueup.topic.ReadFailedException if its records cannot be read
     * @throws io.trueup.avro.RegistryUnavailableException if the registry does not say by which schemas they were written
     */
    public SampledTopic sample(String replica, Cluster cluster, String topic) {
        TopicInspector.Topic state = inspector.inspect(cluster, topic);
        SampledTopic sampled = new SampledTopic(
                replica,
                topic,
                state,
                inspector.settings(cluster, topic),
                inspector.openTransactions(cluster, topic, state.partitions()),
                registry);
        long nowMs = clock.millis();
        reader.read(ranges(cluster, topic, state), (range, record) -> sampled.accept(record, nowMs));
        return sampled;
    }

    private List<OffsetRange> ranges(Cluster cluster, String topic, TopicInspector.Topic state) {
        int each = Math.max(1, sampleSize / state.partitions());
        List<OffsetRange> ranges = new ArrayList<>();
        for (int partition = 0; partition < state.partitions(); partition++) {
            long end = state.ends().get(partition);
            long start = Math.max(state.starts().get(partition), end - each);
            ranges.add(new OffsetRange(cluster, new TopicPartition(topic, partition), start, end));
        }
        return ranges;
    }
}
