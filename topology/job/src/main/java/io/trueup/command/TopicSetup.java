package io.trueup.command;

import io.trueup.command.TopicFinding.State;
import io.trueup.config.Keys;
import io.trueup.config.Similar;
import io.trueup.config.TrueupConfig;
import io.trueup.failure.Failures;
import io.trueup.failure.MissingAcl;
import io.trueup.provision.NeededTopic;
import io.trueup.provision.NeededTopics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.SecurityDisabledException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * The topics of a configuration on the brokers, next to what they should be. Creates those that it is asked to create. Every call
 * waits for the brokers. Not thread-safe.
 */
public final class TopicSetup implements AutoCloseable {

    private static final int TIMEOUT_MS = 20_000;
    private static final Duration LOOK_AGAIN_AFTER = Duration.ofMillis(100);
    private static final int MAX_LOOKS = 100;

    private final TrueupConfig config;
    private final NeededTopics needed;
    private final Admin admin;

    /**
     * Opens a connection.
     *
     * @throws CommandFailedException if that cannot be tried, for example because no name of a broker is known
     */
    public TopicSetup(TrueupConfig config) {
        this.config = config;
        needed = new NeededTopics(config);
        Map<String, Object> properties = new HashMap<>(config.adminProperties());
        properties.put(AdminClientConfig.CLIENT_ID_CONFIG, "trueup-" + config.dataset() + "-command");
        properties.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, TIMEOUT_MS);
        properties.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, TIMEOUT_MS);
        try {
            admin = Admin.create(properties);
        } catch (KafkaException e) {
            throw new CommandFailedException(
                    "cannot connect to the brokers at " + config.bootstrapServers() + ": " + Failures.reason(e)
                            + ". Check bootstrap.servers, and the security settings below kafka.",
                    e);
        }
    }

    /** What a dataset needs without a look at the brokers: none of its topics is known to exist. */
    public static List<TopicFinding> unseen(TrueupConfig config) {
        NeededTopics needed = new NeededTopics(config);
        return needed.all().stream()
                .map(topic -> new TopicFinding(
                        topic, needed.partitions(Map.of()), OptionalInt.empty(), Map.of(), Optional.empty()))
                .toList();
    }

    /**
     * Compares all topics with what they should be.
     *
     * @throws CommandFailedException if the brokers do not answer, or this process may not describe a topic; the message names all
     *     ACLs that it lacks
     */
    public List<TopicFinding> find() {
        Map<String, Integer> existing = describe();
        Map<String, Map<String, String>> settings = settings(existing.keySet());
        int partitions = needed.partitions(existing);
        List<String> unused =
                existing.keySet().containsAll(needed.hostedWrites()) ? List.of() : needed.unused(topicsOfTheCluster());
        return needed.all().stream()
                .map(topic -> new TopicFinding(
                        topic,
                        partitions,
                        existing.containsKey(topic.name())
                                ? OptionalInt.of(existing.get(topic.name()))
                                : OptionalInt.empty(),
                        settings.getOrDefault(topic.name(), Map.of()),
                        needed.hostedWrites().contains(topic.name())
                                ? Similar.to(topic.name(), unused)
                                : Optional.empty()))
                .toList();
    }

    private Map<String, Integer> describe() {
        List<String> names = needed.all().stream().map(NeededTopic::name).toList();
        Denied denied = new Denied();
        Map<String, Integer> partitions = new HashMap<>();
        admin.describeTopics(names).topicNameValues().forEach((name, answer) -> {
            Optional<TopicDescription> topic =
                    await(answer, UnknownTopicOrPartitionException.class, denied, name, AclOperation.DESCRIBE);
            topic.ifPresent(found -> partitions.put(name, found.partitions().size()));
        });
        denied.check();
        return partitions;
    }

    /**
     * Returns all ACLs of the brokers.
     *
     * @throws CommandFailedException if the brokers do not answer, have no authorizer, or do not tell this process
     */
    public Collection<AclBinding> acls() {
        try {
            return admin.describeAcls(AclBindingFilter.ANY).values().get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailedException("interrupted", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof SecurityDisabledException) {
                throw new CommandFailedException(
                        "the brokers at " + config.bootstrapServers()
                                + " have no authorizer, so there are no ACLs to compare:"
                                + " any client that can connect may read, write and delete every topic",
                        e.getCause());
            }
            if (e.getCause() instanceof AuthorizationException) {
                throw new CommandFailedException(
                        MissingAcl.describeCluster().message(config.bootstrapServers()), e.getCause());
            }
            throw failed(e.getCause());
        }
    }

    /** Only what is compared is asked for: a topic in which any setting will do needs no permission. */
    private Map<String, Map<String, String>> settings(Set<String> existing) {
        List<ConfigResource> resources = needed.all().stream()
                .filter(topic ->
                        existing.contains(topic.name()) && !topic.settings().isEmpty())
                .map(topic -> new ConfigResource(ConfigResource.Type.TOPIC, topic.name()))
                .toList();
        Denied denied = new Denied();
        Map<String, Map<String, String>> settings = new HashMap<>();
        admin.describeConfigs(resources).values().forEach((resource, answer) -> {
            Optional<Config> topic = await(
                    answer,
                    UnknownTopicOrPartitionException.class,
                    denied,
                    resource.name(),
                    AclOperation.DESCRIBE_CONFIGS);
            topic.ifPresent(found -> settings.put(
                    resource.name(),
                    found.entries().stream()
                            .filter(entry -> entry.value() != null)
                            .collect(Collectors.toMap(ConfigEntry::name, ConfigEntry::value))));
        });
        denied.check();
        return settings;
    }

    /** Names that this process may see; the names of topics that resemble a missing one only help a person. */
    private Set<String> topicsOfTheCluster() {
        return await(admin.listTopics().names(), AuthorizationException.class, new Denied(), "", AclOperation.DESCRIBE)
                .orElse(Set.of());
    }

    /**
     * Creates topics, and waits until the brokers know them.
     *
     * @param found what {@link #find} has returned
     * @param topics which of them to create
     * @throws CommandFailedException if the topics that exist do not agree on the number of partitions, or the brokers refuse
     */
    public void create(List<TopicFinding> found, Collection<NeededTopic> topics) {
        requireEqualPartitions(found);
        int partitions = found.get(0).wantedPartitions();
        Map<String, KafkaFuture<Void>> answers = admin.createTopics(topics.stream()
                        .map(topic -> new NewTopic(topic.name(), partitions, config.topicsReplicationFactor())
                                .configs(topic.settingsAtCreation()))
                        .toList())
                .values();
        Denied denied = new Denied();
        answers.forEach((name, answer) -> await(answer, TopicExistsException.class, denied, name, AclOperation.CREATE));
        denied.check();
        Set<String> names = topics.stream().map(NeededTopic::name).collect(Collectors.toSet());
        for (int look = 0; look < MAX_LOOKS && !describe().keySet().containsAll(names); look++) {
            LockSupport.parkNanos(LOOK_AGAIN_AFTER.toNanos());
        }
    }

    /** A topic with the wrong number of partitions cannot be corrected, because it has keys in the wrong ones. */
    private void requireEqualPartitions(List<TopicFinding> found) {
        Map<String, Integer> others = new TreeMap<>();
        found.stream()
                .filter(topic -> !topic.partitionsFit())
                .forEach(topic ->
                        others.put(topic.needed().name(), topic.partitions().orElseThrow()));
        if (!others.isEmpty()) {
            throw new CommandFailedException("nothing is created, because topics of dataset " + config.dataset()
                    + " do not have the same number of partitions. Topics would be created with "
                    + found.get(0).wantedPartitions() + "; there are "
                    + others.entrySet().stream()
                            .map(topic -> topic.getKey() + " with " + topic.getValue())
                            .collect(Collectors.joining(", "))
                    + ". Set " + Keys.TOPICS_PARTITIONS
                    + " to the number of the writes topics, and create topics again that"
                    + " have another one.");
        }
    }

    /** Collects the permissions that this process lacks, so that one message names all of them. */
    private final class Denied {

        private final Map<String, MissingAcl> missing = new LinkedHashMap<>();

        void add(String topic, AclOperation operation) {
            String key = needed.all().stream()
                    .filter(candidate -> candidate.name().equals(topic))
                    .findFirst()
                    .map(NeededTopic::namedBy)
                    .orElse("");
            missing.put(topic, MissingAcl.topic(topic, key, Set.of(operation)));
        }

        void check() {
            if (!missing.isEmpty()) {
                List<MissingAcl> sorted = new ArrayList<>(new TreeMap<>(missing).values());
                throw new CommandFailedException(MissingAcl.message(sorted, config.bootstrapServers()));
            }
        }
    }

    /**
     * Waits for an answer.
     *
     * @param absent the failure that means that there is nothing
     * @param denied notes a permission that is missing
     */
    private <T> Optional<T> await(
            KafkaFuture<T> answer,
            Class<? extends Exception> absent,
            Denied denied,
            String topic,
            AclOperation operation) {
        try {
            return Optional.ofNullable(answer.get());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailedException("interrupted", e);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            if (absent.isInstance(cause)) {
                return Optional.empty();
            }
            if (cause instanceof AuthorizationException) {
                denied.add(topic, operation);
                return Optional.empty();
            }
            throw failed(cause);
        }
    }

    private CommandFailedException failed(Throwable cause) {
        if (cause instanceof AuthenticationException) {
            return new CommandFailedException(Failures.explain(cause, Throwable::getMessage), cause);
        }
        return new CommandFailedException(
                "the brokers at " + config.bootstrapServers() + " did not carry out the request: "
                        + Failures.reason(cause)
                        + (cause instanceof RetriableException
                                ? ". Check bootstrap.servers, and that the brokers run."
                                : ""),
                cause);
    }

    /** Whether nothing is missing and nothing differs. */
    public static boolean isComplete(List<TopicFinding> found) {
        return found.stream().noneMatch(topic -> topic.state() == State.MISSING || topic.state() == State.DIFFERS);
    }

    @Override
    public void close() {
        admin.close();
    }
}
