package io.trueup.topic;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.serialization.ByteBufferDeserializer;

/**
 * How to reach a Kafka cluster. Replicas of equal properties share clients. Immutable.
 *
 * @param admin properties of an admin client
 * @param consumer properties of a consumer; settings that a reader needs override them
 */
public record Cluster(Map<String, Object> admin, Map<String, Object> consumer) {

    private static final int MAX_POLL_RECORDS = 5_000;
    /** Only the last fetch of a range finds nothing, and the next read waits for its answer. */
    private static final int FETCH_MAX_WAIT_MS = 20;
    /** Fetched records of one partition stay in memory while those of another are processed. */
    private static final long MAX_FETCH_BYTES = 4 << 20;

    private static final long MIN_FETCH_BYTES = 1 << 20;
    private static final int FETCHES_IN_HEAP = 512;

    private static final int OPERATING_SYSTEM_DEFAULT = -1;

    public Cluster {
        admin = Map.copyOf(admin);
        consumer = Map.copyOf(consumer);
    }

    /**
     * Consumer properties of the user, with those that make a reader harmless over them: no group, no commits, no topics created by
     * a request.
     */
    public Map<String, Object> consumerProperties(String clientId) {
        Map<String, Object> properties = new HashMap<>(consumer);
        properties.putIfAbsent(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, MAX_POLL_RECORDS);
        properties.putIfAbsent(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, FETCH_MAX_WAIT_MS);
        properties.putIfAbsent(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, partitionFetchBytes());
        properties.putIfAbsent(ConsumerConfig.RECEIVE_BUFFER_CONFIG, OPERATING_SYSTEM_DEFAULT);
        properties.put(ConsumerConfig.CLIENT_ID_CONFIG, clientId);
        properties.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteBufferDeserializer.class);
        properties.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteBufferDeserializer.class);
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        properties.remove(CommonClientConfigs.GROUP_ID_CONFIG);
        properties.remove(CommonClientConfigs.GROUP_INSTANCE_ID_CONFIG);
        return properties;
    }

    private static int partitionFetchBytes() {
        long share = Runtime.getRuntime().maxMemory() / FETCHES_IN_HEAP;
        return (int) Math.max(MIN_FETCH_BYTES, Math.min(MAX_FETCH_BYTES, share));
    }

    /** The bootstrap servers. Never more than that: properties may hold passwords. */
    @Override
    public String toString() {
        return String.valueOf(admin.get(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG));
    }
}
