package io.trueup.bench.latency;

import io.trueup.avro.SingleObjectCodec;
import io.trueup.schema.HeaderNames;
import io.trueup.schema.WriteEvent;
import io.trueup.source.TrueupHeaders;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Sends write events of replicas. Thread-safe. */
final class WriteEvents implements AutoCloseable {

    private static final SingleObjectCodec<WriteEvent> CODEC = SingleObjectCodec.of(WriteEvent.class);

    private final String format;
    private final KafkaProducer<byte[], byte[]> producer;
    private final AtomicReference<Exception> failed = new AtomicReference<>();

    WriteEvents(String bootstrapServers, String format) {
        this.format = format;
        producer = new KafkaProducer<>(
                Map.of(
                        ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrapServers,
                        ProducerConfig.LINGER_MS_CONFIG,
                        0,
                        ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION,
                        1),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    /**
     * An entry as a write event says it.
     *
     * @param repairId the repair that it answers, or null
     */
    record Entry(byte[] key, byte[] value, long version, long positionMs, String repairId) {}

    /** @param appended takes the append time, on another thread */
    void send(String topic, int partition, Entry entry, LongConsumer appended) {
        var unused = producer.send(record(topic, partition, entry), (sent, failure) -> {
            if (failure != null) {
                failed.compareAndSet(null, failure);
            } else {
                appended.accept(sent.timestamp());
            }
        });
    }

    /** @throws IllegalStateException if an event has not reached the broker: a loss that nobody has planted */
    void check() {
        if (failed.get() != null) {
            throw new IllegalStateException("a write event was not sent: " + failed.get(), failed.get());
        }
    }

    void flush() {
        producer.flush();
        check();
    }

    private ProducerRecord<byte[], byte[]> record(String topic, int partition, Entry entry) {
        if (format.equals("plain")) {
            ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(topic, partition, entry.key(), entry.value());
            TrueupHeaders.add(record.headers(), HeaderNames.VERSION, entry.version());
            TrueupHeaders.add(record.headers(), HeaderNames.POSITION, entry.positionMs());
            if (entry.repairId() != null) {
                TrueupHeaders.add(record.headers(), HeaderNames.REPAIR_ID, entry.repairId());
            }
            return record;
        }
        WriteEvent event = WriteEvent.newBuilder()
                .setVersion(entry.version())
                .setPosition(entry.positionMs())
                .setValue(ByteBuffer.wrap(entry.value()))
                .setRepairId(entry.repairId())
                .build();
        return new ProducerRecord<>(topic, partition, entry.key(), CODEC.encode(topic, event));
    }

    @Override
    public void close() {
        producer.close();
    }
}
