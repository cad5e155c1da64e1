package io.trueup.demo.feed;

import io.trueup.schema.HeaderNames;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Writes to the feed topic, from which all replicas read the writes that they apply. Thread-safe. */
public final class Feed implements AutoCloseable {

    private final String topic;
    private final KafkaProducer<byte[], byte[]> producer;
    private final AtomicReference<Exception> failure = new AtomicReference<>();
    private final AtomicLong sent = new AtomicLong();
    private final Map<String, Long> firstWrittenMs = new ConcurrentHashMap<>();
    private volatile boolean recordingWriteTimes;

    public Feed(String bootstrapServers, String topic) {
        this.topic = topic;
        producer = new KafkaProducer<>(
                Map.of(
                        ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrapServers,
                        ProducerConfig.LINGER_MS_CONFIG,
                        5,
                        ProducerConfig.BATCH_SIZE_CONFIG,
                        1 << 18),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    /**
     * Writes a key into the partition that Kafka's default partitioner chooses.
     *
     * @param value the new value; null deletes the key
     */
    public void write(String key, byte[] value) {
        send(new ProducerRecord<>(topic, key.getBytes(StandardCharsets.UTF_8), value));
    }

    /**
     * Writes a key that expires.
     *
     * @param expiryMs time of expiry in ms since the epoch
     */
    public void write(String key, byte[] value, long expiryMs) {
        ProducerRecord<byte[], byte[]> record =
                new ProducerRecord<>(topic, key.getBytes(StandardCharsets.UTF_8), value);
        record.headers().add(HeaderNames.EXPIRY, Long.toString(expiryMs).getBytes(StandardCharsets.UTF_8));
        send(record);
    }

    private void send(ProducerRecord<byte[], byte[]> record) {
        rethrow();
        if (recordingWriteTimes) {
            firstWrittenMs.putIfAbsent(new String(record.key(), StandardCharsets.UTF_8), System.currentTimeMillis());
        }
        var unused = producer.send(record, (metadata, e) -> {
            if (e != null) {
                failure.compareAndSet(null, e);
            }
        });
        sent.incrementAndGet();
    }

    /** Waits until the broker has acknowledged all writes. */
    public void flush() {
        producer.flush();
        rethrow();
    }

    /** Records from now on when each key is first written. */
    public void recordWriteTimes() {
        recordingWriteTimes = true;
    }

    /** Time of the first write of a key since {@link #recordWriteTimes}; {@link Long#MAX_VALUE} if there was none. */
    public long firstWrittenMs(String key) {
        return firstWrittenMs.getOrDefault(key, Long.MAX_VALUE);
    }

    /** Number of writes so far. */
    public long sent() {
        return sent.get();
    }

    private void rethrow() {
        if (failure.get() != null) {
            throw new IllegalStateException("cannot write to " + topic, failure.get());
        }
    }

    @Override
    public void close() {
        producer.close(Duration.ofSeconds(2));
    }
}
