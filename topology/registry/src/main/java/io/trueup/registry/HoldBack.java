package io.trueup.registry;

import io.trueup.avro.WireFormat;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds back records that cannot be decoded yet, because the registry has not said what their schema is. A poll returns the records
 * before the first such record of a partition. The position of the partition stays at this record, and the partition is paused until
 * the record is ready; other partitions go on. So an outage of the registry skips no record, and blocks no thread.
 *
 * <p>The consumer's owner says which partitions it pauses and resumes itself, and which are taken from it, assigned to it, or read from
 * another position: what was held back of them is forgotten then, and is held back again where it is polled again.
 *
 * <p>Belongs to one consumer, and is used by its thread.
 */
public final class HoldBack {

    private static final Logger LOG = LoggerFactory.getLogger(HoldBack.class);
    /** How long a poll waits for what it could return: an answer of a registry takes less, and saves reading the records again. */
    private static final long MOMENT_NANOS = Duration.ofMillis(50).toNanos();

    private static final long PARK_NANOS = 500_000;
    private static final long WARN_AFTER_NANOS = Duration.ofSeconds(10).toNanos();
    private static final long WARN_EVERY_NANOS = Duration.ofMinutes(1).toNanos();

    private final Map<String, Predicate<ConsumerRecord<byte[], byte[]>>> ready;
    private final WaitingRecords waiting;
    private final Map<TopicPartition, Held> held = new HashMap<>();
    /** Those that the owner of the consumer has paused. */
    private final Set<TopicPartition> ownersPaused = new HashSet<>();
    /** Those that were paused here, and whose record was forgotten. */
    private final Set<TopicPartition> forgotten = new HashSet<>();

    /** @param ready by topic, whether a record can be decoded, or is malformed; never waits. Records of other topics can be. */
    public HoldBack(Map<String, Predicate<ConsumerRecord<byte[], byte[]>>> ready) {
        this(ready, new WaitingRecords());
    }

    /**
     * @param ready by topic, whether a record can be decoded, or is malformed; never waits. Records of other topics can be.
     * @param waiting receives what is held back
     */
    public HoldBack(Map<String, Predicate<ConsumerRecord<byte[], byte[]>>> ready, WaitingRecords waiting) {
        this.ready = Map.copyOf(ready);
        this.waiting = waiting;
    }

    /** What this needs of its consumer. None of it may send a request to a broker. */
    public interface Positions {

        Set<TopicPartition> assignment();

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

    /** Is to be called where the owner of the consumer pauses partitions. */
    public void ownerPauses(Collection<TopicPartition> partitions) {
        ownersPaused.addAll(partitions);
    }

    /** Is to be called where the owner of the consumer resumes partitions. */
    public void ownerResumes(Collection<TopicPartition> partitions) {
        ownersPaused.removeAll(partitions);
    }

    /** Is to be called where partitions are assigned, revoked, or lost, before their owner does anything: none of them is paused. */
    public void reassigned(Collection<TopicPartition> partitions) {
        partitions.forEach(this::release);
        forgotten.removeAll(partitions);
        ownersPaused.removeAll(partitions);
    }

    /** Is to be called where partitions are going to be read from another position. */
    public void sought(Collection<TopicPartition> partitions) {
        for (TopicPartition partition : partitions) {
            if (release(partition) != null) {
                forgotten.add(partition);
            }
        }
    }

    private Held release(TopicPartition partition) {
        waiting.released(partition);
        return held.remove(partition);
    }

    /** Is to be called before each poll: lets partitions go on whose record is ready, and pauses the others. */
    public void beforePoll(Positions consumer) {
        if (held.isEmpty() && forgotten.isEmpty()) {
            return;
        }
        Set<TopicPartition> assigned = consumer.assignment();
        Set<TopicPartition> released = new HashSet<>(forgotten);
        forgotten.clear();
        for (Map.Entry<TopicPartition, Held> next : List.copyOf(held.entrySet())) {
            Held record = next.getValue();
            if (!assigned.contains(next.getKey())) {
                release(next.getKey());
            } else if (ready.get(next.getKey().topic()).test(record.record)) {
                released.add(next.getKey());
                release(next.getKey());
                logRelease(record);
            } else {
                warn(record);
            }
        }
        released.retainAll(assigned);
        released.removeAll(ownersPaused);
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
        long untilNanos = System.nanoTime() + MOMENT_NANOS;
        for (TopicPartition partition : records.partitions()) {
            Predicate<ConsumerRecord<byte[], byte[]>> isReady = ready.get(partition.topic());
            if (isReady == null) {
                continue;
            }
            List<ConsumerRecord<byte[], byte[]>> returned = records.records(partition);
            int count = countReady(returned, isReady, untilNanos);
            if (count < returned.size()) {
                cut.put(partition, returned.subList(0, count));
                held.put(partition, new Held(returned.get(count)));
                waiting.held(partition);
            }
        }
        return cut.isEmpty() ? records : withCut(records, cut, consumer);
    }

    /** Asks for all records, so that those which are not ready wait at the same time and not one after the other. */
    private static int countReady(
            List<ConsumerRecord<byte[], byte[]>> records,
            Predicate<ConsumerRecord<byte[], byte[]>> isReady,
            long untilNanos) {
        int count = countReady(records, isReady, 0);
        for (ConsumerRecord<byte[], byte[]> behind : records.subList(count, records.size())) {
            boolean unused = isReady.test(behind);
        }
        while (count < records.size() && System.nanoTime() - untilNanos < 0) {
            LockSupport.parkNanos(PARK_NANOS);
            count = countReady(records, isReady, count);
        }
        return count;
    }

    private static int countReady(
            List<ConsumerRecord<byte[], byte[]>> records, Predicate<ConsumerRecord<byte[], byte[]>> isReady, int from) {
        int count = from;
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
            byte[] value = waiting.record.value();
            LOG.warn(
                    "{}-{}@{} and what follows it wait, since {} s: it is not known yet what {} is.",
                    waiting.record.topic(),
                    waiting.record.partition(),
                    waiting.record.offset(),
                    Duration.ofNanos(nowNanos - waiting.sinceNanos).toSeconds(),
                    WireFormat.isMarked(value) ? "schema id " + WireFormat.id(value) : "the schema of this record");
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
