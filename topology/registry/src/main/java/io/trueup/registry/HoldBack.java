package io.trueup.registry;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.InvalidOffsetException;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds back records that cannot be decoded yet, because the registry has not said what their schema is. A poll returns the records
 * before the first such record of a partition. The position of the partition stays at this record, and the partition is paused until
 * the record is ready; other partitions go on. So an outage of the registry skips no record, and blocks no thread.
 *
 * <p>Belongs to one consumer, and is used by its thread.
 */
public final class HoldBack {

    private static final Logger LOG = LoggerFactory.getLogger(HoldBack.class);
    private static final long WARN_AFTER_NANOS = Duration.ofSeconds(10).toNanos();
    private static final long WARN_EVERY_NANOS = Duration.ofMinutes(1).toNanos();

    private final Map<String, Predicate<ConsumerRecord<byte[], byte[]>>> ready;
    private final Map<TopicPartition, Held> held = new HashMap<>();

    /** @param ready by topic, whether a record can be decoded, or is malformed; never waits. Records of other topics can be. */
    public HoldBack(Map<String, Predicate<ConsumerRecord<byte[], byte[]>>> ready) {
        this.ready = Map.copyOf(ready);
    }

    /** What this needs of its consumer. */
    public interface Positions {

        Set<TopicPartition> assignment();

        /** The position, without a request to a broker; -1 if it is not known now. */
        long position(TopicPartition partition);

        void seek(TopicPartition partition, OffsetAndMetadata offset);

        void pause(Collection<TopicPartition> partitions);

        void resume(Collection<TopicPartition> partitions);

        /** Those of a consumer. */
        static Positions of(Consumer<byte[], byte[]> consumer) {
            return new Positions() {

                @Override
                public Set<TopicPartition> assignment() {
                    return consumer.assignment();
                }

                @Override
                public long position(TopicPartition partition) {
                    return known(() -> consumer.position(partition, Duration.ZERO));
                }

                @Override
                public void seek(TopicPartition partition, OffsetAndMetadata offset) {
                    consumer.seek(partition, offset);
                }

                @Override
                public void pause(Collection<TopicPartition> partitions) {
                    consumer.pause(partitions);
                }

                @Override
                public void resume(Collection<TopicPartition> partitions) {
                    consumer.resume(partitions);
                }
            };
        }

        /** Returns a position of a consumer, or -1 where it has none yet, or has to validate it first. */
        static long known(LongSupplier position) {
            try {
                return position.getAsLong();
            } catch (InvalidOffsetException | TimeoutException | IllegalStateException e) {
                return -1;
            }
        }
    }

    /** A record that is held back. */
    private static final class Held {
        private final ConsumerRecord<byte[], byte[]> record;
        private final long sinceNanos = System.nanoTime();
        private long warnAtNanos = sinceNanos + WARN_AFTER_NANOS;
        private boolean warned;

        Held(ConsumerRecord<byte[], byte[]> record) {
            this.record = record;
        }
    }

    /** Whether records of a partition are held back. */
    public boolean holds(TopicPartition partition) {
        return held.containsKey(partition);
    }

    /** Is to be called before each poll: lets partitions go on whose record is ready, and pauses the others. */
    public void beforePoll(Positions consumer) {
        if (held.isEmpty()) {
            return;
        }
        held.keySet().retainAll(consumer.assignment());
        Set<TopicPartition> released = new HashSet<>();
        Iterator<Map.Entry<TopicPartition, Held>> all = held.entrySet().iterator();
        while (all.hasNext()) {
            Map.Entry<TopicPartition, Held> next = all.next();
            Held waiting = next.getValue();
            long position = consumer.position(next.getKey());
            boolean elsewhere = position >= 0 && position != waiting.record.offset();
            if (elsewhere || ready.get(next.getKey().topic()).test(waiting.record)) {
                released.add(next.getKey());
                all.remove();
                logRelease(waiting);
            } else {
                warn(waiting);
            }
        }
        consumer.resume(released);
        consumer.pause(held.keySet());
    }

    /**
     * Is to be called with the records of each poll.
     *
     * @return those that can be decoded, with the offsets that follow them
     */
    public ConsumerRecords<byte[], byte[]> passed(ConsumerRecords<byte[], byte[]> records, Positions consumer) {
        Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> cut = new HashMap<>();
        for (TopicPartition partition : records.partitions()) {
            Predicate<ConsumerRecord<byte[], byte[]>> isReady = ready.get(partition.topic());
            if (isReady == null) {
                continue;
            }
            List<ConsumerRecord<byte[], byte[]>> returned = records.records(partition);
            int count = countReady(returned, isReady);
            if (count < returned.size()) {
                cut.put(partition, returned.subList(0, count));
                held.put(partition, new Held(returned.get(count)));
            }
        }
        return cut.isEmpty() ? records : withCut(records, cut, consumer);
    }

    private static int countReady(
            List<ConsumerRecord<byte[], byte[]>> records, Predicate<ConsumerRecord<byte[], byte[]>> isReady) {
        int count = 0;
        while (count < records.size() && isReady.test(records.get(count))) {
            count++;
        }
        return count;
    }

    private ConsumerRecords<byte[], byte[]> withCut(
            ConsumerRecords<byte[], byte[]> records,
            Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> cut,
            Positions consumer) {
        Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> passed = new HashMap<>();
        records.partitions().forEach(partition -> passed.put(partition, records.records(partition)));
        Map<TopicPartition, OffsetAndMetadata> next = new HashMap<>(records.nextOffsets());
        cut.forEach((partition, before) -> {
            ConsumerRecord<byte[], byte[]> first = held.get(partition).record;
            OffsetAndMetadata position = new OffsetAndMetadata(first.offset(), first.leaderEpoch(), "");
            consumer.seek(partition, position);
            next.put(partition, position);
            if (before.isEmpty()) {
                passed.remove(partition);
            } else {
                passed.put(partition, before);
            }
        });
        consumer.pause(cut.keySet());
        return new ConsumerRecords<>(passed, next);
    }

    private static void warn(Held waiting) {
        long nowNanos = System.nanoTime();
        if (nowNanos - waiting.warnAtNanos > 0) {
            waiting.warnAtNanos = nowNanos + WARN_EVERY_NANOS;
            waiting.warned = true;
            LOG.warn(
                    "{}-{}@{} and what follows it wait, since {} s: the schema of this record is not known yet.",
                    waiting.record.topic(),
                    waiting.record.partition(),
                    waiting.record.offset(),
                    Duration.ofNanos(nowNanos - waiting.sinceNanos).toSeconds());
        }
    }

    private static void logRelease(Held waiting) {
        if (waiting.warned) {
            LOG.info(
                    "{}-{}@{} waits no longer.",
                    waiting.record.topic(),
                    waiting.record.partition(),
                    waiting.record.offset());
        }
    }
}
