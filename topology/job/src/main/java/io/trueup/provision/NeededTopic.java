package io.trueup.provision;

import io.trueup.failure.ShellWords;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A topic that a configuration needs. Immutable.
 *
 * @param name its name
 * @param use what it is for
 * @param replica the replica to which it belongs, if it belongs to one
 * @param namedBy the configuration key that names it, or what it is for
 * @param settings the settings that it should have
 */
public record NeededTopic(
        String name, TopicUse use, Optional<String> replica, String namedBy, List<NeededSetting> settings) {

    /** Copies the settings. */
    public NeededTopic {
        settings = List.copyOf(settings);
    }

    /** What the topic contains, such as {@code write events of eu}. */
    public String content() {
        return switch (use) {
            case WRITES -> "write events of " + replica.orElseThrow();
            case WRITES_ELSEWHERE -> "write events of " + replica.orElseThrow() + ", which is hosted elsewhere";
            case REPAIRS -> "repair events for " + replica.orElseThrow();
            case CONTROL -> "control messages";
            case OBSERVATIONS -> "keys for which clients have read differing answers";
            case ROUNDS -> "reports of rounds";
            case CONFLICTS -> "keys for which no entry wins";
            case DEAD_LETTERS -> "records that cannot be read";
            case CHANGELOG -> "entries of a reconciler; Kafka Streams creates the topic";
        };
    }

    /** The settings that a new topic gets. */
    public Map<String, String> settingsAtCreation() {
        Map<String, String> values = new LinkedHashMap<>();
        settings.stream()
                .filter(NeededSetting::isSetAtCreation)
                .forEach(setting -> values.put(setting.name(), setting.value()));
        return values;
    }

    /**
     * Returns the options by which {@code kafka-topics.sh --create} creates the topic as it should be.
     *
     * @param replicationFactor -1 means the brokers' default
     */
    public List<String> creationOptions(int partitions, short replicationFactor) {
        List<String> options = new ArrayList<>();
        options.add("--topic " + ShellWords.quoted(name));
        options.add("--partitions " + partitions);
        if (replicationFactor > 0) {
            options.add("--replication-factor " + replicationFactor);
        }
        settingsAtCreation()
                .forEach((setting, value) -> options.add("--config " + ShellWords.quoted(setting + "=" + value)));
        return options;
    }
}
