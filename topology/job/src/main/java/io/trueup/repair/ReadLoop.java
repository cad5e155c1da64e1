package io.trueup.repair;

import io.trueup.avro.MalformedRecordException;
import io.trueup.repair.ReadQueue.Taken;
import io.trueup.repair.ReadResult.Outcome;
import io.trueup.source.Observation;
import io.trueup.source.WriteFormat;
import io.trueup.tree.Write;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.WakeupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The reading thread. It moves upwards through the requested offsets of each partition, all partitions at once. It reads on to
 * the next requested offset if that is near, and seeks to it if it is far.
 */
final class ReadLoop<T> implements Runnable {

    /** Beyond this distance a seek is faster than reading on; measured with records of a hundred bytes. */
    static final long SEEK_RECORDS = 1600;

    /** The same limit in bytes, for larger records. */
    static final long SEEK_BYTES = 256 * 1024;

    private static final Logger LOG = LoggerFactory.getLogger(ValueReader.class);
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration LOOKUP = Duration.ofSeconds(2);
    private static final Duration CLOSE = Duration.ofSeconds(1);
    private static final long IDLE_MS = 1000;
    private static final long STALLED_MS = 1000;
    private static final Duration MIN_REOPEN_AFTER = Duration.ofSeconds(1);
    private static final long MAX_REOPEN_AFTER_MS = 16_000;

    private static final Observation.Visitor<Write> STATED_WRITE = new StatedWrite();

    private final String topic;
    private final WriteFormat format;
    private final ReadQueue<T> queue;
    private final Supplier<Consumer<byte[], byte[]>> consumers;
    private final long minReopenAfterMs;
    private final Map<Integer, Cursor> cursors = new HashMap<>();
    private volatile Consumer<byte[], byte[]> consumer;
    private String lastError = "the brokers gave no answer";
    private long expiredAtMs;
    private long reopenAfterMs;

    /** The consumer's position in a partition. */
    private static final class Cursor {
        long position = -1;
        long movedAtMs;
        double recordBytes = 100;

        boolean isNear(long offset) {
            long gap = offset - position;
            return gap >= 0 && gap < SEEK_RECORDS && gap * recordBytes < SEEK_BYTES;
        }

        void moveTo(long offset, long nowMs) {
            position = offset;
            movedAtMs = nowMs;
        }
    }

    ReadLoop(String topic, WriteFormat format, ReadQueue<T> queue, Supplier<Consumer<byte[], byte[]>> consumers) {
        this(topic, format, queue, consumers, MIN_REOPEN_AFTER);
    }

    /** @param reopenAfter the pause after a first failure */
    ReadLoop(
            String topic,
            WriteFormat format,
            ReadQueue<T> queue,
            Supplier<Consumer<byte[], byte[]>> consumers,
            Duration reopenAfter) {
        this.minReopenAfterMs = reopenAfter.toMillis();
        this.reopenAfterMs = minReopenAfterMs;
        this.topic = topic;
        this.format = format;
        this.queue = queue;
        this.consumers = consumers;
        this.consumer = consumers.get();
    }

    static long nowMs() {
        return System.nanoTime() / 1_000_000;
    }

    /** Interrupts a wait for the brokers, after the queue was closed. */
    void wakeUp() {
        Consumer<byte[], byte[]> current = consumer;
        if (current != null) {
            current.wakeup();
        }
    }

    @Override
    public void run() {
        try {
            while (!queue.isClosed()) {
                try {
                    step();
                } catch (WakeupException e) {
                    LOG.debug("woken up: {}", topic);
                } catch (InterruptedException | InterruptException e) {
                    return;
                } catch (RuntimeException e) {
                    startOver(e);
                }
            }
        } finally {
            queue.close();
            closeConsumer();
        }
    }

    private void step() throws InterruptedException {
        expire();
        if (!queue.awaitWork(IDLE_MS)) {
            return;
        }
        if (consumer == null) {
            consumer = consumers.get();
        }
        follow(queue.partitions());
        if (cursors.isEmpty()) {
            return;
        }
        cursors.forEach(this::steer);
        try {
            settle(consumer.poll(POLL));
        } catch (OffsetOutOfRangeException e) {
            settleOutOfRange(e.offsetOutOfRangePartitions());
        }
        checkStalled();
    }

    private void follow(Set<Integer> partitions) {
        if (!cursors.keySet().equals(partitions)) {
            consumer.assign(partitions.stream().map(this::topicPartition).toList());
            cursors.keySet().retainAll(partitions);
            partitions.forEach(partition -> cursors.computeIfAbsent(partition, p -> new Cursor()));
        }
    }

    private void steer(int partition, Cursor cursor) {
        long next = queue.next(partition, cursor.position);
        if (cursor.position < 0 || next >= 0 && !cursor.isNear(next)) {
            long target = Math.max(next, 0);
            consumer.seek(topicPartition(partition), target);
            cursor.moveTo(target, nowMs());
        }
    }

    /** Answers every request between a cursor and the consumer's new position: its record was returned, or is gone. */
    private void settle(ConsumerRecords<byte[], byte[]> records) {
        records.nextOffsets().forEach((topicPartition, next) -> {
            Cursor cursor = cursors.get(topicPartition.partition());
            if (next.offset() > cursor.position) {
                List<ConsumerRecord<byte[], byte[]>> found = records.records(topicPartition);
                settle(queue.take(topicPartition.partition(), cursor.position, next.offset()), found);
                cursor.moveTo(next.offset(), nowMs());
                if (!found.isEmpty()) {
                    cursor.recordBytes = averageBytes(found);
                }
                reopenAfterMs = minReopenAfterMs;
            }
        });
    }

