package io.trueup.ops.key;

import io.trueup.config.TrueupConfig;
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;

/**
 * A consumer for a {@link TailReader}, for one request.
 *
 * @param consumer the consumer
 */
public record TailConsumer(Consumer<byte[], byte[]> consumer) implements AutoCloseable {

    /** No more records are read after this time. */
    public static final Duration TIME = Duration.ofSeconds(4);

    /** So long brokers may take to answer. */
    public static final Duration BROKER_TIMEOUT = Duration.ofSeconds(5);

    private static final Duration CLOSE = Duration.ofSeconds(1);
    private static final int FETCH_BYTES = 1 << 20;

    /**
     * Opens one.
     *
     * @param use the end of its client id
     */
    public static TailConsumer open(TrueupConfig config, String use) {
        Map<String, Object> properties = config.consumerProperties();
        properties.put(CommonClientConfigs.CLIENT_ID_CONFIG, "trueup-" + config.dataset() + "-" + use);
        properties.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) BROKER_TIMEOUT.toMillis());
        properties.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, FETCH_BYTES);
        properties.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, 2 * FETCH_BYTES);
        return new TailConsumer(new KafkaConsumer<>(properties));
    }

    @Override
    public void close() {
        consumer.close(CloseOptions.timeout(CLOSE));
    }
}
