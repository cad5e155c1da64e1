package io.trueup.demo.cluster;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;

/** Creates the topics of the demo and truncates the feed. */
final class TopicAdmin {

    private final String bootstrapServers;

    TopicAdmin(String bootstrapServers) {
        this.bootstrapServers = bootstrapServers;
    }

    /** Creates all topics. Their records are kept for ever. */
    void createTopics(ClusterOptions options) {
        List<NewTopic> topics = Topics.all(options.replicas()).stream()
                .map(name -> new NewTopic(name, options.partitions(), (short) 1).configs(settings(name, options)))
                .toList();
        try (Admin admin = admin()) {
            await(admin.createTopics(topics).all(), "cannot create the topics of the demo");
        }
    }

    private static Map<String, String> settings(String topic, ClusterOptions options) {
        return options.brokerTimestamps() && topic.startsWith(Topics.writes(""))
                ? Map.of("retention.ms", "-1", "message.timestamp.type", "LogAppendTime")
                : Map.of("retention.ms", "-1");
    }

    /** Deletes all records of the feed before the given offsets, as its retention would. */
    void truncateFeed(Map<TopicPartition, Long> offsets) {
        Map<TopicPartition, RecordsToDelete> records = new HashMap<>();
        offsets.forEach((partition, offset) -> records.put(partition, RecordsToDelete.beforeOffset(offset)));
        try (Admin admin = admin()) {
            await(admin.deleteRecords(records).all(), "cannot delete records of " + Topics.FEED);
        }
    }

    private Admin admin() {
        return Admin.create(Map.of("bootstrap.servers", bootstrapServers));
    }

    private static void await(KafkaFuture<Void> done, String error) {
        try {
            done.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(error, e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DemoFailedException("interrupted");
        }
    }
}