    private void settle(List<Taken<T>> requests, List<ConsumerRecord<byte[], byte[]>> records) {
        int i = 0;
        for (Taken<T> taken : requests) {
            long offset = taken.request().offset();
            while (i < records.size() && records.get(i).offset() < offset) {
                i++;
            }
            if (i < records.size() && records.get(i).offset() == offset) {
                answerFrom(taken, records.get(i));
            } else {
                answer(taken, Outcome.GONE, "compacted away or aborted");
            }
        }
    }

    private void answerFrom(Taken<T> taken, ConsumerRecord<byte[], byte[]> record) {
        try {
            Observation observation = format.decode(
                    record.key(),
                    record.value(),
                    record.headers(),
                    record.timestamp(),
                    record.offset(),
                    record.timestamp());
            Write write = observation.accept(STATED_WRITE);
            if (write == null) {
                answer(taken, Outcome.MISMATCH, "neither a write event nor a scanned row");
            } else {
                answerFrom(taken, write);
            }
        } catch (MalformedRecordException e) {
            answer(taken, Outcome.MISMATCH, e.getMessage());
        }
    }

    private void answerFrom(Taken<T> taken, Write write) {
        ReadRequest<T> request = taken.request();
        if (!Arrays.equals(write.key(), request.key())) {
            answer(taken, Outcome.MISMATCH, "another key");
        } else if (write.version() != request.version()) {
            answer(taken, Outcome.MISMATCH, "version " + write.version() + " instead of " + request.version());
        } else if (write.deleted()) {
            answer(taken, Outcome.DELETED, null);
        } else if (write.value() == null) {
            answer(taken, Outcome.NO_VALUE, null);
        } else {
            queue.answer(taken, Outcome.VALUE, write.value(), null, nowMs());
        }
    }

    private void settleOutOfRange(Map<TopicPartition, Long> positions) {
        Map<TopicPartition, Long> starts = consumer.beginningOffsets(positions.keySet(), LOOKUP);
        positions.forEach((topicPartition, position) -> {
            int partition = topicPartition.partition();
            long start = starts.get(topicPartition);
            for (Taken<T> taken : queue.take(partition, 0, start)) {
                answer(taken, Outcome.GONE, "below the start of the log");
            }
            if (position >= start) {
                failBeyond(partition, position);
            }
            cursors.get(partition).position = -1;
        });
    }

    /**
     * Fails requests beyond the end of the log, where a fetch never returns anything: the log was truncated, or the topic was
     * created again.
     */
    private void checkStalled() {
        Set<TopicPartition> stalled = cursors.entrySet().stream()
                .filter(cursor -> nowMs() - cursor.getValue().movedAtMs >= STALLED_MS)
                .map(cursor -> topicPartition(cursor.getKey()))
                .collect(Collectors.toSet());
        if (stalled.isEmpty()) {
            return;
        }
        stalled.forEach(topicPartition -> cursors.get(topicPartition.partition()).movedAtMs = nowMs());
        consumer.endOffsets(stalled, LOOKUP)
                .forEach((topicPartition, end) -> failBeyond(topicPartition.partition(), end));
    }

    private void failBeyond(int partition, long end) {
        for (Taken<T> taken : queue.take(partition, end, Long.MAX_VALUE)) {
            answer(taken, Outcome.FAILED, "beyond the end of the log, " + end);
        }
    }

    private void answer(Taken<T> taken, Outcome outcome, String note) {
        queue.answer(taken, outcome, null, note, nowMs());
    }

    private void expire() {
        long nowMs = nowMs();
        if (nowMs - expiredAtMs >= IDLE_MS / 4) {
            expiredAtMs = nowMs;
            queue.expire(nowMs, "not read in time: " + lastError);
        }
    }

    private void startOver(RuntimeException e) {
        lastError = e.getMessage() == null ? e.toString() : e.getMessage();
        queue.failTaken(lastError, nowMs());
        if (e instanceof TimeoutException) {
            LOG.debug("no answer about {}", topic, e);
            return;
        }
        LOG.warn("reading values back from {} failed; trying again in {} ms", topic, reopenAfterMs, e);
        closeConsumer();
        try {
            queue.pause(reopenAfterMs);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        reopenAfterMs = Math.min(2 * reopenAfterMs, MAX_REOPEN_AFTER_MS);
    }

    private void closeConsumer() {
        cursors.clear();
        Consumer<byte[], byte[]> current = consumer;
        consumer = null;
        if (current != null) {
            try {
                current.close(CloseOptions.timeout(CLOSE));
            } catch (KafkaException e) {
                LOG.debug("closing the reader of {} failed", topic, e);
            }
        }
    }

    private static double averageBytes(List<ConsumerRecord<byte[], byte[]>> records) {
        long bytes = 0;
        for (ConsumerRecord<byte[], byte[]> record : records) {
            bytes += Math.max(record.serializedKeySize(), 0) + Math.max(record.serializedValueSize(), 0);
        }
        return (double) bytes / records.size();
    }

    private TopicPartition topicPartition(int partition) {
        return new TopicPartition(topic, partition);
    }

    /** Returns the entry that an observation states, or null if it states none. */
    private static final class StatedWrite implements Observation.Visitor<Write> {

        @Override
        public Write observed(Observation.Observed observed) {
            return observed.write();
        }

        @Override
        public Write progress(Observation.Progress progress) {
            return null;
        }

        @Override
        public Write scanStarted(Observation.ScanStarted started) {
            return null;
        }

        @Override
        public Write scanned(Observation.Scanned scanned) {
            return scanned.write();
        }

        @Override
        public Write scanEnded(Observation.ScanEnded ended) {
            return null;
        }

        @Override
        public Write unrelated(Observation.Unrelated unrelated) {
            return null;
        }
    }
}
