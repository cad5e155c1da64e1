package io.trueup.ops.key;

import io.trueup.avro.MalformedRecordException;
import io.trueup.failure.Failures;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.IntUnaryOperator;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * Reads the latest records of some partitions: first the newest ones, then in ever larger steps older ones, until a bound is reached. So
 * what was read is always a range that ends with the newest record, or with the newest one before a time. Assigns itself the partitions: no group, no commits. Not
 * thread-safe.
 *
 * @param <E> what is read from a record
 */
public final class TailReader<E> {

    /** The number of offsets that are read of each partition, at most. */
    static final int MAX_RECORDS = 20_000;
    /** No older records are read once the records of a partition have this size together. */
    static final long MAX_BYTES = 4 << 20;

    private static final int FIRST_STEP = 100;
    private static final int GROWTH = 4;
    private static final Duration POLL = Duration.ofMillis(100);

    private final Consumer<byte[], byte[]> consumer;
    private final long timeNs;
    private final LongSupplier nanos;
    private long deadlineNs;

    /**
     * @param consumer its topics are assigned, and it is not closed
     * @param time no step begins after this time
     * @param nanos a clock such as {@link System#nanoTime}
     */
    public TailReader(Consumer<byte[], byte[]> consumer, Duration time, LongSupplier nanos) {
        this.consumer = consumer;
        this.timeNs = time.toNanos();
        this.nanos = nanos;
    }

    /** Reads records. */
    @FunctionalInterface
    public interface Reading<E> {

        /**
         * Returns what is of interest in a record; null for nothing.
         *
         * @throws MalformedRecordException if it cannot be read
         */
        E read(ConsumerRecord<byte[], byte[]> record) throws MalformedRecordException;
    }

    /**
     * A partition to be read.
     *
     * @param topic its topic
     * @param partitionOf its number, if the topic has so many partitions
     * @param reading how its records are read
     * @param untilMs no record is read from the first one on that was stored at this time or later; empty for no bound
     */
    public record Source<E>(String topic, IntUnaryOperator partitionOf, Reading<E> reading, OptionalLong untilMs) {

        /** Up to the newest record. */
        public Source(String topic, IntUnaryOperator partitionOf, Reading<E> reading) {
            this(topic, partitionOf, reading, OptionalLong.empty());
        }
    }

    /**
     * What was read.
     *
     * @param read what is of interest; of each partition in order of offset
     * @param ranges for each source what was read of it
     */
    public record Result<E>(List<E> read, List<ReadRange> ranges) {}

    /**
     * Reads. A topic that is missing or that may not be read is noted in its range.
     *
     * @throws org.apache.kafka.common.KafkaException if the brokers do not answer
     */
    public Result<E> read(List<Source<E>> sources) {
        deadlineNs = nanos.getAsLong() + timeNs;
        List<Lane<E>> lanes = sources.stream().map(this::lane).toList();
        seekEnds(lanes.stream().filter(Lane::isOpen).toList());
        for (List<Lane<E>> left = open(lanes); !left.isEmpty() && isTimeLeft(); left = open(lanes)) {
            step(left);
        }
        return new Result<>(
                lanes.stream().flatMap(lane -> lane.read.stream()).toList(),
                lanes.stream().map(Lane::range).toList());
    }

    private boolean isTimeLeft() {
        return nanos.getAsLong() - deadlineNs < 0;
    }

    private List<Lane<E>> open(List<Lane<E>> lanes) {
        return lanes.stream().filter(Lane::isOpen).toList();
    }

    private Lane<E> lane(Source<E> source) {
        try {
            List<PartitionInfo> partitions = consumer.partitionsFor(source.topic());
            int count = partitions == null ? 0 : partitions.size();
            int partition = count == 0 ? 0 : source.partitionOf().applyAsInt(count);
            Lane<E> lane =
                    new Lane<>(new TopicPartition(source.topic(), partition), source.reading(), source.untilMs());
            if (partition >= count) {
                lane.fail(count == 0 ? "the topic does not exist" : "the topic has only " + count + " partitions");
            }
            return lane;
        } catch (AuthorizationException | UnknownTopicOrPartitionException | InvalidTopicException e) {
            Lane<E> lane = new Lane<>(new TopicPartition(source.topic(), 0), source.reading(), source.untilMs());
            lane.fail(reason(e));
            return lane;
        }
    }

    private static String reason(RuntimeException failure) {
        return failure instanceof AuthorizationException
                ? "the principal of the job may not read the topic: grant it the ACL operation Read"
                : Failures.reason(failure);
    }

