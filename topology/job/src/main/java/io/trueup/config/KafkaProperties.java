package io.trueup.config;

import io.trueup.reconcile.exchange.Message;
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

    private static final String GUARANTEE = "streams." + StreamsConfig.PROCESSING_GUARANTEE_CONFIG;

    private static final String TRANSACTION_TIMEOUT =
            StreamsConfig.producerPrefix(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG);

    /** Leaves space for the rest of the name of a changelog topic, which has at most 249 characters. */
    private static final int MAX_APPLICATION_ID_LENGTH = 200;

    private static final String ID_SEPARATOR = "-";

    private static final String READ_COMMITTED = "read_committed";

    /** Brokers refuse a record whose own timestamp lies too far from their clocks. */
    private static final String BROKERS_TIME = TimestampType.LOG_APPEND_TIME.name;

    /** Bounds the time of a hop: the producer sends the records of a task after this time. */
    private static final int LINGER_MS = 5;

    /**
     * An idle thread looks at each of its tasks so often: that bounds how late a punctuator runs, and it is most of the processor time
     * that a thousand idle tasks take. A small part of the interval, within these bounds.
     */
    private static final long MIN_POLL_MS = 50;

    private static final long MAX_POLL_MS = 250;
    private static final long POLLS_PER_ROUND = 240;

    /** A start of a task reads all entries of its partition, and so does the end of a scan: 100 million take minutes. */
    private static final int MAX_POLL_INTERVAL_MS = 30 * 60 * 1000;

    /** Repeated updates of an entry between two commits share one changelog record. */
    private static final int COMMIT_INTERVAL_MS = 10_000;

    /** Shorter, because repairs and control messages are visible only after a commit. */
    private static final int COMMIT_INTERVAL_EXACTLY_ONCE_MS = 1_000;

    /**
     * A process that is killed leaves a transaction open, and holds back all that read committed records until the transaction
     * times out: half a round, within these bounds. A transaction that is too short ends while a thread is busy.
     */
    private static final long MIN_TRANSACTION_TIMEOUT_MS = 5_000;

    private static final long MAX_TRANSACTION_TIMEOUT_MS = 30_000;

    private final Values values;
    private final PassThrough passThrough;

    KafkaProperties(Values values, PassThrough passThrough) {
        this.values = values;
        this.passThrough = passThrough;
    }

    String applicationId(String replica) {
        return applicationId(values.text(Keys.DATASET), replica);
    }

    /**
     * Returns an id that no other pair of names has. Both names may contain the separator, so each of theirs is doubled: of all
     * runs of it after the prefix, only the one that ends with the separator itself has an odd length, because the name of a
     * replica does not begin with it. One id may be the beginning of another.
     */
    static String applicationId(String dataset, String replica) {
        return "trueup-" + doubled(dataset) + ID_SEPARATOR + doubled(replica);
    }

    private static String doubled(String name) {
        return name.replace(ID_SEPARATOR, ID_SEPARATOR + ID_SEPARATOR);
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
        properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        properties.put(StreamsConfig.POLL_MS_CONFIG, pollMs());
        properties.put(StreamsConfig.MAX_TASK_IDLE_MS_CONFIG, StreamsConfig.MAX_TASK_IDLE_MS_DISABLED);
        properties.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), LINGER_MS);
        properties.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_POLL_INTERVAL_MS_CONFIG), MAX_POLL_INTERVAL_MS);
        properties.put(TRANSACTION_TIMEOUT, transactionTimeoutMs());
        passThrough.addToStreams(properties);
        if (isExactlyOnce(properties)) {
            properties.putIfAbsent(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, COMMIT_INTERVAL_EXACTLY_ONCE_MS);
        } else {
            properties.putIfAbsent(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, COMMIT_INTERVAL_MS);
            properties.remove(TRANSACTION_TIMEOUT);
        }
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

    /** Runs Kafka's own checks of its settings, and checks the guarantee, and that the largest repair can be sent. */
    void check(List<String> replicas, Problems problems) {
        try {
            replicas.forEach(replica -> new Unlogged(streams(replica)));
        } catch (ConfigException | ClassCastException | IllegalArgumentException e) {
            problems.addText("streams.", "Kafka Streams refuses the settings that are passed on: " + e.getMessage());
        }
        replicas.forEach(replica -> checkApplicationId(replica, problems));
        checkLargestRepair(problems);
        checkGuarantee(replicas, problems);
    }

    /**
     * An instance that was stopped and revived writes into the changelog after its successor has done so. The state that is
     * restored from it then holds entries that are older than what the replica holds.
     */
    private void checkGuarantee(List<String> replicas, Problems problems) {
        String resolution = values.text(Keys.RESOLUTION);
        boolean newestWins = List.of("latest", "vector").contains(resolution)
                && !values.text(Keys.COMPARE).equals("value");
        if (!newestWins && replicas.stream().anyMatch(replica -> !isExactlyOnce(streams(replica)))) {
            problems.add(
                    GUARANTEE,
                    StreamsConfig.AT_LEAST_ONCE,
                    "with resolution=" + resolution + " an older entry may win, and after an instance was stopped and"
                            + " revived the state may be older than the replica; remove this setting (the default is "
                            + StreamsConfig.EXACTLY_ONCE_V2 + "), or use resolution=latest or vector");
        }
    }

    private void checkApplicationId(String replica, Problems problems) {
        String id = applicationId(replica);
        if (id.length() > MAX_APPLICATION_ID_LENGTH) {
            problems.addText(
                    Keys.DATASET,
                    "The application id " + id + " has more than " + MAX_APPLICATION_ID_LENGTH
                            + " characters, because each '-' in the names of dataset and replica is doubled; use shorter names");
        }
    }

    private void checkLargestRepair(Problems problems) {
        int largest = maxRequestBytes();
        if (largest < Message.MAX_BYTES) {
            problems.add(
                    "producer." + ProducerConfig.MAX_REQUEST_SIZE_CONFIG,
                    largest,
                    "a control message may be larger; use at least " + Message.MAX_BYTES);
            return;
        }
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

    /** The largest request of a producer, in bytes. */
    int maxRequestBytes() {
        return (Integer) ProducerConfig.configDef().parse(producer()).get(ProducerConfig.MAX_REQUEST_SIZE_CONFIG);
    }

    private Map<String, Object> common() {
        Map<String, Object> properties = new HashMap<>();
        properties.put(
                CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, String.join(",", values.list(Keys.BOOTSTRAP_SERVERS)));
        return properties;
    }

    private static boolean isExactlyOnce(Map<String, Object> properties) {
        return StreamsConfig.EXACTLY_ONCE_V2.equals(properties.get(StreamsConfig.PROCESSING_GUARANTEE_CONFIG));
    }

    private long pollMs() {
        long part = values.duration(Keys.ROUND_INTERVAL).toMillis() / POLLS_PER_ROUND;
        return Math.max(MIN_POLL_MS, Math.min(MAX_POLL_MS, part));
    }

    private int transactionTimeoutMs() {
        long half = values.duration(Keys.ROUND_INTERVAL).toMillis() / 2;
        return (int) Math.max(MIN_TRANSACTION_TIMEOUT_MS, Math.min(MAX_TRANSACTION_TIMEOUT_MS, half));
    }

    /** Kafka's checks, without logging every value. */
    private static final class Unlogged extends StreamsConfig {
        Unlogged(Map<String, Object> properties) {
            super(properties, false);
        }
    }
}
