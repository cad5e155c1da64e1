package io.trueup.job;

import io.trueup.config.Keys;
import io.trueup.config.ReplicaTopics;
import io.trueup.config.ReplicaTopics.Format;
import io.trueup.config.ReplicaTopics.Role;
import io.trueup.config.TrueupConfig;
import io.trueup.failure.Failures;
import io.trueup.provision.NeededTopics;
import io.trueup.reconcile.exchange.Message;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
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
import org.apache.kafka.common.acl.AclOperation;
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

    /** After this time a broker that did not know a topic yet, because it had just been created, has heard of it. */
    private static final Duration LOOK_AGAIN_AFTER = Duration.ofSeconds(2);

    private static final Logger LOG = LoggerFactory.getLogger(TopicCheck.class);

    private final TrueupConfig config;
    private final NeededTopics needed;
    private final Admin admin;
    private final AclCheck acls;

    TopicCheck(TrueupConfig config, Admin admin) {
        this.config = config;
        this.admin = admin;
        needed = new NeededTopics(config);
        acls = new AclCheck(config, admin);
    }

    /** The writes topics of the replicas that are hosted here. */
    Set<String> hostedWrites() {
        return needed.hostedWrites();
    }

    /** A topic as found. */
    record Found(Uuid id, int partitions) {}

    /**
     * Properties of the topics that the job needs.
     *
     * @param partitions partitions of the dataset
     * @param topics by name
     * @param logAppendTime the writes topics whose records carry the broker's time
     */
    record Topics(int partitions, Map<String, Found> topics, Set<String> logAppendTime) {}

    /**
     * Creates missing topics if the configuration allows it, except writes topics, then checks all.
     *
     * @throws TopicCheckException if something does not fit
     */
    Topics prepare() {
        Map<String, Found> found = describe();
        Set<String> missing = missing(found);
        if (!canBeCreated(missing)) {
            found = describeAgain();
            missing = missing(found);
        }
        if (!missing.isEmpty()) {
            requireThatTheyCanBeCreated(missing, partitionsToCreate(found));
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
            now = describeAgain();
            missing.retainAll(missing(now));
            requireThatNoneIsDeleted(missing, before.partitions());
        }
        if (!missing(now).isEmpty()) {
            return; // seen for the first time: the next check decides
        }
        requireThatNoneIsCreatedAgain(before, now);
        requireEqualPartitions(now);
        if (partitions(now) != before.partitions()) {
            throw new TopicCheckException("The topics of dataset " + config.dataset() + " had " + before.partitions()
                    + " partitions when the job started and now have " + partitions(now)
                    + ". Keys have moved to other partitions: reset the applications and start the job again.");
        }
    }

    private void requireThatNoneIsCreatedAgain(Topics before, Map<String, Found> now) {
        for (String writes : needed.hostedWrites()) {
            if (!now.get(writes).id().equals(before.topics().get(writes).id())) {
                throw new TopicCheckException("The writes topic " + writes
                        + " was created again while the job ran: the state of replica " + needed.replicaOf(writes)
                        + " is no longer valid. " + afterCreation(writes));
            }
        }
    }

    private void requireThatNoneIsDeleted(Set<String> missing, int partitions) {
        for (String topic : missing) {
            if (needed.hostedWrites().contains(topic)) {
                throw new TopicCheckException("The writes topic " + topic
                        + " was deleted while the job ran: what replica " + needed.replicaOf(topic)
                        + " holds is in no topic any more. Create it again:\n  "
                        + needed.createCommand(topic, partitions) + "\n" + afterCreation(topic));
            }
        }
        if (!missing.isEmpty()) {
            throw new TopicCheckException("These topics were deleted while the job ran: " + missing
                    + ". Create them again with " + partitions + " partitions and start the job again.");
        }
    }

    private String afterCreation(String writes) {
        return "Remove the state: trueup reset --replica " + needed.replicaOf(writes)
                + " --execute. Let the datastore send all that it holds (a scan), and start the job again; what the topic does not"
                + " contain then counts as missing at that replica.";
    }

    private boolean canBeCreated(Set<String> missing) {
        return missing.isEmpty()
                || config.topicsCreate() && missing.stream().noneMatch(needed.hostedWrites()::contains);
    }

    /** A writes topic that the job creates would make an empty replica of one whose topic is misspelled. */
    private void requireThatTheyCanBeCreated(Set<String> missing, int partitions) {
        Set<String> writes = new TreeSet<>(missing);
        writes.retainAll(needed.hostedWrites());
        Set<String> others = new TreeSet<>(missing);
        others.removeAll(writes);
        MissingTopics messages = new MissingTopics(needed, admin);
        List<String> errors = new ArrayList<>();
        if (!writes.isEmpty()) {
            errors.add(messages.writes(writes, partitions));
        }
        if (!others.isEmpty() && !config.topicsCreate()) {
            errors.add(messages.others(others, partitions));
        }
        if (!errors.isEmpty()) {
            throw new TopicCheckException(String.join("\n", errors));
        }
    }

    /** A single broker may not know a topic although it exists: only what two answers lack is missing. */
    private Map<String, Found> describeAgain() {
        LockSupport.parkNanos(LOOK_AGAIN_AFTER.toNanos());
        return describe();
    }

    private Map<String, Found> describe() {
        Set<String> names = new LinkedHashSet<>(needed.required());
        names.addAll(needed.sameCountIfPresent());
        names.addAll(acls.changelogs());
        Map<String, KafkaFuture<TopicDescription>> descriptions = acls.describe(names);
        acls.require(descriptions);
        Map<String, Found> found = new TreeMap<>();
        descriptions.forEach((name, future) -> {
            TopicDescription topic = await(future, name, AclOperation.DESCRIBE, UnknownTopicOrPartitionException.class);
            if (topic != null) {
                found.put(name, new Found(topic.topicId(), topic.partitions().size()));
            }
        });
        return found;
    }

    private Set<String> missing(Map<String, Found> found) {
        Set<String> missing = new TreeSet<>(needed.required());
        missing.removeAll(found.keySet());
        return missing;
    }

    private void requireEqualPartitions(Map<String, Found> found) {
        Map<String, Integer> counts = new TreeMap<>();
        needed.sameCount().stream()
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
                if (await(described, feed, AclOperation.DESCRIBE, UnknownTopicOrPartitionException.class) == null) {
                    throw new TopicCheckException("There is no topic " + feed + ", which "
                            + Keys.replica(replica, Keys.PROGRESS) + " names as the feed of replica " + replica
                            + ". Name the topic that its datastore consumes, after the @.");
                }
                acls.requireGroup(replica, source);
            });
        }
    }

    private int partitions(Map<String, Found> found) {
        return found.get(config.controlTopic()).partitions();
    }

    private int partitionsToCreate(Map<String, Found> found) {
        Map<String, Integer> existing = new HashMap<>();
        found.forEach((topic, properties) -> existing.put(topic, properties.partitions()));
        return needed.partitions(existing);
    }

    private void create(Set<String> missing, int partitions) {
        List<NewTopic> topics = missing.stream()
                .map(topic -> new NewTopic(topic, partitions, config.topicsReplicationFactor())
                        .configs(needed.settings(topic)))
                .toList();
        Map<String, KafkaFuture<Void>> results = admin.createTopics(topics).values();
        acls.requireCreated(results);
        results.forEach((topic, created) -> await(created, topic, AclOperation.CREATE, TopicExistsException.class));
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
                .map(partition -> await(
                        ends.partitionResult(partition),
                        partition.topic(),
                        AclOperation.DESCRIBE,
                        RetriableException.class))
                .allMatch(Objects::nonNull);
    }

    /** Returns the writes topics with log append time, and warns about those that lose values. */
    private Set<String> inspect() {
        Set<String> logAppendTime = new TreeSet<>();
        describeConfigs(needed.hostedWrites()).forEach((name, topic) -> {
            if (value(topic, TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG).equals(TimestampType.LOG_APPEND_TIME.name)) {
                logAppendTime.add(name);
                requireVersionsOfItsOwn(name);
            }
            warnAboutRetention(name, topic);
            warnAboutDeletes(name, topic);
        });
        return logAppendTime;
    }

    /**
     * A plain write event without a header has the record's time as version. If that is the broker's, the event that answers a
     * repair is newer than the repaired write, and the other replicas would be repaired in turn, for ever. A source is never
     * repaired.
     */
    private void requireVersionsOfItsOwn(String writesTopic) {
        String name = needed.replicaOf(writesTopic);
        ReplicaTopics replica = config.replica(name);
        boolean versions = !config.settings(name).rules().compareValues();
        if (versions && replica.writesFormat() == Format.PLAIN && replica.role() == Role.REPLICA) {
            throw new TopicCheckException(Keys.replica(name, Keys.WRITES_FORMAT) + "=plain and " + Keys.COMPARE
                    + "=version do not fit writes topic " + writesTopic
                    + ", which has message.timestamp.type=LogAppendTime: without the header trueup.version, the version of a plain write event is the time of its"
                    + " record, here that of the broker, so each repair that replica " + name
                    + " applies would look like a newer write, and the replicas would repair each other for ever. Set"
                    + " message.timestamp.type=CreateTime on the topic, or " + Keys.COMPARE + "=value with "
                    + Keys.RESOLUTION + "=majority or primary:<replica>, or "
                    + Keys.replica(name, Keys.WRITES_FORMAT) + "=trueup.");
        }
    }

    /** {@code max.message.bytes} of each topic that this process writes, by name. */
    Map<String, Integer> maxMessageBytes() {
        Map<String, Integer> maxBytes = new HashMap<>();
        describeConfigs(needed.written())
                .forEach((topic, config) ->
                        maxBytes.put(topic, Integer.parseInt(value(config, TopicConfig.MAX_MESSAGE_BYTES_CONFIG))));
        int control = maxBytes.get(config.controlTopic());
        if (control < Message.MAX_BYTES) {
            throw new TopicCheckException("max.message.bytes of control topic " + config.controlTopic() + " is "
                    + control + ", less than a control message may take. Set it to " + Message.MAX_BYTES + " or more.");
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
                .forEach((resource, future) -> configs.put(
                        resource.name(), await(future, resource.name(), AclOperation.DESCRIBE_CONFIGS, null)));
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
            KafkaFuture<T> future, String topic, AclOperation operation, Class<? extends RuntimeException> expected) {
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

    private TopicCheckException failed(String topic, AclOperation operation, Throwable cause) {
        if (cause instanceof AuthorizationException) {
            return new TopicCheckException(acls.denied(topic, operation).message(config.bootstrapServers()));
        }
        return new TopicCheckException(
                "Cannot check topic " + topic + " on " + config.bootstrapServers() + ": " + Failures.reason(cause),
                cause);
    }
}
