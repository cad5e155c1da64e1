package io.trueup.repair;

import io.trueup.source.WriteFormat;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Reads the values of write events back from a writes topic, by offset, on a thread of its own. Offering requests and polling
 * results does not block, so a stream thread can do both.
 *
 * <p>Every accepted request gets exactly one result, in no particular order, unless its partition is forgotten or the reader
 * is closed. This holds also if the offset is gone or the brokers are away. The reader survives broker outages; requests that
 * they delay beyond {@link ReadLimits#timeout} end as {@link ReadResult.Outcome#FAILED}.
 *
 * <p>Thread-safe.
 *
 * @param <T> type of the tickets
 */
public final class ValueReader<T> implements AutoCloseable {

    private static final long CLOSE_MS = 5000;

    /** Most of what is fetched after a seek is discarded: larger fetches make seeks slower, smaller ones make reading on slower. */
    private static final int FETCH_BYTES = 128 * 1024;

    private final ReadQueue<T> queue;
    private final ReadLoop<T> loop;
    private final Thread thread;

    /**
     * Starts the reader. It connects on the first request.
     *
     * @param consumerConfig client settings; group settings and all settings of reading are overridden
     * @param topic the writes topic
     * @param format format of its records
     * @throws org.apache.kafka.common.KafkaException if no consumer can be created from the configuration
     */
    public ValueReader(Map<String, Object> consumerConfig, String topic, WriteFormat format, ReadLimits limits) {
        Map<String, Object> config = config(consumerConfig, topic);
        Supplier<Consumer<byte[], byte[]>> consumers =
                () -> new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        queue = new ReadQueue<>(limits);
        loop = new ReadLoop<>(topic, format, queue, consumers);
        thread = new Thread(loop, "trueup-values-" + topic);
        thread.setDaemon(true);
        thread.start();
    }

    /** Accepts a request, or returns false if too many are under way: the caller may retry in a later round. */
    public boolean offer(ReadRequest<T> request) {
        return queue.offer(request, ReadLoop.nowMs());
    }

    /** Returns a result for a partition, or null if there is none now. */
    public ReadResult<T> poll(int partition) {
        return queue.poll(partition);
    }

    /** Drops all requests and results of a partition whose task has ended. */
    public void forget(int partition) {
        queue.forget(partition);
    }

    /** Returns the number of requests under way: offered, and their results not yet polled. */
    public int outstanding() {
        return queue.outstanding();
    }

    /** Drops all requests and results, and ends the thread. Waits at most a few seconds. */
    @Override
    public void close() {
        queue.close();
        loop.wakeUp();
        try {
            thread.join(CLOSE_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Map<String, Object> config(Map<String, Object> given, String topic) {
        Map<String, Object> config = new HashMap<>(given);
        config.putIfAbsent(ConsumerConfig.CLIENT_ID_CONFIG, "trueup-values-" + topic);
        config.remove(ConsumerConfig.GROUP_ID_CONFIG);
        config.remove(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG);
        config.remove(ConsumerConfig.GROUP_REMOTE_ASSIGNOR_CONFIG);
        config.put(ConsumerConfig.GROUP_PROTOCOL_CONFIG, "classic");
        config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        config.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        config.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        config.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, FETCH_BYTES);
        config.put(ConsumerConfig.FETCH_MIN_BYTES_CONFIG, 1);
        config.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, 100);
        return config;
    }
}
