package io.trueup.stream;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * A stream thread's consumer that remembers how far it has read. Records alone do not tell: markers and aborted records
 * take up offsets and are never returned. Used by its stream thread only, as every consumer.
 */
final class TrackingConsumer extends KafkaConsumer<byte[], byte[]> implements Positions {

    private static final ThreadLocal<TrackingConsumer> OF_THREAD = new ThreadLocal<>();

    private final Map<TopicPartition, Long> nextOffsets = new HashMap<>();
    private final Map<TopicPartition, Long> lastReturned = new HashMap<>();

    TrackingConsumer(Map<String, Object> config) {
        super(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    /** The consumer that the calling thread polls, or null. */
    static TrackingConsumer ofThisThread() {
        return OF_THREAD.get();
    }

    @Override
    public ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
        OF_THREAD.set(this);
        ConsumerRecords<byte[], byte[]> records = super.poll(timeout);
        records.nextOffsets().forEach((partition, next) -> nextOffsets.put(partition, next.offset()));
        for (TopicPartition partition : records.partitions()) {
            List<ConsumerRecord<byte[], byte[]>> returned = records.records(partition);
            lastReturned.put(partition, returned.get(returned.size() - 1).offset());
        }
        return records;
    }

    @Override
    public long readTo(TopicPartition partition) {
        Long next = nextOffsets.get(partition);
        return next != null ? next : askedPosition(partition);
    }

    /** After a restart or a rebalance, as long as nothing was read. */
    private long askedPosition(TopicPartition partition) {
        try {
            return position(partition, Duration.ZERO);
        } catch (TimeoutException | IllegalStateException e) {
            return UNKNOWN;
        }
    }

    @Override
    public long lastReturned(TopicPartition partition) {
        return lastReturned.getOrDefault(partition, UNKNOWN);
    }

    @Override
    public void forget(TopicPartition partition) {
        nextOffsets.remove(partition);
        lastReturned.remove(partition);
    }
}