    private void seekEnds(List<Lane<E>> lanes) {
        List<TopicPartition> partitions =
                lanes.stream().map(lane -> lane.partition).toList();
        Map<TopicPartition, Long> begins = consumer.beginningOffsets(partitions);
        Map<TopicPartition, Long> ends = new HashMap<>(consumer.endOffsets(partitions));
        Map<TopicPartition, Long> times = new HashMap<>();
        lanes.forEach(lane -> lane.untilMs.ifPresent(until -> times.put(lane.partition, until)));
        if (!times.isEmpty()) {
            consumer.offsetsForTimes(times).forEach((partition, found) -> {
                if (found != null) {
                    ends.merge(partition, found.offset(), Math::min);
                }
            });
        }
        lanes.forEach(lane -> lane.begin(begins.get(lane.partition), ends.get(lane.partition)));
    }

    /** Reads the records in front of those that were read before. What a partition has not sent in time counts for nothing. */
    private void step(List<Lane<E>> lanes) {
        Map<TopicPartition, Lane<E>> byPartition = new HashMap<>();
        lanes.forEach(lane -> byPartition.put(lane.partition, lane));
        consumer.assign(byPartition.keySet());
        consumer.resume(byPartition.keySet()); // those of the last step are still paused
        lanes.forEach(lane -> consumer.seek(lane.partition, lane.beginStep()));
        while (!byPartition.isEmpty() && isTimeLeft()) {
            poll(byPartition);
            for (Lane<E> lane : List.copyOf(byPartition.values())) {
                if (consumer.position(lane.partition) >= lane.from) {
                    lane.endStep();
                    consumer.pause(List.of(lane.partition));
                    byPartition.remove(lane.partition);
                }
            }
        }
        byPartition.values().forEach(Lane::giveUp);
    }

    private void poll(Map<TopicPartition, Lane<E>> lanes) {
        try {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                Lane<E> lane = lanes.get(new TopicPartition(record.topic(), record.partition()));
                if (lane != null && record.offset() < lane.from) {
                    lane.take(record);
                }
            }
        } catch (TopicAuthorizationException e) {
            drop(lanes, e.unauthorizedTopics(), e);
        } catch (OffsetOutOfRangeException e) { // retention has deleted what was to be read
            Set<TopicPartition> gone = e.offsetOutOfRangePartitions().keySet();
            gone.stream().map(lanes::remove).forEach(Lane::giveUp);
            consumer.assign(lanes.keySet());
        }
    }

    private void drop(Map<TopicPartition, Lane<E>> lanes, Set<String> topics, RuntimeException failure) {
        lanes.values().stream()
                .filter(lane -> topics.contains(lane.partition.topic()))
                .toList()
                .forEach(lane -> {
                    lane.fail(reason(failure));
                    lanes.remove(lane.partition);
                });
        consumer.assign(lanes.keySet());
    }

    /** How far one partition is read. */
    private static final class Lane<E> {

        private final TopicPartition partition;
        private final Reading<E> reading;
        private final OptionalLong untilMs;
        private String failure;
        private boolean ended;
        private long begin;
        private long from;
        private long end;
        private long bytes;
        private long step = FIRST_STEP;
        private int unreadable;
        private List<E> read = new ArrayList<>();

        private long stepBegin;
        private long stepBytes;
        private int stepUnreadable;
        private List<E> stepRead;

        Lane(TopicPartition partition, Reading<E> reading, OptionalLong untilMs) {
            this.partition = partition;
            this.reading = reading;
            this.untilMs = untilMs;
        }

        boolean isOpen() {
            return failure == null && !ended;
        }

        void fail(String reason) {
            failure = reason;
        }

        void giveUp() {
            ended = true;
        }

        void begin(long first, long behindLast) {
            begin = first;
            from = behindLast;
            end = behindLast;
            ended = begin >= end;
        }

        /** Returns the first offset to be read. */
        long beginStep() {
            stepBegin = Math.max(begin, from - step);
            stepBytes = 0;
            stepUnreadable = 0;
            stepRead = new ArrayList<>();
            return stepBegin;
        }

        void take(ConsumerRecord<byte[], byte[]> record) {
            stepBytes += Math.max(0, record.serializedKeySize()) + Math.max(0, record.serializedValueSize());
            try {
                E interest = reading.read(record);
                if (interest != null) {
                    stepRead.add(interest);
                }
            } catch (MalformedRecordException e) {
                stepUnreadable++;
            }
        }

        void endStep() {
            stepRead.addAll(read);
            read = stepRead;
            unreadable += stepUnreadable;
            bytes += stepBytes;
            from = stepBegin;
            long bytesEach = 1 + bytes / Math.max(1, end - from);
            step = Math.min(GROWTH * step, Math.min(MAX_RECORDS - (end - from), (MAX_BYTES - bytes) / bytesEach));
            ended = from <= begin || step <= 0;
        }

        ReadRange range() {
            return new ReadRange(
                    partition.topic(),
                    partition.partition(),
                    begin,
                    from,
                    end,
                    unreadable,
                    Optional.ofNullable(failure));
        }
    }
}
