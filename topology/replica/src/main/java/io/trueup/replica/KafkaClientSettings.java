package io.trueup.replica;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.SslConfigs;

/**
 * The settings of the replica's Kafka clients: those of the configuration ({@code kafka.*}), and those on which the replica depends to lose
 * no write. Immutable.
 */
final class KafkaClientSettings {

    /** Settings that cannot be configured: the replica depends on them to lose no write, or they have a key of their own. */
    private static final Set<String> RESERVED = Set.of(
            ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
            ProducerConfig.ACKS_CONFIG,
            ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
            ProducerConfig.TRANSACTIONAL_ID_CONFIG,
            ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG,
            ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG,
            ConsumerConfig.GROUP_ID_CONFIG,
            ConsumerConfig.GROUP_PROTOCOL_CONFIG,
            ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
            ConsumerConfig.ISOLATION_LEVEL_CONFIG,
            ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
            ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
            ConsumerConfig.MAX_POLL_RECORDS_CONFIG,
            ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG,
            ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG);

    private static final Set<String> FILES =
            Set.of(SslConfigs.SSL_TRUSTSTORE_LOCATION_CONFIG, SslConfigs.SSL_KEYSTORE_LOCATION_CONFIG);

    private final Map<String, Object> configured;
    private final String bootstrapServers;
    private final String groupId;
    private final int maxPollRecords;

    /**
     * @param settings the whole configuration of the replica, by key
     * @param bootstrapServers brokers, as host:port, separated by commas
     * @param groupId the consumer group
     * @param maxPollRecords maximum number of records that one poll returns
     * @throws ConfigException if a reserved setting is configured; names the key
     */
    KafkaClientSettings(Map<String, String> settings, String bootstrapServers, String groupId, int maxPollRecords) {
        this.configured = configured(settings);
        this.bootstrapServers = bootstrapServers;
        this.groupId = groupId;
        this.maxPollRecords = maxPollRecords;
    }

    Map<String, Object> consumer() {
        Map<String, Object> settings = client(ConsumerConfig.configNames());
        settings.put(ConsumerConfig.GROUP_ID_CONFIG, groupId);
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, maxPollRecords);
        settings.put(ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG, RangeAssignor.class.getName());
        return settings;
    }

    Map<String, Object> producer() {
        Map<String, Object> settings = client(ProducerConfig.configNames());
        settings.put(ProducerConfig.ACKS_CONFIG, "all");
        settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        return settings;
    }

    Map<String, Object> admin() {
        return client(AdminClientConfig.configNames());
    }

    /** The configured settings that a client knows, and those that no client knows: they may be for plug-ins. */
    private Map<String, Object> client(Set<String> known) {
        Map<String, Object> settings = new HashMap<>();
        configured.forEach((key, value) -> {
            boolean foreign = ConsumerConfig.configNames().contains(key)
                    || ProducerConfig.configNames().contains(key);
            if (known.contains(key) || !foreign) {
                settings.put(key, value);
            }
        });
        settings.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
        return settings;
    }

    private static Map<String, Object> configured(Map<String, String> settings) {
        Map<String, Object> configured = new HashMap<>();
        settings.forEach((key, value) -> {
            if (key.startsWith(ReplicaConfig.KAFKA_PREFIX)) {
                String setting = key.substring(ReplicaConfig.KAFKA_PREFIX.length());
                if (RESERVED.contains(setting)) {
                    throw new ConfigException(key + " cannot be set: the replica sets it itself");
                }
                checkFile(key, setting, value);
                configured.put(setting, value);
            }
        });
        return configured;
    }

    /** The clients would say only that they cannot be made. */
    private static void checkFile(String key, String setting, String value) {
        if (FILES.contains(setting) && !isReadableFile(value.strip())) {
            throw new ConfigException(key, value, "there is no such file, or this process may not read it");
        }
    }

    private static boolean isReadableFile(String path) {
        try {
            return Files.isRegularFile(Path.of(path)) && Files.isReadable(Path.of(path));
        } catch (InvalidPathException e) {
            return false;
        }
    }
}
