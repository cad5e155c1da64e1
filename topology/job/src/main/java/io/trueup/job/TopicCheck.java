package io.trueup.job;

import io.trueup.config.Keys;
import io.trueup.config.ReplicaTopics;
import io.trueup.config.TrueupConfig;
import io.trueup.failure.Failures;
import io.trueup.reconcile.exchange.Message;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.record.TimestampType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ensures that all topics exist and fit each other: topics of writes, repairs, control messages and observations must have
 * the same number of partitions, and Kafka Streams would silently accept anything else. Blocks until the brokers answer.
 */
final class TopicCheck {

    /** Partitions of created topics if none exists yet and the configuration does not say. */
    /** Entries, and what a message has beside them. */
    private static final int MIN_CONTROL_BYTES = Message.MAX_ENTRIES_BYTES + 16 * 1024;

    static final int DEFAULT_PARTITIONS = 4;

    private static final Logger LOG = LoggerFactory.getLogger(TopicCheck.class);

    private final TrueupConfig config;
    private final Admin admin;

    TopicCheck(TrueupConfig config, Admin admin) {
        this.config = config;
        this.admin = admin;
    }

    /** A topic as found. */
    record Found(Uuid id, int partitions) {}

    /**
     * Properties of the topics that the job needs.
     *
     * @param partitions partitions of the dataset
     * @param topics by name
     * @param logAppendTime the writes and control topics whose records carry the broker's time
     */
    record Topics(int partitions, Map<String, Found> topics, Set<String> logAppendTime) {}

    /**
     * Creates missing topics if the configuration allows it, then checks all.
     *
     * @throws TopicCheckException if something does not fit
     */
    Topics prepare() {
        Map<String, Found> found = describe();
        Set<String> missing = missing(found);
        if (!missing.isEmpty()) {
            if (!config.topicsCreate()) {
                throw new TopicCheckException(missingMessage(missing, partitionsToCreate(found)));
            }
            create(missing, partitionsToCreate(found));
            found = describe();
        }
        requireEqualPartitions(found);
        requirePlacedPartitions(partitions(found));
        requireFeeds();
        return new Topics(partitions(found), found, inspect());
    }

    /**
     * Compares with an earlier result: topics may have been given more partitions, deleted or created again.
     *
     * @throws TopicCheckException if anything has changed
     */
    void recheck(Topics before) {
        Map<String, Found> now = describe();
        Set<String> missing = missing(now);
        if (!missing.isEmpty()) {
            throw new TopicCheckException("These topics were deleted while the job ran: " + missing
                    + ". Create them again with " + before.partitions() + " partitions and start the job again.");
        }
        requireEqualPartitions(now);
        if (partitions(now) != before.partitions()) {
            throw new TopicCheckException("The topics of dataset " + config.dataset() + " had " + before.partitions()
                    + " partitions when the job started and now have " + partitions(now)
                    + ". Keys have moved to other partitions: reset the applications and start the job again.");
        }
        for (String writes : hostedWrites()) {
            if (!now.get(writes).id().equals(before.topics().get(writes).id())) {
                throw new TopicCheckException("The writes topic " + writes
                        + " was created again while the job ran: the state of its replica is no longer valid. Reset the"
                        + " application and start the job again.");
            }
        }
    }

    private Map<String, Found> describe() {
        Set<String> names = new LinkedHashSet<>(required());
        names.addAll(sameCountIfPresent());
        Map<String, KafkaFuture<TopicDescription>> descriptions =
                admin.describeTopics(names).topicNameValues();
        Map<String, Found> found = new TreeMap<>();
        descriptions.forEach((name, future) -> {
            TopicDescription topic = await(future, name, "Describe", UnknownTopicOrPartitionException.class);
            if (topic != null) {
                found.put(name, new Found(topic.topicId(), topic.partitions().size()));
            }
        });
        return found;
    }

