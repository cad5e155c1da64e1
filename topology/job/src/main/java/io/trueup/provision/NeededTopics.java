package io.trueup.provision;

import io.trueup.config.Keys;
import io.trueup.config.ReplicaTopics;
import io.trueup.config.ReplicaTopics.Format;
import io.trueup.config.ReplicaTopics.Role;
import io.trueup.config.TrueupConfig;
import io.trueup.failure.ShellWords;
import io.trueup.provision.NeededSetting.Fit;
import io.trueup.reconcile.exchange.Message;
import io.trueup.state.EntryStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.record.TimestampType;

/** The topics that a configuration needs, and the settings that they should have. Immutable and thread-safe. */
public final class NeededTopics {

    /** Partitions of created topics if none exists yet and the configuration does not say. */
    static final int DEFAULT_PARTITIONS = 4;

    private static final NeededSetting BROKERS_TIME = new NeededSetting(
            TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG,
            TimestampType.LOG_APPEND_TIME.name,
            Fit.SAME,
            "no record is refused because the clock of its sender is wrong");

    private final TrueupConfig config;
    private final Map<String, NeededTopic> topics = new LinkedHashMap<>();

    public NeededTopics(TrueupConfig config) {
        this.config = config;
        config.hostedReplicas().forEach(this::addWrites);
        config.replicas().stream()
                .filter(name -> !config.hostedReplicas().contains(name))
                .forEach(this::addWritesElsewhere);
        config.replicas().forEach(this::addRepairs);
        addControl(config.controlTopic(), Keys.CONTROL_TOPIC);
        config.controlTopics().forEach(topic -> addControl(topic, Keys.CONTROL_TOPICS));
        config.observationsTopic().ifPresent(this::addObservations);
        addRounds();
        addConflicts();
        addDeadLetters();
        config.hostedReplicas().forEach(this::addChangelog);
    }

    private void add(NeededTopic topic) {
        topics.putIfAbsent(topic.name(), topic);
    }

    private void add(String name, TopicUse use, String key, NeededSetting... settings) {
        add(new NeededTopic(name, use, Optional.empty(), key, List.of(settings)));
    }

    private void addWrites(String name) {
        ReplicaTopics replica = config.replica(name);
        List<NeededSetting> settings = new ArrayList<>();
        settings.add(
                new NeededSetting(
                        TopicConfig.CLEANUP_POLICY_CONFIG,
                        TopicConfig.CLEANUP_POLICY_COMPACT,
                        Fit.KEEPS_LAST_RECORDS,
                        "the last event of each key stays: values of repairs are read from it, and a lost state is built again"));
        settings.add(new NeededSetting(
                TopicConfig.DELETE_RETENTION_MS_CONFIG,
                ms(config.tombstoneRetention()),
                Fit.AT_LEAST_IF_COMPACTED,
                "tombstone.retention: a state that is built again finds the deletes"));
        boolean versions = !config.settings(name).rules().compareValues();
        if (versions && replica.writesFormat() == Format.PLAIN && replica.role() == Role.REPLICA) {
            settings.add(new NeededSetting(
                    TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG,
                    TimestampType.CREATE_TIME.name,
                    Fit.SAME,
                    "the version of a plain write event without the header trueup.version is the time of its record"));
        }
        add(new NeededTopic(
                replica.writesTopic(),
                TopicUse.WRITES,
                Optional.of(name),
                Keys.replica(name, Keys.WRITES_TOPIC),
                settings));
    }

    private void addWritesElsewhere(String name) {
        add(new NeededTopic(
                config.replica(name).writesTopic(),
                TopicUse.WRITES_ELSEWHERE,
                Optional.of(name),
                Keys.replica(name, Keys.WRITES_TOPIC),
                List.of()));
    }

    private void addRepairs(String name) {
        String topic = config.replica(name).repairsTopic();
        if (topic != null) {
            List<NeededSetting> settings = List.of(
                    notCompacted("datastores read each repair once, in order"),
                    BROKERS_TIME,
                    retention(config.repairValidity(), "repair.validity: a datastore ignores a repair that is older"),
                    maxBytes(
                            config.repairMaxBytes(),
                            "the largest repair with its value (repair.value.max.bytes); what is larger is sent as a"
                                    + " reference"));
            String key = Keys.replica(name, Keys.REPAIRS_TOPIC);
            add(new NeededTopic(topic, TopicUse.REPAIRS, Optional.of(name), key, settings));
        }
    }

    private void addControl(String topic, String key) {
        add(
                topic,
                TopicUse.CONTROL,
                key,
                notCompacted(
                        "the key of a message is its sender: compaction would remove messages that are not read yet"),
                BROKERS_TIME,
                retention(
                        config.controlRetention(),
                        "ten rounds, an hour and repair.validity, whichever is longest: a command has an effect also if it"
                                + " is sent while no job runs"),
                maxBytes(Message.MAX_BYTES, "the largest control message"));
    }

    private void addObservations(String topic) {
        add(
                topic,
                TopicUse.OBSERVATIONS,
                Keys.OBSERVATIONS_TOPIC,
                notCompacted("each observation is read once"),
                BROKERS_TIME,
                retention(config.controlRetention(), "as long as control messages"));
    }

