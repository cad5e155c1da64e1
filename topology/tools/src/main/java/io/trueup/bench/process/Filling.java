package io.trueup.bench.process;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.trueup.schema.HeaderNames;
import io.trueup.source.TrueupHeaders;
import java.time.Duration;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Fills the writes topics of all replicas with the same plain records.
 *
 * @param keys number of keys
 * @param recordsPerKey records of each key: all keys once, then all keys again, and so on
 * @param valueBytes length of a value of random bytes
 */
public record Filling(int keys, int recordsPerKey, int valueBytes) {

    private static final int PRODUCER_BATCH_BYTES = 256 * 1024;
    private static final long UPDATE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    /** Writes everything, and waits until the broker has it. */
    public void write(String bootstrapServers, BenchDataset dataset) {
        SplittableRandom random = new SplittableRandom(1);
        try (Writer writer = new Writer(bootstrapServers, dataset)) {
            for (int pass = 1; pass <= recordsPerKey; pass++) {
                for (int key = 0; key < keys; key++) {
                    writer.write(key, value(random), pass);
                }
            }
            writer.flush();
        }
    }

    /** Writes further records of random keys for some time, about a thousand a second, and waits until the broker has them. */
    public void update(String bootstrapServers, BenchDataset dataset, Duration time) {
        SplittableRandom random = new SplittableRandom();
        long endNanos = System.nanoTime() + time.toNanos();
        try (Writer writer = new Writer(bootstrapServers, dataset)) {
            while (System.nanoTime() < endNanos) {
                writer.write(random.nextInt(keys), value(random), System.currentTimeMillis());
                LockSupport.parkNanos(UPDATE_NANOS);
            }
            writer.flush();
        }
    }

    private byte[] value(SplittableRandom random) {
        byte[] value = new byte[valueBytes];
        random.nextBytes(value);
        return value;
    }

    /** Writes to all replicas. */
    private static final class Writer implements AutoCloseable {

        private final BenchDataset dataset;
        private final KafkaProducer<byte[], byte[]> producer;
        private final AtomicReference<Exception> failed = new AtomicReference<>();

        Writer(String bootstrapServers, BenchDataset dataset) {
            this.dataset = dataset;
            Map<String, Object> properties = Map.of(
                    ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                    bootstrapServers,
                    // a new topic's leader may refuse a first batch and accept the second, and records then stay in the
                    // wrong order
                    ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION,
                    1,
                    ProducerConfig.LINGER_MS_CONFIG,
                    50,
                    ProducerConfig.BATCH_SIZE_CONFIG,
                    PRODUCER_BATCH_BYTES);
            producer = new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
        }

        void write(int key, byte[] value, long version) {
            long positionMs = System.currentTimeMillis();
            for (String replica : dataset.replicas()) {
                ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(
                        dataset.writes(replica), key % dataset.partitions(), ("order-" + key).getBytes(UTF_8), value);
                TrueupHeaders.add(record.headers(), HeaderNames.VERSION, version);
                TrueupHeaders.add(record.headers(), HeaderNames.POSITION, positionMs);
                var unused = producer.send(record, (sent, failure) -> {
                    if (failure != null) {
                        failed.compareAndSet(null, failure);
                    }
                });
            }
        }

        void flush() {
            producer.flush();
            if (failed.get() != null) {
                throw new IllegalStateException("cannot fill the topics: " + failed.get(), failed.get());
            }
        }

        @Override
        public void close() {
            producer.close();
        }
    }
}
