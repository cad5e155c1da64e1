package io.trueup.config;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.StreamsConfig;

/** The properties of all Kafka clients: those that Trueup needs, and defaults that the user can change. */
final class KafkaProperties {

    /** Space for key, headers and envelope of a repair beside its value. */
    static final int ENVELOPE_BYTES = 64 * 1024;

    /**
     * There are no global stores: true only prevents a warning of Kafka Streams about them at every start. Its assignor reads
     * the settings once more, through the main consumer.
     */
    private static final String GLOBAL_STORE_HANDLER = "processing.exception.handler.global.enabled";

    private static final String READ_COMMITTED = "read_committed";

    /** Brokers refuse a record whose own timestamp lies too far from their clocks. */
    private static final String BROKERS_TIME = TimestampType.LOG_APPEND_TIME.name;

    /** Bounds the time of a hop: the producer sends the records of a task after this time. */
    private static final int LINGER_MS = 5;

    /** Bounds how late a punctuator runs on an idle partition. */
    private static final int POLL_MS = 50;

    /** Repeated updates of an entry between two commits share one changelog record. */
    private static final int COMMIT_INTERVAL_MS = 10_000;

    /** Shorter, because repairs and control messages are visible only after a commit. */
    private static final int COMMIT_INTERVAL_EXACTLY_ONCE_MS = 1_000;

    private final Values values;
    private final PassThrough passThrough;

    KafkaProperties(Values values, PassThrough passThrough) {
        this.values = values;
        this.passThrough = passThrough;
    }

    String applicationId(String replica) {
        return "trueup-" + values.text(Keys.DATASET) + "-" + replica;
    }

    Map<String, Object> streams(String replica) {
        Map<String, Object> properties = common();
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, applicationId(replica));
        properties.put(StreamsConfig.CLIENT_ID_CONFIG, applicationId(replica));
        properties.put(StreamsConfig.STATE_DIR_CONFIG, values.text(Keys.STATE_DIR));
        properties.put(StreamsConfig.ENSURE_EXPLICIT_INTERNAL_RESOURCE_NAMING_CONFIG, true);
        properties.put(GLOBAL_STORE_HANDLER, true);
        properties.put(StreamsConfig.mainConsumerPrefix(GLOBAL_STORE_HANDLER), true);
        properties.put(StreamsConfig.ERRORS_DEAD_LETTER_QUEUE_TOPIC_NAME_CONFIG, values.text(Keys.DEAD_LETTER_TOPIC));
        properties.put(StreamsConfig.consumerPrefix(ConsumerConfig.ISOLATION_LEVEL_CONFIG), READ_COMMITTED);
        properties.put(StreamsConfig.producerPrefix(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG), true);
        properties.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, values.number(Keys.TOPICS_REPLICATION_FACTOR));
        properties.put(StreamsConfig.topicPrefix(TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG), BROKERS_TIME);
        properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.AT_LEAST_ONCE);
        properties.put(StreamsConfig.POLL_MS_CONFIG, POLL_MS);
        properties.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), LINGER_MS);
        passThrough.addToStreams(properties);
        properties.putIfAbsent(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, commitIntervalMs(properties));
        return properties;
    }

    Map<String, Object> admin() {
        Map<String, Object> properties = common();
        passThrough.addTo(KafkaClient.ADMIN, properties);
        return properties;
    }

    Map<String, Object> consumer() {
        Map<String, Object> properties = common();
        properties.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        properties.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, READ_COMMITTED);
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        passThrough.addTo(KafkaClient.CONSUMER, properties);
        properties.remove(
                CommonClientConfigs.GROUP_INSTANCE_ID_CONFIG); // it belongs to a group, and this consumer has none
        return properties;
    }

    Map<String, Object> producer() {
        Map<String, Object> properties = common();
        properties.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        properties.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        properties.put(ProducerConfig.LINGER_MS_CONFIG, LINGER_MS);
        passThrough.addTo(KafkaClient.PRODUCER, properties);
        return properties;
    }

    /** Runs Kafka's own checks of its settings, and checks that the largest repair can be sent. */
    void check(List<String> replicas, Problems problems) {
        try {
            replicas.forEach(replica -> new Unlogged(streams(replica)));
        } catch (ConfigException | ClassCastException | IllegalArgumentException e) {
            problems.addText("streams.", "Kafka Streams refuses the settings that are passed on: " + e.getMessage());
        }
        checkLargestRepair(problems);
    }

    private void checkLargestRepair(Problems problems) {
        Map<String, Object> parsed = ProducerConfig.configDef().parse(producer());
        int largest = (Integer) parsed.get(ProducerConfig.MAX_REQUEST_SIZE_CONFIG);
        int value = values.number(Keys.REPAIR_VALUE_MAX_BYTES);
        if ((long) value + ENVELOPE_BYTES > largest) {
            problems.add(
                    Keys.REPAIR_VALUE_MAX_BYTES,
                    value,
                    "a repair of this size does not fit into producer.max.request.size (" + largest + "); use at most "
                            + Math.max(0, largest - ENVELOPE_BYTES)
                            + ", or raise producer.max.request.size and max.message.bytes of the repair topics");
        }
    }

    private Map<String, Object> common() {
        Map<String, Object> properties = new HashMap<>();
        properties.put(
                CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, String.join(",", values.list(Keys.BOOTSTRAP_SERVERS)));
        return properties;
    }

    private static int commitIntervalMs(Map<String, Object> properties) {
        return StreamsConfig.EXACTLY_ONCE_V2.equals(properties.get(StreamsConfig.PROCESSING_GUARANTEE_CONFIG))
                ? COMMIT_INTERVAL_EXACTLY_ONCE_MS
                : COMMIT_INTERVAL_MS;
    }

    /** Kafka's checks, without logging every value. */
    private static final class Unlogged extends StreamsConfig {
        Unlogged(Map<String, Object> properties) {
            super(properties, false);
        }
    }
}
