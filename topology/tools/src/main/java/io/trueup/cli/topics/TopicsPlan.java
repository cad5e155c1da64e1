package io.trueup.cli.topics;

import io.trueup.command.TopicFinding;
import io.trueup.command.TopicFinding.State;
import io.trueup.config.TrueupConfig;
import io.trueup.failure.ShellWords;
import io.trueup.provision.NeededSetting;
import io.trueup.provision.NeededTopic;
import io.trueup.provision.TopicUse;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What is printed.
 *
 * @param config the configuration
 * @param looked whether the brokers were asked
 * @param topics all topics
 * @param createWrites the replicas whose writes topics a person wants to be created
 * @param created the topics that were created just now
 * @param principals what each principal needs
 * @param acls the ACLs of the brokers; empty if they were not asked for them
 */
record TopicsPlan(
        TrueupConfig config,
        boolean looked,
        List<TopicFinding> topics,
        Set<String> createWrites,
        List<NeededTopic> created,
        List<PrincipalAcls> principals,
        Optional<ComparedAcls> acls) {

    int partitions() {
        return topics.get(0).wantedPartitions();
    }

    /** Whether a topic may be created: a writes topic only if a person has named its replica. */
    static boolean isCreatable(NeededTopic topic, Set<String> createWrites) {
        return switch (topic.use().creator()) {
            case JOB -> true;
            case PERSON ->
                topic.use() == TopicUse.WRITES
                        && createWrites.contains(topic.replica().orElseThrow());
            case KAFKA_STREAMS -> false;
        };
    }

    /** The topics that commands and resources create. */
    List<NeededTopic> creatable() {
        return topics.stream()
                .map(TopicFinding::needed)
                .filter(topic -> isCreatable(topic, createWrites))
                .toList();
    }

    /** What to say about each writes topic that is not known to exist, and is not created because no person has asked for it. */
    List<String> leftOut() {
        return topics.stream()
                .filter(TopicFinding::needsAPerson)
                .filter(topic -> !createWrites.contains(topic.needed().replica().orElseThrow()))
                .map(this::leftOut)
                .toList();
    }

    private String leftOut(TopicFinding topic) {
        String name = topic.needed().name();
        String replica = topic.needed().replica().orElseThrow();
        String similar =
                topic.similar().map(other -> " (did you mean " + other + "?)").orElse("");
        String found = looked ? " does not exist" + similar + ", and is not created: " : " is left out: ";
        return "The writes topic " + name + " of replica " + replica + found
                + "a new one states that its replica holds nothing, so the replica would be filled, and if it is the primary, the"
                + " others emptied. Check "
                + topic.needed().namedBy() + ". If the datastore is new, give --create-writes " + replica + ".";
    }

    /** What to do about each topic that differs. */
    List<String> corrections() {
        List<String> corrections = new ArrayList<>();
        for (TopicFinding topic : topics) {
            if (!topic.partitionsFit()) {
                corrections.add("Create " + topic.needed().name() + " again with " + topic.wantedPartitions()
                        + " partitions, or set topics.partitions if it is the others that are wrong: adding partitions to a"
                        + " topic moves keys that are already in it.");
            }
            String settings = String.join(",", corrected(topic));
            if (!settings.isEmpty()) {
                corrections.add("kafka-configs.sh --bootstrap-server " + ShellWords.quoted(config.bootstrapServers())
                        + " --alter --entity-type topics --entity-name "
                        + topic.needed().name() + " --add-config "
                        + settings);
            }
        }
        return corrections;
    }

    /** The settings to change. One setting may need another: a topic that becomes compacted must keep its deletes. */
    private static Set<String> corrected(TopicFinding topic) {
        Set<String> changes = new LinkedHashSet<>();
        Map<String, String> settings = new HashMap<>(topic.settings());
        for (NeededSetting setting : topic.needed().settings()) {
            if (topic.partitions().isPresent() && !setting.isMetBy(settings)) {
                settings.put(setting.name(), setting.value());
                changes.add(setting.name() + "=" + setting.value());
            }
        }
        return changes;
    }

    /** Whether a topic is missing that can be created without a person's decision. */
    boolean canCreate() {
        return topics.stream()
                .anyMatch(topic -> topic.state() == State.MISSING && isCreatable(topic.needed(), createWrites));
    }
}
