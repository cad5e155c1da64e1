package io.trueup.broker;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TopicAuthorizationException;

/**
 * A consumer of a fixed log whose reading breaks after a number of records. It returns one record with each poll, so a break can
 * strike before every record, and after the last one. Everything but the break is as with a real consumer.
 *
 * @param <T> type of keys and values
 */
public class BreakingConsumer<T> extends MockConsumer<T, T> {

    /** What happens in place of the next record. */
    public enum Break {
        CONNECTION_LOST,
        CORRUPT_BATCH,
        NOT_AUTHORIZED,
        /** The next record of the partition is deleted before it is read. */
        OFFSET_OUT_OF_RANGE,
        /** The partition loses the next record and those after it. */
        LOG_TRUNCATED,
        INTERRUPTED,
        UNEXPECTED_FAILURE,
        /** No poll returns anything any more. */
        SILENCE;

        private RuntimeException failure(TopicPartition partition, long offset) {
            return switch (this) {
                case CONNECTION_LOST -> new DisconnectException("the broker of " + partition + " is gone");
                case CORRUPT_BATCH ->
                    new KafkaException(
                            "Encountered corrupt message when fetching offset " + offset + " for topic-partition "
                                    + partition,
                            new CorruptRecordException("wrong checksum"));
                case NOT_AUTHORIZED -> new TopicAuthorizationException(Set.of(partition.topic()));
                case OFFSET_OUT_OF_RANGE, LOG_TRUNCATED -> new OffsetOutOfRangeException(Map.of(partition, offset));
                case INTERRUPTED -> new InterruptException("interrupted");
                case UNEXPECTED_FAILURE -> new IllegalStateException("a fault of the consumer");
                case SILENCE -> throw new IllegalStateException("it throws nothing");
            };
        }
    }

    private final Map<TopicPartition, List<ConsumerRecord<T, T>>> log = new HashMap<>();
    private final Break how;
    private long untilBreak;
    private boolean broken;

    /**
     * @param records by partition in order of offset
     * @param untilBreak how many records are returned before the break
     * @param how what happens then; null: nothing breaks
     */
    public BreakingConsumer(List<ConsumerRecord<T, T>> records, long untilBreak, Break how) {
        super("none");
        this.untilBreak = untilBreak;
        this.how = how;
        Map<String, List<PartitionInfo>> topics = new HashMap<>();
        for (ConsumerRecord<T, T> record : records) {
            TopicPartition partition = new TopicPartition(record.topic(), record.partition());
            if (!log.containsKey(partition)) {
                topics.computeIfAbsent(record.topic(), topic -> new ArrayList<>())
                        .add(new PartitionInfo(
                                record.topic(), record.partition(), Node.noNode(), new Node[0], new Node[0]));
                updateBeginningOffsets(Map.of(partition, 0L));
            }
            log.computeIfAbsent(partition, p -> new ArrayList<>()).add(record);
            updateEndOffsets(Map.of(partition, record.offset() + 1));
        }
        topics.forEach(this::updatePartitions);
    }

    /** Whether the reading has broken. */
    public final boolean isBroken() {
        return broken;
    }

    @Override
    public synchronized ConsumerRecords<T, T> poll(Duration timeout) {
        super.poll(Duration.ZERO); // a wake-up
        for (TopicPartition partition : assignment()) {
            if (!paused().contains(partition)) {
                for (ConsumerRecord<T, T> record : log.getOrDefault(partition, List.of())) {
                    if (record.offset() >= position(partition)) {
                        return next(partition, record);
                    }
                }
            }
        }
        return ConsumerRecords.empty();
    }

    private ConsumerRecords<T, T> next(TopicPartition partition, ConsumerRecord<T, T> record) {
        if (how != null && untilBreak-- == 0) {
            broken = true;
            if (how == Break.SILENCE) {
                untilBreak = 0;
                return ConsumerRecords.empty();
            }
            if (how == Break.OFFSET_OUT_OF_RANGE) {
                updateBeginningOffsets(Map.of(partition, record.offset() + 1));
            } else if (how == Break.LOG_TRUNCATED) {
                updateEndOffsets(Map.of(partition, record.offset()));
                log.get(partition).removeIf(later -> later.offset() >= record.offset());
            }
            throw how.failure(partition, record.offset());
        }
        long offset = record.offset() + 1;
        seek(partition, offset);
        return new ConsumerRecords<>(
                Map.of(partition, List.of(record)), Map.of(partition, new OffsetAndMetadata(offset)));
    }

    /** Partitions whose first record comes later than the time asked for, or that have none, are as with a real consumer. */
    @Override
    public synchronized Map<TopicPartition, OffsetAndTimestamp> offsetsForTimes(Map<TopicPartition, Long> times) {
        Map<TopicPartition, OffsetAndTimestamp> found = new HashMap<>();
        times.forEach((partition, timeMs) -> found.put(
                partition,
                log.getOrDefault(partition, List.of()).stream()
                        .filter(record -> record.timestamp() >= timeMs)
                        .findFirst()
                        .map(record -> new OffsetAndTimestamp(record.offset(), record.timestamp()))
                        .orElse(null)));
        return found;
    }

    @Override
    public Map<TopicPartition, Long> beginningOffsets(Collection<TopicPartition> partitions, Duration timeout) {
        return beginningOffsets(partitions);
    }

    @Override
    public Map<TopicPartition, Long> endOffsets(Collection<TopicPartition> partitions, Duration timeout) {
        return endOffsets(partitions);
    }
}
