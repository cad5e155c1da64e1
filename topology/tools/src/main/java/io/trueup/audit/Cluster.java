package io.trueup.audit;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.serialization.ByteBufferDeserializer;

/**
 * How to reach a Kafka cluster. Replicas of equal properties share clients. Immutable.
 *
 * @param admin properties of an admin client
 * @param consumer properties of a consumer; what an audit needs of it is set in any case
 */
public record Cluster(Map<String, Object> admin, Map<String, Object> consumer) {

    private static final int RECORDS_AT_ONCE = 5_000;
    /** Only the last fetch of a stretch finds nothing, and what is read next waits for its answer. */
    private static final int FETCH_MAX_WAIT_MS = 20;
    /** What one partition sends while the records of another are taken has to fit somewhere. */
    private static final long MOST_FETCH_BYTES = 4 << 20;

    private static final long LEAST_FETCH_BYTES = 1 << 20;
    private static final int FETCHES_IN_HEAP = 512;

    private static final int AS_THE_SYSTEM_SEES_FIT = -1;

    public Cluster {
        admin = Map.copyOf(admin);
        consumer = Map.copyOf(consumer);
    }

    /** What the user set, and over it what makes a reader harmless: no group, no commits, no topics made by asking. */
    public Map<String, Object> consumerProperties(String clientId) {
        Map<String, Object> properties = new HashMap<>(consumer);
        properties.putIfAbsent(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, RECORDS_AT_ONCE);
        properties.putIfAbsent(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, FETCH_MAX_WAIT_MS);
        properties.putIfAbsent(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, partitionFetchBytes());
        properties.putIfAbsent(ConsumerConfig.RECEIVE_BUFFER_CONFIG, AS_THE_SYSTEM_SEES_FIT);
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
        return (int) Math.max(LEAST_FETCH_BYTES, Math.min(MOST_FETCH_BYTES, share));
    }

    /** The brokers asked first. Never more than that: properties may hold passwords. */
    @Override
    public String toString() {
        return String.valueOf(admin.get(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG));
    }
}