    private Set<String> missing(Map<String, Found> found) {
        Set<String> missing = new TreeSet<>(required());
        missing.removeAll(found.keySet());
        return missing;
    }

    private void requireEqualPartitions(Map<String, Found> found) {
        Map<String, Integer> counts = new TreeMap<>();
        sameCount().stream()
                .filter(found::containsKey)
                .forEach(topic -> counts.put(topic, found.get(topic).partitions()));
        if (new TreeSet<>(counts.values()).size() > 1) {
            throw new TopicCheckException(
                    "All topics of writes, repairs, control messages and observations of dataset " + config.dataset()
                            + " need the same number of partitions, because a key lies in the same partition of each. Found "
                            + counts.entrySet().stream()
                                    .map(count -> count.getKey() + ": " + count.getValue())
                                    .collect(Collectors.joining(", "))
                            + ". Create those that differ again; adding partitions to a topic moves keys that are already in it.");
        }
    }

    private void requirePlacedPartitions(int partitions) {
        OptionalInt highest = config.highestPlacedPartition();
        if (highest.isPresent() && highest.getAsInt() >= partitions) {
            throw new TopicCheckException(Keys.partition(highest.getAsInt()) + " is set, but the topics of dataset "
                    + config.dataset() + " have only " + partitions + " partitions, counted from 0.");
        }
    }

    /** A feed that is misspelled would look like one of which nothing is ever consumed. */
    private void requireFeeds() {
        for (String replica : config.hostedReplicas()) {
            config.feed(replica).ifPresent(source -> {
                String feed = source.feed();
                KafkaFuture<TopicDescription> described =
                        admin.describeTopics(List.of(feed)).topicNameValues().get(feed);
                if (await(described, feed, "Describe", UnknownTopicOrPartitionException.class) == null) {
                    throw new TopicCheckException("There is no topic " + feed + ", which "
                            + Keys.replica(replica, Keys.PROGRESS) + " names as the feed of replica " + replica
                            + ". Name the topic that its datastore consumes, after the @.");
                }
            });
        }
    }

    private int partitions(Map<String, Found> found) {
        return found.get(config.controlTopic()).partitions();
    }

    private int partitionsToCreate(Map<String, Found> found) {
        OptionalInt existing = sameCount().stream()
                .filter(found::containsKey)
                .mapToInt(topic -> found.get(topic).partitions())
                .findFirst();
        return config.topicsPartitions().orElse(existing.orElse(DEFAULT_PARTITIONS));
    }

    private String missingMessage(Set<String> missing, int partitions) {
        String commands = missing.stream()
                .map(topic -> "  kafka-topics.sh --bootstrap-server " + config.bootstrapServers() + " --create --topic "
                        + topic + (spansDataset(topic) ? " --partitions " + partitions : "") + configOptions(topic))
                .collect(Collectors.joining("\n"));
        return "These topics do not exist: " + String.join(", ", missing)
                + ". Set topics.create=true, so that the job creates them, or create them yourself:\n" + commands;
    }

    private String configOptions(String topic) {
        return newConfig(topic).entrySet().stream()
                .map(entry -> " --config " + entry.getKey() + "=" + entry.getValue())
                .collect(Collectors.joining());
    }

    private void create(Set<String> missing, int partitions) {
        List<NewTopic> topics = missing.stream()
                .map(topic ->
                        new NewTopic(topic, partitions, config.topicsReplicationFactor()).configs(newConfig(topic)))
                .toList();
        Map<String, KafkaFuture<Void>> results = admin.createTopics(topics).values();
        results.forEach((topic, created) -> await(created, topic, "Create", TopicExistsException.class));
        awaitLeaders(missing, partitions);
        LOG.info("Created topics {} with {} partitions", missing, partitions);
    }

