package io.trueup.replica;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Checks, before any record is read, that the topics exist and that a key has the same partition in all of them. */
final class TopicCheck {

    private TopicCheck() {}

    /**
     * Checks the topics of a replica.
     *
     * @throws ConfigException if a topic is missing or does not have as many partitions as the feed
     * @throws IllegalStateException if the cluster does not answer
     */
    static void check(ReplicaConfig config) {
        Map<String, String> topics = new LinkedHashMap<>();
        topics.put(ReplicaConfig.FEED_TOPIC, config.feedTopic());
        topics.put(ReplicaConfig.WRITES_TOPIC, config.writesTopic());
        topics.put(ReplicaConfig.REPAIRS_TOPIC, config.repairsTopic());
        topics.put(ReplicaConfig.DEAD_LETTER_TOPIC, config.deadLetterTopic());
        try (Admin admin = Admin.create(config.clients().admin())) {
            Map<String, KafkaFuture<TopicDescription>> described =
                    admin.describeTopics(topics.values()).topicNameValues();
            Map<String, Integer> partitions = new LinkedHashMap<>();
            topics.forEach((key, topic) -> partitions.put(key, partitions(key, topic, described.get(topic))));
            checkEqual(topics, partitions);
        }
    }

    /**
     * Returns the number of partitions of the writes topic.
     *
     * @throws ConfigException if the topic does not exist
     * @throws IllegalStateException if the cluster does not answer
     */
    static int writesPartitions(ReplicaConfig config) {
        String topic = config.writesTopic();
        try (Admin admin = Admin.create(config.clients().admin())) {
            return partitions(
                    ReplicaConfig.WRITES_TOPIC,
                    topic,
                    admin.describeTopics(List.of(topic)).topicNameValues().get(topic));
        }
    }

    private static int partitions(String key, String topic, KafkaFuture<TopicDescription> described) {
        try {
            return described.get().partitions().size();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownTopicOrPartitionException) {
                throw new ConfigException(key, topic, "there is no such topic; create it, or correct the name");
            }
            throw new IllegalStateException(
                    "cannot look up " + key + " " + topic + ": " + e.getCause().getMessage(), e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while looking up " + key + " " + topic, e);
        }
    }

    private static void checkEqual(Map<String, String> topics, Map<String, Integer> partitions) {
        int expected = partitions.get(ReplicaConfig.FEED_TOPIC);
        partitions.forEach((key, number) -> {
            if (number != expected && !key.equals(ReplicaConfig.DEAD_LETTER_TOPIC)) {
                throw new ConfigException(
                        key,
                        topics.get(key),
                        "it has " + number + " partitions, the feed has " + expected
                                + "; all topics of a dataset have the same number");
            }
        });
    }
}
