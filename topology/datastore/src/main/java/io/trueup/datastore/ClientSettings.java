package io.trueup.datastore;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.ConfigDef;

/** The settings of the Kafka clients: those of the user, and those without which writes or repairs would be lost. */
final class ClientSettings {

    private static final Map<String, Object> PRODUCER =
            Map.of(ProducerConfig.ACKS_CONFIG, "all", ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);

    /** No call waits for minutes for brokers that cannot be reached. */
    private static final Map<String, Object> PRODUCER_DEFAULTS = Map.of(
            ProducerConfig.MAX_BLOCK_MS_CONFIG, 10_000,
            ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 10_000,
            ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 30_000);

    private static final Map<String, Object> CONSUMER = Map.of(
            ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false,
            ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed",
            ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");

    /** A slow datastore has time for all of them within {@code max.poll.interval.ms}. */
    private static final int MAX_POLL_RECORDS = 100;

    /** Kafka's own. */
    private static final int DEFAULT_MAX_REQUEST_BYTES = 1024 * 1024;

    private ClientSettings() {}

    /** @throws IllegalArgumentException if a setting has a value that loses events; names it */
    static Map<String, Object> producer(Map<String, ?> kafka) {
        if (kafka.containsKey(ProducerConfig.TRANSACTIONAL_ID_CONFIG)) {
            throw new IllegalArgumentException(ProducerConfig.TRANSACTIONAL_ID_CONFIG
                    + " cannot be set: write events are sent without transactions");
        }
        Map<String, Object> settings = new HashMap<>(PRODUCER_DEFAULTS);
        settings.putAll(with(kafka, PRODUCER));
        settings.keySet()
                .removeIf(key -> ConsumerConfig.configNames().contains(key)
                        && !ProducerConfig.configNames().contains(key));
        return settings;
    }

    /** @throws IllegalArgumentException if there is no group, or if a setting has a value that loses repairs; names it */
    static Map<String, Object> consumer(Map<String, ?> kafka) {
        if (!kafka.containsKey(ConsumerConfig.GROUP_ID_CONFIG)) {
            throw new IllegalArgumentException(ConsumerConfig.GROUP_ID_CONFIG
                    + " is not set: the instances of a replica share one consumer group");
        }
        Map<String, Object> settings = with(kafka, CONSUMER);
        settings.putIfAbsent(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, MAX_POLL_RECORDS);
        settings.keySet()
                .removeIf(key -> ProducerConfig.configNames().contains(key)
                        && !ConsumerConfig.configNames().contains(key));
        return settings;
    }

    /** The largest request of a producer with these settings, in bytes. */
    static int maxRequestBytes(Map<String, Object> producer) {
        Object given = producer.getOrDefault(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, DEFAULT_MAX_REQUEST_BYTES);
        return (int) ConfigDef.parseType(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, given, ConfigDef.Type.INT);
    }

    private static Map<String, Object> with(Map<String, ?> kafka, Map<String, Object> fixed) {
        Map<String, Object> settings = new HashMap<>(kafka);
        fixed.forEach((key, value) -> {
            Object given = settings.put(key, value);
            if (given != null && !given.toString().equals(value.toString())) {
                throw new IllegalArgumentException(key + " is " + value + " and cannot be set to " + given);
            }
        });
        return settings;
    }
}
