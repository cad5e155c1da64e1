package io.trueup.demo;

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

/** Writes to the feed topic, from which all replicas are fed. Thread-safe. */
final class Feed implements AutoCloseable {

    private final KafkaProducer<byte[], byte[]> producer;
    private final AtomicReference<Exception> failure = new AtomicReference<>();
    private final AtomicLong sent = new AtomicLong();
    private final Map<String, Long> firstWritten = new ConcurrentHashMap<>();
    private volatile boolean remembering;

    Feed(String bootstrapServers) {
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
     * Writes a key; its partition is that of Kafka's default partitioner.
     *
     * @param value null deletes the key
     */
    void write(String key, byte[] value) {
        send(new ProducerRecord<>(Topics.FEED, key.getBytes(StandardCharsets.UTF_8), value));
    }

    /**
     * Writes a key that is to expire.
     *
     * @param expiryMs when
     */
    void write(String key, byte[] value, long expiryMs) {
        ProducerRecord<byte[], byte[]> record =
                new ProducerRecord<>(Topics.FEED, key.getBytes(StandardCharsets.UTF_8), value);
        record.headers().add(HeaderNames.EXPIRY, Long.toString(expiryMs).getBytes(StandardCharsets.UTF_8));
        send(record);
    }

    private void send(ProducerRecord<byte[], byte[]> record) {
        rethrow();
        if (remembering) {
            firstWritten.putIfAbsent(new String(record.key(), StandardCharsets.UTF_8), System.currentTimeMillis());
        }
        var unused = producer.send(record, (metadata, e) -> {
            if (e != null) {
                failure.compareAndSet(null, e);
            }
        });
        sent.incrementAndGet();
    }

    /** Waits until the broker has everything. */
    void flush() {
        producer.flush();
        rethrow();
    }

    /** Remembers from now on when each key is first written. */
    void remember() {
        remembering = true;
    }

    /** When a key was first written since {@link #remember}; never: {@link Long#MAX_VALUE}. */
    long firstWrittenMs(String key) {
        return firstWritten.getOrDefault(key, Long.MAX_VALUE);
    }

    /** Number of writes so far. */
    long sent() {
        return sent.get();
    }

    private void rethrow() {
        if (failure.get() != null) {
            throw new IllegalStateException("cannot write to " + Topics.FEED, failure.get());
        }
    }

    @Override
    public void close() {
        producer.close(Duration.ofSeconds(2));
    }
}
