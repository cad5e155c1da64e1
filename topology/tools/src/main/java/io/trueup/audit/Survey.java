package io.trueup.audit;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Asks the brokers about a topic: partitions, offsets, how records are removed. Reads only. Used by one thread. */
final class Survey implements AutoCloseable {

    private static final long LOOK_MS = 200;

    private final Gauge gauge;
    private final long waitMs;
    private final Map<Cluster, Admin> admins = new HashMap<>();

    /**
     * @param gauge says when to stop waiting
     * @param patience how long to wait for an answer
     */
    Survey(Gauge gauge, Duration patience) {
        this.gauge = gauge;
        waitMs = patience.toMillis();
    }

    /**
     * A topic as found.
     *
     * @param starts first offset of each partition
     * @param ends first offset behind what was there, those of open transactions included
     * @param cleanupPolicy how records are removed; empty if that may not be asked
     */
    record Topic(Uuid id, List<Long> starts, List<Long> ends, Optional<String> cleanupPolicy) {

        int partitions() {
            return starts.size();
        }

        /** @param neverCompacted what the user knows */
        Gaps gaps(boolean neverCompacted) {
            boolean compacted = cleanupPolicy
                    .map(policy -> policy.contains(TopicConfig.CLEANUP_POLICY_COMPACT))
                    .orElse(!neverCompacted);
            return compacted ? Gaps.COMPACTION : neverCompacted ? Gaps.TRANSACTIONS : Gaps.UNCLEAR;
        }
    }

    /** A topic cannot be asked about; the message says why and what to do. */
    static final class SurveyException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        SurveyException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** @throws SurveyException if the topic does not exist, or the brokers refuse or do not answer */
    Topic topic(Cluster cluster, String name) {
        try {
            Admin admin = admins.computeIfAbsent(cluster, added -> Admin.create(adminProperties(added)));
            TopicDescription description =
                    get(admin.describeTopics(List.of(name)).topicNameValues().get(name));
            int partitions = description.partitions().size();
            return new Topic(
                    description.topicId(),
                    offsets(admin, name, partitions, OffsetSpec.earliest()),
                    offsets(admin, name, partitions, OffsetSpec.latest()),
                    cleanupPolicy(admin, name));
        } catch (KafkaException e) {
            throw failed(cluster, name, e);
        }
    }

    private static Map<String, Object> adminProperties(Cluster cluster) {
        Map<String, Object> properties = new HashMap<>(cluster.admin());
        properties.put(AdminClientConfig.CLIENT_ID_CONFIG, "trueup-audit");
        return properties;
    }

    private List<Long> offsets(Admin admin, String topic, int partitions, OffsetSpec which) {
        Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
        for (int partition = 0; partition < partitions; partition++) {
            asked.put(new TopicPartition(topic, partition), which);
        }
        ListOffsetsResult answer = admin.listOffsets(asked);
        Map<Integer, Long> offsets = new TreeMap<>();
        asked.keySet()
                .forEach(partition -> offsets.put(
                        partition.partition(),
                        get(answer.partitionResult(partition)).offset()));
        return List.copyOf(offsets.values());
    }

    private Optional<String> cleanupPolicy(Admin admin, String topic) {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        try {
            Config config =
                    get(admin.describeConfigs(List.of(resource)).values().get(resource));
            return Optional.of(config.get(TopicConfig.CLEANUP_POLICY_CONFIG).value());
        } catch (AuthorizationException e) {
            return Optional.empty();
        }
    }

    private <T> T get(KafkaFuture<T> future) {
        try {
            for (long waitedMs = 0; waitedMs < waitMs && !future.isDone(); waitedMs += LOOK_MS) {
                gauge.checkStopped();
                awaitAWhile(future);
            }
            return future.get(LOOK_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoppedException();
        } catch (TimeoutException e) {
            throw new KafkaException("no answer within " + waitMs / 1000.0 + " s", e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof KafkaException cause ? cause : new KafkaException(e.getCause());
        }
    }

    private static void awaitAWhile(KafkaFuture<?> future) throws InterruptedException, ExecutionException {
        try {
            future.get(LOOK_MS, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            // the caller looks again
        }
    }

    private static SurveyException failed(Cluster cluster, String topic, KafkaException failure) {
        if (failure instanceof UnknownTopicOrPartitionException) {
            return new SurveyException(
                    "Topic " + topic + " does not exist on " + cluster
                            + ", or may not be seen. Check the name, and that"
                            + " the ACL operation Describe on it is allowed.",
                    failure);
        }
        return new SurveyException(Refusal.words(topic, cluster, failure), failure);
    }

    @Override
    public void close() {
        admins.values().forEach(admin -> admin.close(Duration.ofSeconds(1)));
        admins.clear();
    }
}
