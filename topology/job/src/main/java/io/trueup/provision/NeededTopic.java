package io.trueup.provision;

import io.trueup.failure.ShellWords;
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
    public String creationOptions(int partitions, short replicationFactor) {
        StringBuilder options =
                new StringBuilder("--topic " + ShellWords.quoted(name)).append(" --partitions " + partitions);
        if (replicationFactor > 0) {
            options.append(" --replication-factor " + replicationFactor);
        }
        settingsAtCreation()
                .forEach((setting, value) -> options.append(" --config " + ShellWords.quoted(setting + "=" + value)));
        return options.toString();
    }
}