    /** Brokers get to know a new topic one by one, and then start to lead its partitions: until then, sending to it fails. */
    private void awaitLeaders(Set<String> created, int partitions) {
        Map<TopicPartition, OffsetSpec> all = new HashMap<>();
        for (String topic : created) {
            for (int partition = 0; partition < partitions; partition++) {
                all.put(new TopicPartition(topic, partition), OffsetSpec.latest());
            }
        }
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!led(all)) {
            if (System.nanoTime() > deadline) {
                throw new TopicCheckException(
                        "Topics " + created + " were created, and 60 s later the brokers do not lead"
                                + " all of their partitions. Check the brokers' logs.");
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
        }
    }

    private boolean led(Map<TopicPartition, OffsetSpec> partitions) {
        ListOffsetsResult ends = admin.listOffsets(partitions);
        return partitions.keySet().stream()
                .map(partition ->
                        await(ends.partitionResult(partition), partition.topic(), "Describe", RetriableException.class))
                .allMatch(Objects::nonNull);
    }

    /**
     * Settings of created topics. Writes topics keep the last event of every key forever: values are read back from them. Records
     * in the other topics have the broker's time, so that none is refused because the clock of this process is wrong.
     */
    private Map<String, String> newConfig(String topic) {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_DELETE);
        if (config.replicas().stream()
                .anyMatch(name -> config.replica(name).writesTopic().equals(topic))) {
            settings.put(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT);
            long tombstones = config.tombstoneRetention().toMillis();
            settings.put(TopicConfig.DELETE_RETENTION_MS_CONFIG, Long.toString(tombstones));
            return settings;
        }
        settings.put(TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG, TimestampType.LOG_APPEND_TIME.name);
        if (topic.equals(config.conflictsTopic())) {
            settings.put(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT);
        } else if (topic.equals(config.controlTopic()) || observations().contains(topic)) {
            long kept = config.controlRetention().toMillis();
            settings.put(TopicConfig.RETENTION_MS_CONFIG, Long.toString(kept));
        } else if (spansDataset(topic)) {
            long validity = config.repairValidity().toMillis();
            settings.put(TopicConfig.RETENTION_MS_CONFIG, Long.toString(validity));
        }
        return settings;
    }

    /** Returns the writes and control topics with log append time, and warns about writes topics that lose values. */
    private Set<String> inspect() {
        Set<String> topics = new LinkedHashSet<>(hostedWrites());
        topics.addAll(config.controlTopics());
        Set<String> logAppendTime = new TreeSet<>();
        describeConfigs(topics).forEach((name, topic) -> {
            if (value(topic, TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG).equals(TimestampType.LOG_APPEND_TIME.name)) {
                logAppendTime.add(name);
            }
            if (hostedWrites().contains(name)) {
                warnAboutRetention(name, topic);
                warnAboutDeletes(name, topic);
            }
        });
        return logAppendTime;
    }

    /** {@code max.message.bytes} of each topic that this process writes, by name. */
    Map<String, Integer> maxMessageBytes() {
        Set<String> topics = new LinkedHashSet<>(required());
        topics.removeAll(hostedWrites());
        Map<String, Integer> maxBytes = new HashMap<>();
        describeConfigs(topics)
                .forEach((topic, config) ->
                        maxBytes.put(topic, Integer.parseInt(value(config, TopicConfig.MAX_MESSAGE_BYTES_CONFIG))));
        int control = maxBytes.get(config.controlTopic());
        if (control < MIN_CONTROL_BYTES) {
            throw new TopicCheckException("max.message.bytes of control topic " + config.controlTopic() + " is "
                    + control + ", less than a control message may take. Set it to " + MIN_CONTROL_BYTES + " or more.");
        }
        return maxBytes;
    }

    private Map<String, Config> describeConfigs(Set<String> topics) {
        List<ConfigResource> resources = topics.stream()
                .map(topic -> new ConfigResource(ConfigResource.Type.TOPIC, topic))
                .toList();
        Map<String, Config> configs = new TreeMap<>();
        admin.describeConfigs(resources)
                .values()
                .forEach((resource, future) ->
                        configs.put(resource.name(), await(future, resource.name(), "DescribeConfigs", null)));
        return configs;
    }

    private static void warnAboutRetention(String topic, Config config) {
        String retention = value(config, TopicConfig.RETENTION_MS_CONFIG);
        boolean deletes = value(config, TopicConfig.CLEANUP_POLICY_CONFIG).contains(TopicConfig.CLEANUP_POLICY_DELETE);
        if (deletes && !retention.equals("-1")) {
            LOG.warn(
                    "Writes topic {} deletes records after {} ms: a repair cannot carry a value that is deleted there and"
                            + " then only names the replica that holds it, and a lost state cannot be rebuilt from the topic."
                            + " Set cleanup.policy=compact, or retention.ms=-1.",
                    topic,
                    retention);
        }
    }

    private void warnAboutDeletes(String topic, Config topicConfig) {
        boolean compacted =
                value(topicConfig, TopicConfig.CLEANUP_POLICY_CONFIG).contains(TopicConfig.CLEANUP_POLICY_COMPACT);
        long kept = Long.parseLong(value(topicConfig, TopicConfig.DELETE_RETENTION_MS_CONFIG));
        long retention = config.tombstoneRetention().toMillis();
        if (compacted && kept < retention) {
            LOG.warn(
                    "Compacted writes topic {} keeps the records of deletes for {} ms only (delete.retention.ms), less than"
                            + " tombstone.retention ({} ms): if the state is lost and built again from the topic, older deletes"
                            + " are missing in it, and a person must decide about entries of that age. Set"
                            + " delete.retention.ms={}.",
                    topic,
                    kept,
                    retention,
                    retention);
        }
    }

    private static String value(Config config, String name) {
        return config.get(name).value();
    }

    /** Waits for an answer; returns null if it failed with {@code expected}. */
    private <T> T await(
            KafkaFuture<T> future, String topic, String operation, Class<? extends RuntimeException> expected) {
        try {
            return future.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TopicCheckException("Interrupted while checking topic " + topic, e);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            if (expected != null && expected.isInstance(cause)) {
                return null;
            }
            throw failed(topic, operation, cause);
        }
    }

    private TopicCheckException failed(String topic, String operation, Throwable cause) {
        if (cause instanceof AuthorizationException) {
            return new TopicCheckException("Not authorized: the ACL operation " + operation + " on topic " + topic
                    + " is needed"
                    + (operation.equals("Create") ? " (or create it yourself and set topics.create=false)" : ""));
        }
        return new TopicCheckException(
                "Cannot check topic " + topic + " on " + config.bootstrapServers() + ": " + Failures.reason(cause),
                cause);
    }

    /** Topics that this process reads or writes. */
    private Set<String> required() {
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

    private Set<String> sameCount() {
        Set<String> topics = new LinkedHashSet<>(hostedWrites());
        topics.addAll(repairs());
        topics.addAll(config.controlTopics());
        topics.add(config.controlTopic());
        topics.addAll(observations());
        topics.addAll(sameCountIfPresent());
        return topics;
    }

    private boolean spansDataset(String topic) {
        return sameCount().contains(topic);
    }

    /** Other replicas' writes topics may lie in another cluster; nothing here reads them. */
    private Set<String> sameCountIfPresent() {
        Set<String> topics = new LinkedHashSet<>();
        config.replicas().forEach(name -> topics.add(config.replica(name).writesTopic()));
        return topics;
    }

    private List<String> observations() {
        return config.observationsTopic().stream().toList();
    }

    private List<String> hostedWrites() {
        return config.hostedReplicas().stream()
                .map(name -> config.replica(name).writesTopic())
                .toList();
    }

    private List<String> repairs() {
        List<String> topics = new ArrayList<>();
        for (String name : config.replicas()) {
            ReplicaTopics replica = config.replica(name);
            if (replica.repairsTopic() != null) {
                topics.add(replica.repairsTopic());
            }
        }
        return topics;
    }
}
