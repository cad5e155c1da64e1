package io.trueup.job;

import io.trueup.config.ReplicaTopics;
import io.trueup.config.TrueupConfig;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.record.TimestampType;

/** The topics that a configuration needs, and the settings that they should have. Immutable and thread-safe. */
final class NeededTopics {

    private final TrueupConfig config;

    NeededTopics(TrueupConfig config) {
        this.config = config;
    }

    /** Topics that this process reads or writes. */
    Set<String> required() {
        Set<String> topics = new LinkedHashSet<>(hostedWrites());
        topics.addAll(repairs());
        topics.addAll(config.controlTopics());
        topics.add(config.controlTopic());
        topics.add(config.roundsTopic());
        topics.add(config.conflictsTopic());
        topics.addAll(observations());
        topics.add(config.deadLetterTopic());
        return topics;
    }

    /** Topics that this process writes. */
    Set<String> written() {
        Set<String> topics = new LinkedHashSet<>(repairs());
        topics.add(config.controlTopic());
        topics.add(config.roundsTopic());
        topics.add(config.conflictsTopic());
        topics.add(config.deadLetterTopic());
        return topics;
    }

    /** Topics that need the same number of partitions. */
    Set<String> sameCount() {
        Set<String> topics = new LinkedHashSet<>(hostedWrites());
        topics.addAll(repairs());
        topics.addAll(config.controlTopics());
        topics.add(config.controlTopic());
        topics.addAll(observations());
        topics.addAll(sameCountIfPresent());
        return topics;
    }

    /** Other replicas' writes topics may lie in another cluster; nothing here reads them. */
    Set<String> sameCountIfPresent() {
        Set<String> topics = new LinkedHashSet<>();
        config.replicas().forEach(name -> topics.add(config.replica(name).writesTopic()));
        return topics;
    }

    /** The writes topics of the replicas that are hosted here. */
    Set<String> hostedWrites() {
        return hosted().keySet();
    }

    /** The replica that is hosted here and has a writes topic. */
    String replicaOf(String writesTopic) {
        return hosted().get(writesTopic);
    }

    /** The hosted replicas by their writes topics, which all differ. */
    private Map<String, String> hosted() {
        Map<String, String> hosted = new LinkedHashMap<>();
        config.hostedReplicas().forEach(name -> hosted.put(config.replica(name).writesTopic(), name));
        return hosted;
    }

    /**
     * Returns the settings that a topic should have. Records in all but the writes topics have the broker's time, so that none
     * is refused because the clock of this process is wrong.
     */
    Map<String, String> settings(String topic) {
        if (sameCountIfPresent().contains(topic)) {
            return writesSettings();
        }
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_DELETE);
        settings.put(TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG, TimestampType.LOG_APPEND_TIME.name);
        if (topic.equals(config.conflictsTopic())) {
            settings.put(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT);
        } else if (topic.equals(config.controlTopic()) || observations().contains(topic)) {
            settings.put(TopicConfig.RETENTION_MS_CONFIG, ms(config.controlRetention()));
        } else if (sameCount().contains(topic)) {
            settings.put(TopicConfig.RETENTION_MS_CONFIG, ms(config.repairValidity()));
        }
        return settings;
    }

    /**
     * Returns the settings that a writes topic should have: it keeps the last event of every key forever, because values are read
     * back from it, and deletes as long as they are remembered.
     */
    Map<String, String> writesSettings() {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT);
        settings.put(TopicConfig.DELETE_RETENTION_MS_CONFIG, ms(config.tombstoneRetention()));
        return settings;
    }

    /** Returns the command that creates a topic as it should be. */
    String createCommand(String topic, int partitions) {
        StringBuilder command = new StringBuilder("kafka-topics.sh --bootstrap-server ")
                .append(config.bootstrapServers())
                .append(" --create --topic ")
                .append(topic);
        if (sameCount().contains(topic)) {
            command.append(" --partitions ").append(partitions);
        }
        settings(topic).forEach((name, value) -> command.append(" --config " + name + "=" + value));
        return command.toString();
    }

    private List<String> observations() {
        return config.observationsTopic().stream().toList();
    }

    private List<String> repairs() {
        return config.replicas().stream()
                .map(name -> config.replica(name))
                .filter(replica -> replica.repairsTopic() != null)
                .map(ReplicaTopics::repairsTopic)
                .toList();
    }

    private static String ms(Duration duration) {
        return Long.toString(duration.toMillis());
    }
}
