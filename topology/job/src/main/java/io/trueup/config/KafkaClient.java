package io.trueup.config;

import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.streams.StreamsConfig;

/** The kinds of Kafka client whose settings can be passed on, each with the settings that Trueup decides itself, and why. */
enum KafkaClient {
    STREAMS("streams.", StreamsConfig.configDef(), streamsOwned()),
    CONSUMER("consumer.", ConsumerConfig.configDef(), consumerOwned()),
    PRODUCER("producer.", ProducerConfig.configDef(), producerOwned()),
    ADMIN("admin.", AdminClientConfig.configDef(), Map.of());

    private final String prefix;
    private final ConfigDef definition;
    private final Map<String, String> owned;

    KafkaClient(String prefix, ConfigDef definition, Map<String, String> owned) {
        this.prefix = prefix;
        this.definition = definition;
        this.owned = new TreeMap<>(owned);
        this.owned.put("bootstrap.servers", "set bootstrap.servers without a prefix: all clients use one cluster");
        this.owned.put(
                "client.id", "clients are named after dataset and replica, so that metrics and quotas find them");
    }

    /** The clients that connect to brokers themselves. */
    static Set<KafkaClient> plain() {
        return EnumSet.of(CONSUMER, PRODUCER, ADMIN);
    }

    /** The prefix of its settings; {@code admin.} only where Kafka Streams reads it. */
    String prefix() {
        return prefix;
    }

    /** Kafka's own definition of the client's settings. */
    ConfigDef definition() {
        return definition;
    }

    /** The settings that are refused, with the reason. */
    Map<String, String> owned() {
        return owned;
    }

    private static Map<String, String> streamsOwned() {
        String handlers = "Trueup itself sends malformed records to dead.letter.topic and stops on anything else";
        String production =
                "Trueup's own handler never drops changelog records, and drops records that later rounds repeat";
        String explicit = "the topology names its serdes and extractors node by node";
        Map<String, String> owned = new TreeMap<>();
        owned.put("application.id", "it is trueup-<dataset>-<replica>; change dataset or the name of the replica");
        owned.put("state.dir", "set state.dir without a prefix");
        owned.put("default.key.serde", explicit);
        owned.put("default.value.serde", explicit);
        owned.put("default.timestamp.extractor", explicit);
        owned.put("deserialization.exception.handler", handlers);
        owned.put("default.deserialization.exception.handler", handlers);
        owned.put("processing.exception.handler", handlers);
        owned.put("processing.exception.handler.global.enabled", handlers);
        owned.put("production.exception.handler", production);
        owned.put("default.production.exception.handler", production);
        owned.put("errors.dead.letter.queue.topic.name", "set dead.letter.topic");
        owned.put(
                "default.client.supplier", "Trueup's own supplier tracks consumer positions, by which cuts are sealed");
        owned.put("group.protocol", classicOnly());
        owned.put("topology.optimization", "the topology is fixed: its stores and topics are named explicitly");
        owned.put(
                "ensure.explicit.internal.resource.naming",
                "stores and topics are named explicitly, and it is checked");
        return owned;
    }

    private static Map<String, String> consumerOwned() {
        String bytes = "records are read as bytes and decoded by replica.<name>.writes.format";
        Map<String, String> owned = new TreeMap<>();
        owned.put("group.id", "it is the application id");
        owned.put("group.protocol", classicOnly());
        owned.put("group.remote.assignor", classicOnly());
        owned.put("partition.assignment.strategy", "Kafka Streams assigns partitions together with their state");
        owned.put(
                "auto.offset.reset",
                "the content of a replica is known only if its writes are read from the earliest offset on");
        owned.put("isolation.level", "only committed records are read, so that aborted writes never count");
        owned.put("enable.auto.commit", "offsets are committed together with the state");
        owned.put(
                "allow.auto.create.topics",
                "set topics.create: an auto-created topic has the wrong number of partitions");
        owned.put("key.deserializer", bytes);
        owned.put("value.deserializer", bytes);
        return owned;
    }

    private static Map<String, String> producerOwned() {
        String bytes = "records are written as bytes, encoded by replica.<name>.repairs.format";
        String lossless = "a lost or reordered changelog record would leave a wrong state behind";
        Map<String, String> owned = new TreeMap<>();
        owned.put("key.serializer", bytes);
        owned.put("value.serializer", bytes);
        owned.put("partitioner.class", "every record is sent to the partition of its data");
        owned.put("transactional.id", "set streams.processing.guarantee=exactly_once_v2 for transactions");
        owned.put("enable.idempotence", lossless);
        owned.put("acks", lossless);
        return owned;
    }

    private static String classicOnly() {
        return "consumer positions, by which cuts are sealed, are known under the classic protocol only";
    }
}