    private void addRounds() {
        add(
                config.roundsTopic(),
                TopicUse.ROUNDS,
                Keys.ROUNDS_TOPIC,
                notCompacted("`trueup history` shows the rounds as far back as the brokers keep their reports"),
                BROKERS_TIME);
    }

    private void addConflicts() {
        add(
                config.conflictsTopic(),
                TopicUse.CONFLICTS,
                Keys.CONFLICTS_TOPIC,
                new NeededSetting(
                        TopicConfig.CLEANUP_POLICY_CONFIG,
                        TopicConfig.CLEANUP_POLICY_COMPACT,
                        Fit.KEEPS_LAST_RECORDS,
                        "the last report of each key is the list of conflicts"),
                BROKERS_TIME);
    }

    private void addDeadLetters() {
        add(
                config.deadLetterTopic(),
                TopicUse.DEAD_LETTERS,
                Keys.DEAD_LETTER_TOPIC,
                notCompacted("records of the same key do not replace each other"),
                BROKERS_TIME);
    }

    private void addChangelog(String name) {
        NeededSetting compacted = new NeededSetting(
                TopicConfig.CLEANUP_POLICY_CONFIG,
                TopicConfig.CLEANUP_POLICY_COMPACT,
                Fit.KEEPS_LAST_RECORDS,
                "the last record of each entry is the state of the reconciler");
        add(new NeededTopic(
                EntryStore.changelog(config.applicationId(name)),
                TopicUse.CHANGELOG,
                Optional.of(name),
                "the state of replica " + name,
                List.of(compacted, BROKERS_TIME)));
    }

    private static NeededSetting notCompacted(String reason) {
        return new NeededSetting(
                TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_DELETE, Fit.NOT_COMPACTED, reason);
    }

    private static NeededSetting retention(Duration retention, String reason) {
        return new NeededSetting(TopicConfig.RETENTION_MS_CONFIG, ms(retention), Fit.AT_LEAST, reason);
    }

    private static NeededSetting maxBytes(int bytes, String reason) {
        return new NeededSetting(TopicConfig.MAX_MESSAGE_BYTES_CONFIG, Integer.toString(bytes), Fit.AT_LEAST, reason);
    }

    private static String ms(Duration duration) {
        return Long.toString(duration.toMillis());
    }

    /** All topics: writes, repairs, control, observations, reports, changelogs. */
    public List<NeededTopic> all() {
        return List.copyOf(topics.values());
    }

    /** Topics that this process reads or writes, except the changelogs, which Kafka Streams creates. */
    public Set<String> required() {
        return names(topic -> topic.use() != TopicUse.WRITES_ELSEWHERE && topic.use() != TopicUse.CHANGELOG);
    }

    /** Topics that this process writes, except the changelogs. */
    public Set<String> written() {
        Set<String> written = names(topic -> topic.use() == TopicUse.REPAIRS);
        written.add(config.controlTopic());
        written.add(config.roundsTopic());
        written.add(config.conflictsTopic());
        written.add(config.deadLetterTopic());
        return written;
    }

    /** Topics that need the same number of partitions; Kafka Streams checks its changelogs itself. */
    public Set<String> sameCount() {
        return names(topic -> topic.use().samePartitions() && topic.use() != TopicUse.CHANGELOG);
    }

    /** Other replicas' writes topics may lie in another cluster; nothing here reads them. */
    public Set<String> sameCountIfPresent() {
        return names(topic -> topic.use() == TopicUse.WRITES || topic.use() == TopicUse.WRITES_ELSEWHERE);
    }

    /** The writes topics of the replicas that are hosted here. */
    public Set<String> hostedWrites() {
        return names(topic -> topic.use() == TopicUse.WRITES);
    }

    private Set<String> names(Predicate<NeededTopic> which) {
        return topics.values().stream()
                .filter(which)
                .map(NeededTopic::name)
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** The replica that is hosted here and has a writes topic. */
    public String replicaOf(String writesTopic) {
        return topics.get(writesTopic).replica().orElseThrow();
    }

    /** Of all topics of a cluster, those that have no purpose in the configuration. */
    public List<String> unused(Set<String> existing) {
        return existing.stream()
                .filter(topic -> !topics.containsKey(topic))
                .sorted()
                .toList();
    }

    /**
     * Returns the number of partitions that the topics of the dataset should have.
     *
     * @param existing partitions of the topics that exist, by name; topics of other datasets are ignored
     */
    public int partitions(Map<String, Integer> existing) {
        OptionalInt found = sameCount().stream()
                .filter(existing::containsKey)
                .mapToInt(existing::get)
                .findFirst();
        return config.topicsPartitions().orElse(found.orElse(DEFAULT_PARTITIONS));
    }

    /** Returns the settings that a new topic gets. */
    public Map<String, String> settings(String topic) {
        return topics.get(topic).settingsAtCreation();
    }

    /** Returns the command that creates a topic as it should be. */
    public String createCommand(String topic, int partitions) {
        return "kafka-topics.sh --bootstrap-server " + ShellWords.quoted(config.bootstrapServers()) + " --create "
                + String.join(" ", topics.get(topic).creationOptions(partitions, config.topicsReplicationFactor()));
    }
}
