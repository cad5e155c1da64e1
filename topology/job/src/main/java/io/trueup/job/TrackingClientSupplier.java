package io.trueup.job;

import io.trueup.registry.HoldBack;
import io.trueup.registry.WaitingRecords;
import io.trueup.stream.ConsumerPositions;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Predicate;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.KafkaClientSupplier;

/**
 * The clients of one Kafka Streams instance: the standard ones, except that the stream threads' consumers remember how far
 * they have read, and hold back records that cannot be decoded yet. The positions are those of the consumer of the calling stream thread.
 */
final class TrackingClientSupplier implements KafkaClientSupplier, ConsumerPositions {

    private final Map<String, Predicate<ConsumerRecord<byte[], byte[]>>> ready;
    private final WaitingRecords waiting;

    /**
     * @param ready by topic, whether a record can be decoded; see {@link HoldBack}
     * @param waiting receives what is held back
     */
    TrackingClientSupplier(Map<String, Predicate<ConsumerRecord<byte[], byte[]>>> ready, WaitingRecords waiting) {
        this.ready = ready;
        this.waiting = waiting;
    }

    @Override
    public Admin getAdmin(Map<String, Object> config) {
        return Admin.create(config);
    }

    @Override
    public Producer<byte[], byte[]> getProducer(Map<String, Object> config) {
        return new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
    }

    @Override
    public Consumer<byte[], byte[]> getConsumer(Map<String, Object> config) {
        return new TrackingConsumer(config, new HoldBack(ready, waiting));
    }

    @Override
    public Consumer<byte[], byte[]> getRestoreConsumer(Map<String, Object> config) {
        return plainConsumer(config);
    }

    @Override
    public Consumer<byte[], byte[]> getGlobalConsumer(Map<String, Object> config) {
        return plainConsumer(config);
    }

    private static Consumer<byte[], byte[]> plainConsumer(Map<String, Object> config) {
        return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    @Override
    public long readTo(TopicPartition partition) {
        TrackingConsumer consumer = TrackingConsumer.ofThisThread();
        return consumer == null ? UNKNOWN : consumer.readTo(partition);
    }

    @Override
    public long lastReturned(TopicPartition partition) {
        TrackingConsumer consumer = TrackingConsumer.ofThisThread();
        return consumer == null ? UNKNOWN : consumer.lastReturned(partition);
    }

    @Override
    public void rewind(TopicPartition partition, long offset) {
        TrackingConsumer consumer = TrackingConsumer.ofThisThread();
        if (consumer == null) {
            throw new IllegalStateException("no consumer of this thread was polled yet, so " + partition
                    + " cannot be read again from offset " + offset);
        }
        consumer.rewind(partition, offset);
    }

    @Override
    public OptionalLong takeInvalid(TopicPartition partition) {
        TrackingConsumer consumer = TrackingConsumer.ofThisThread();
        return consumer == null ? OptionalLong.empty() : consumer.takeInvalid(partition);
    }
}
