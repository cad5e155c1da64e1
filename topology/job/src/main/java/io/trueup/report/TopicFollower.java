package io.trueup.report;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.TopicPartition;

/**
 * A thread that reads a topic from a time on, with a consumer of its own and without a group. If the topic cannot be read, it tries again
 * every second until it is closed; that is so for errors of Java, too, since nothing else would notice that the thread has ended.
 * Thread-safe.
 */
public abstract class TopicFollower implements AutoCloseable {

    private static final long RETRY_AFTER_MS = 1_000;
    private static final long STOPS_WITHIN_MS = 10_000;

    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread;
    private volatile Consumer<byte[], byte[]> consumer;

    /** @param name of the thread */
    protected TopicFollower(String name) {
        thread = new Thread(this::run, name);
        thread.setDaemon(true);
    }

    /** Begins to read. */
    public final void start() {
        thread.start();
    }

    /** Opens a consumer, and reads while the follower {@link #isClosing is not closing}. Called again after a failure. */
    protected abstract void follow();

    /** Takes note that the topic cannot be read now. */
    protected abstract void failed(Throwable failure);

    /** Whether the thread is to end. */
    protected final boolean isClosing() {
        return closing.getCount() == 0;
    }

    /**
     * Assigns all partitions of a topic to the consumer, and goes to their first records since a time.
     *
     * @param opened the consumer of this attempt; {@link #close} wakes it up
     * @return the ends of the partitions
     */
    protected final Map<TopicPartition, Long> seek(Consumer<byte[], byte[]> opened, String topic, long sinceMs) {
        consumer = opened;
        List<TopicPartition> partitions = opened.partitionsFor(topic).stream()
                .map(info -> new TopicPartition(topic, info.partition()))
                .toList();
        opened.assign(partitions);
        Map<TopicPartition, Long> ends = new HashMap<>(opened.endOffsets(partitions));
        ends.forEach(opened::seek);
        Map<TopicPartition, Long> wanted = new HashMap<>();
        partitions.forEach(partition -> wanted.put(partition, sinceMs));
        opened.offsetsForTimes(wanted).forEach((partition, found) -> {
            if (found != null) {
                opened.seek(partition, found.offset());
            }
        });
        return ends;
    }

    private void run() {
        while (!isClosing()) {
            try {
                follow();
            } catch (RuntimeException | Error e) {
                if (!isClosing()) {
                    failed(e);
                    pause();
                }
            }
        }
    }

    private void pause() {
        try {
            boolean unused = closing.await(RETRY_AFTER_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            closing.countDown();
        }
    }

    /** Stops reading and waits for that. */
    @Override
    public final void close() {
        closing.countDown();
        Consumer<byte[], byte[]> current = consumer;
        if (current != null) {
            current.wakeup();
        }
        try {
            thread.join(STOPS_WITHIN_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
