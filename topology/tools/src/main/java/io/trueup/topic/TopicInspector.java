package io.trueup.topic;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeProducersResult.PartitionProducerState;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Asks the brokers about a topic: partitions, offsets, cleanup policy. Reads only. Used by one thread. */
public final class TopicInspector implements AutoCloseable {

    private static final long WAIT_STEP_MS = 200;

    private final String clientId;
    private final ProgressCounter progress;
    private final long patienceMs;
    private final Map<Cluster, Admin> admins = new HashMap<>();

    /**
     * @param clientId client id of the admin clients
     * @param progress ends the waiting for an answer once it is stopped
     * @param patience how long to wait for an answer
     */
    public TopicInspector(String clientId, ProgressCounter progress, Duration patience) {
        this.clientId = clientId;
        this.progress = progress;
        patienceMs = patience.toMillis();
    }

    /**
     * State of a topic.
     *
     * @param id its id
     * @param starts first offset of each partition
     * @param ends first offset behind the last record of each partition, records of open transactions included
     * @param cleanupPolicy its {@code cleanup.policy}; empty if it may not be read
     */
    public record Topic(Uuid id, List<Long> starts, List<Long> ends, Optional<String> cleanupPolicy) {

        /** How many partitions it has. */
        public int partitions() {
            return starts.size();
        }

        /**
         * What may be the cause of offsets without a record.
         *
         * @param neverCompacted whether the user knows that the topic, if it is not compacted now, never was
         */
        public GapCause gapCause(boolean neverCompacted) {
            boolean compacted = cleanupPolicy
                    .map(policy -> policy.contains(TopicConfig.CLEANUP_POLICY_COMPACT))
                    .orElse(!neverCompacted);
            return compacted ? GapCause.COMPACTION : neverCompacted ? GapCause.TRANSACTIONS : GapCause.UNCLEAR;
        }
    }

    /** A topic cannot be inspected. The message contains the cause and what to do. */
    public static final class InspectionFailedException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        InspectionFailedException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /**
     * Returns the present state of a topic.
     *
     * @throws InspectionFailedException if the topic does not exist, or the brokers refuse or do not answer
     * @throws StoppedException if the reading was stopped
     */
    public Topic inspect(Cluster cluster, String name) {
        try {
            Admin admin = admin(cluster);
            TopicDescription description =
                    get(admin.describeTopics(List.of(name)).topicNameValues().get(name));
            int partitions = description.partitions().size();
            return new Topic(
                    description.topicId(),
                    offsets(admin, name, partitions, OffsetSpec.earliest()),
                    offsets(admin, name, partitions, OffsetSpec.latest()),
                    Optional.ofNullable(settings(admin, name).get(TopicConfig.CLEANUP_POLICY_CONFIG)));
        } catch (KafkaException e) {
            throw failure(cluster, name, e);
        }
    }

    /**
     * Returns the configuration of a topic; empty if it may not be read.
     *
     * @throws InspectionFailedException if the topic does not exist, or the brokers refuse or do not answer
     * @throws StoppedException if the reading was stopped
     */
    public Map<String, String> settings(Cluster cluster, String name) {
        try {
            return settings(admin(cluster), name);
        } catch (KafkaException e) {
            throw failure(cluster, name, e);
        }
    }

    /**
     * A transaction that is neither committed nor aborted.
     *
     * @param partition where it has written
     * @param producerId its producer
     * @param start its first offset in the partition
     * @param lastMs when its producer has last written to the partition
     */
    public record OpenTransaction(int partition, long producerId, long start, long lastMs) {}

    /**
     * Returns the open transactions of a topic, in order of partition.
     *
     * @throws InspectionFailedException if the topic does not exist, or the brokers refuse or do not answer
     * @throws StoppedException if the reading was stopped
     */
    public List<OpenTransaction> openTransactions(Cluster cluster, String name, int partitions) {
        List<TopicPartition> all = IntStream.range(0, partitions)
                .mapToObj(partition -> new TopicPartition(name, partition))
                .toList();
        try {
            Map<TopicPartition, PartitionProducerState> states =
                    get(admin(cluster).describeProducers(all).all());
            List<OpenTransaction> open = new ArrayList<>();
            for (TopicPartition partition : all) {
                for (ProducerState producer : states.get(partition).activeProducers()) {
                    producer.currentTransactionStartOffset()
                            .ifPresent(start -> open.add(new OpenTransaction(
                                    partition.partition(), producer.producerId(), start, producer.lastTimestamp())));
                }
            }
            return List.copyOf(open);
        } catch (KafkaException e) {
            throw failure(cluster, name, e);
        }
    }

    private Admin admin(Cluster cluster) {
        return admins.computeIfAbsent(cluster, added -> Admin.create(adminProperties(added)));
    }

    private Map<String, Object> adminProperties(Cluster cluster) {
        Map<String, Object> properties = new HashMap<>(cluster.admin());
        properties.put(AdminClientConfig.CLIENT_ID_CONFIG, clientId);
        return properties;
    }

    private List<Long> offsets(Admin admin, String topic, int partitions, OffsetSpec spec) {
        Map<TopicPartition, OffsetSpec> requests = new HashMap<>();
        for (int partition = 0; partition < partitions; partition++) {
            requests.put(new TopicPartition(topic, partition), spec);
        }
        ListOffsetsResult answer = admin.listOffsets(requests);
        Map<Integer, Long> offsets = new TreeMap<>();
        requests.keySet()
                .forEach(partition -> offsets.put(
                        partition.partition(),
                        get(answer.partitionResult(partition)).offset()));
        return List.copyOf(offsets.values());
    }

    private Map<String, String> settings(Admin admin, String topic) {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        try {
            Config config =
                    get(admin.describeConfigs(List.of(resource)).values().get(resource));
            return config.entries().stream()
                    .filter(entry -> entry.value() != null)
                    .collect(Collectors.toMap(ConfigEntry::name, ConfigEntry::value));
        } catch (AuthorizationException e) {
            return Map.of();
        }
    }

    private <T> T get(KafkaFuture<T> future) {
        try {
            for (long waitedMs = 0; waitedMs < patienceMs && !future.isDone(); waitedMs += WAIT_STEP_MS) {
                progress.checkStopped();
                awaitStep(future);
            }
            return future.get(WAIT_STEP_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoppedException();
        } catch (TimeoutException e) {
            throw new KafkaException("no answer within " + patienceMs / 1000.0 + " s", e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof KafkaException cause ? cause : new KafkaException(e.getCause());
        }
    }

    private static void awaitStep(KafkaFuture<?> future) throws InterruptedException, ExecutionException {
        try {
            future.get(WAIT_STEP_MS, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            // the caller checks again
        }
    }

    private static InspectionFailedException failure(Cluster cluster, String topic, KafkaException cause) {
        if (cause instanceof UnknownTopicOrPartitionException) {
            return new InspectionFailedException(
                    "Topic " + topic + " does not exist on " + cluster
                            + ", or may not be seen. Check the name, and that"
                            + " the ACL operation Describe on it is allowed.",
                    cause);
        }
        return new InspectionFailedException(BrokerRefusal.describe(topic, cluster, cause), cause);
    }

    @Override
    public void close() {
        admins.values().forEach(admin -> admin.close(Duration.ofSeconds(1)));
        admins.clear();
    }
}
