package io.trueup.job;

import io.trueup.registry.HoldBack;
import io.trueup.stream.ConsumerPositions;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.NoOffsetForPartitionException;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * A stream thread's consumer that remembers how far it has read. The returned records alone do not show this: transaction
 * markers and aborted records occupy offsets and are never returned. The position of a partition is forgotten when the
 * partition is assigned, revoked or lost, and when its position is set. It is not forgotten when a task starts, because
 * records may already wait for that task. Used by its stream thread only, as every consumer.
 */
final class TrackingConsumer extends KafkaConsumer<byte[], byte[]> implements ConsumerPositions {

    private static final ThreadLocal<TrackingConsumer> OF_THREAD = new ThreadLocal<>();

    private final HoldBack holdBack;
    private final HoldBack.Positions own = new OwnPositions();
    private final Map<TopicPartition, Long> nextOffsets = new HashMap<>();
    private final Map<TopicPartition, Long> lastReturned = new HashMap<>();
    /** What was last returned of partitions whose position was found to be invalid. */
    private final Map<TopicPartition, Long> invalid = new HashMap<>();

    /** @param holdBack holds back records that cannot be decoded yet */
    TrackingConsumer(Map<String, Object> config, HoldBack holdBack) {
        super(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        this.holdBack = holdBack;
    }

    /** The consumer that the calling thread polls, or null. */
    static TrackingConsumer ofThisThread() {
        return OF_THREAD.get();
    }

    @Override
    public ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
        OF_THREAD.set(this);
        holdBack.beforePoll(own);
        ConsumerRecords<byte[], byte[]> records = holdBack.passed(pollNotingInvalid(timeout), own);
        records.nextOffsets().forEach((partition, next) -> nextOffsets.put(partition, next.offset()));
        for (TopicPartition partition : records.partitions()) {
            List<ConsumerRecord<byte[], byte[]>> returned = records.records(partition);
            lastReturned.put(partition, returned.get(returned.size() - 1).offset());
        }
        return records;
    }

    /** Kafka Streams goes on at the beginning of a partition whose position is invalid, and does not report it to its tasks. */
    private ConsumerRecords<byte[], byte[]> pollNotingInvalid(Duration timeout) {
        try {
            return super.poll(timeout);
        } catch (OffsetOutOfRangeException e) {
            note(e);
            throw e;
        }
    }

    private void note(OffsetOutOfRangeException e) {
        e.partitions().forEach(partition -> invalid.putIfAbsent(partition, lastReturned(partition)));
    }

    @Override
    public OptionalLong takeInvalid(TopicPartition partition) {
        Long last = invalid.isEmpty() ? null : invalid.remove(partition);
        return last == null ? OptionalLong.empty() : OptionalLong.of(last);
    }

    @Override
    public void rewind(TopicPartition partition, long offset) {
        seek(partition, offset);
    }

    @Override
    public long readTo(TopicPartition partition) {
        Long next = nextOffsets.get(partition);
        return next != null ? next : currentPosition(partition);
    }

    /**
     * Used after a restart or a rebalance, while nothing was read. Before the first poll a partition without a committed offset has
     * no position; Kafka Streams gives it one when it polls.
     */
    private long currentPosition(TopicPartition partition) {
        try {
            return position(partition, Duration.ZERO);
        } catch (NoOffsetForPartitionException | TimeoutException | IllegalStateException e) {
            return UNKNOWN;
        } catch (OffsetOutOfRangeException e) {
            note(e);
            return UNKNOWN;
        }
    }

    @Override
    public long lastReturned(TopicPartition partition) {
        return lastReturned.getOrDefault(partition, UNKNOWN);
    }

    /**
     * A task of Kafka Streams processes nothing while a source has records that it was not given: control messages and repairs would
     * wait for a schema of the writes topic.
     */
    @Override
    public OptionalLong currentLag(TopicPartition partition) {
        return holdBack.holds(partition) ? OptionalLong.of(0) : super.currentLag(partition);
    }

    @Override
    public void pause(Collection<TopicPartition> partitions) {
        holdBack.ownerPauses(partitions);
        super.pause(partitions);
    }

    @Override
    public void resume(Collection<TopicPartition> partitions) {
        holdBack.ownerResumes(partitions);
        super.resume(partitions);
    }

    /** Their position is set. */
    private void sought(Collection<TopicPartition> partitions) {
        holdBack.sought(partitions);
        forget(partitions);
    }

    private void reassigned(Collection<TopicPartition> partitions) {
        holdBack.reassigned(partitions);
        forget(partitions);
        invalid.keySet().removeAll(partitions);
    }

    private void forget(Collection<TopicPartition> partitions) {
        nextOffsets.keySet().removeAll(partitions);
        lastReturned.keySet().removeAll(partitions);
    }

    @Override
    public void subscribe(Collection<String> topics, ConsumerRebalanceListener listener) {
        super.subscribe(topics, new Forgetting(listener));
    }

    @Override
    public void subscribe(Pattern pattern, ConsumerRebalanceListener listener) {
        super.subscribe(pattern, new Forgetting(listener));
    }

    @Override
    public void seek(TopicPartition partition, long offset) {
        sought(Set.of(partition));
        super.seek(partition, offset);
    }

    @Override
    public void seek(TopicPartition partition, OffsetAndMetadata offset) {
        sought(Set.of(partition));
        super.seek(partition, offset);
    }

    @Override
    public void seekToBeginning(Collection<TopicPartition> partitions) {
        sought(partitions);
        super.seekToBeginning(partitions);
    }

    @Override
    public void seekToEnd(Collection<TopicPartition> partitions) {
        sought(partitions);
        super.seekToEnd(partitions);
    }

    /** What is held back was not read: its position is set without forgetting how far the partition was read. */
    private final class OwnPositions implements HoldBack.Positions {

        @Override
        public Set<TopicPartition> assignment() {
            return TrackingConsumer.this.assignment();
        }

        @Override
        public void seek(TopicPartition partition, OffsetAndMetadata offset) {
            TrackingConsumer.super.seek(partition, offset);
        }

        @Override
        public void pause(Collection<TopicPartition> partitions) {
            TrackingConsumer.super.pause(partitions);
        }

        @Override
        public void resume(Collection<TopicPartition> partitions) {
            TrackingConsumer.super.resume(partitions);
        }
    }

    /** Forgets positions, then calls the listener of Kafka Streams. */
    private final class Forgetting implements ConsumerRebalanceListener {

        private final ConsumerRebalanceListener listener;

        Forgetting(ConsumerRebalanceListener listener) {
            this.listener = listener;
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            reassigned(partitions);
            listener.onPartitionsAssigned(partitions);
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            reassigned(partitions);
            listener.onPartitionsRevoked(partitions);
        }

        @Override
        public void onPartitionsLost(Collection<TopicPartition> partitions) {
            reassigned(partitions);
            listener.onPartitionsLost(partitions);
        }
    }
}
