package io.trueup.config;

import io.trueup.failure.ClientSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.ConfigKey;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.types.Password;

/** Settings that are passed on to Kafka's clients: {@code kafka.}, {@code streams.}, {@code consumer.} and {@code producer.}. */
final class PassThrough {

    static final String KAFKA_PREFIX = "kafka.";

    /** In order of precedence: later ones replace earlier ones. */
    private static final List<String> PREFIXES = List.of(
            KAFKA_PREFIX, KafkaClient.STREAMS.prefix(), KafkaClient.CONSUMER.prefix(), KafkaClient.PRODUCER.prefix());

    private final List<KafkaSetting> settings;
    private final List<String> warnings = new ArrayList<>();

    private PassThrough(List<KafkaSetting> settings) {
        this.settings = settings;
    }

    /** Whether a key is passed on. */
    static boolean covers(String key) {
        return PREFIXES.stream().anyMatch(prefix -> key.startsWith(prefix) && key.length() > prefix.length());
    }

    /** Returns the prefix for a name that Kafka knows; empty if it does not know the name. */
    static Optional<String> prefixFor(String name) {
        List<KafkaClient> clients = new ArrayList<>();
        for (KafkaClient client : KafkaClient.values()) {
            if (client.definition().names().contains(name)) {
                clients.add(client);
            }
        }
        clients.remove(KafkaClient.ADMIN);
        if (clients.size() > 1) {
            return Optional.of(KAFKA_PREFIX);
        }
        return clients.stream().findFirst().map(KafkaClient::prefix);
    }

    static PassThrough parse(Map<String, String> given, Problems problems) {
        List<KafkaSetting> settings = new ArrayList<>();
        for (String prefix : PREFIXES) {
            new TreeMap<>(given).forEach((key, value) -> {
                if (key.startsWith(prefix) && covers(key)) {
                    settings.add(KafkaSetting.of(key, value.trim()));
                }
            });
        }
        PassThrough passThrough = new PassThrough(settings);
        settings.forEach(setting -> passThrough.check(setting, problems));
        Map<String, String> byName = new TreeMap<>();
        settings.forEach(setting -> byName.put(setting.name(), setting.text()));
        settings.forEach(setting -> {
            byName.put(setting.name(), setting.text());
            ClientSettings.fault(setting.name(), byName)
                    .ifPresent(fault -> problems.add(setting.key(), setting.text(), fault));
        });
        return passThrough;
    }

    /** Settings that look wrong but may be right, such as a setting of a plug-in that Kafka itself does not know. */
    List<String> warnings() {
        return warnings;
    }

    /** Adds the settings to the properties of a Kafka Streams application; they replace what they name. */
    void addToStreams(Map<String, Object> properties) {
        for (KafkaSetting setting : settings) {
            KafkaClient.plain().forEach(client -> properties.remove(client.prefix() + setting.streamsName()));
        }
        settings.forEach(setting -> properties.put(setting.streamsName(), setting.value()));
    }

    /** Adds the settings of one kind of client to its properties; they replace what they name. */
    void addTo(KafkaClient client, Map<String, Object> properties) {
        settings.stream()
                .filter(setting -> setting.reaches(client))
                .forEach(setting -> properties.put(setting.name(), setting.value()));
    }

    /** All settings as given, secrets included. */
    Map<String, Object> all() {
        Map<String, Object> all = new TreeMap<>();
        settings.forEach(setting -> all.put(setting.key(), setting.text()));
        return all;
    }

    /** All settings as text without secrets. */
    Map<String, String> shown() {
        Map<String, String> shown = new TreeMap<>();
        settings.forEach(setting -> shown.put(setting.key(), setting.secret() ? Password.HIDDEN : setting.text()));
        return shown;
    }

    private void check(KafkaSetting setting, Problems problems) {
        String reason = setting.ownedBecause();
        if (reason != null) {
            problems.addText(setting.key(), setting.key() + " cannot be set: " + reason);
        } else if (!setting.definitions().isEmpty()) {
            checkValue(setting, problems);
        } else if (!setting.clients().isEmpty()) {
            warnings.add(setting.key() + " is unknown to Kafka; it is passed on, in case a plug-in reads it"
                    + hint(setting));
        }
    }

    private static String hint(KafkaSetting setting) {
        return prefixFor(setting.name())
                .map(prefix -> "; did you mean " + prefix + setting.name() + "?")
                .orElseGet(() -> Similar.hint(setting.key(), setting.knownKeys()));
    }

    private static void checkValue(KafkaSetting setting, Problems problems) {
        try {
            for (ConfigKey definition : setting.definitions()) {
                Object value = ConfigDef.parseType(setting.key(), setting.text(), definition.type);
                if (definition.validator != null) {
                    definition.validator.ensureValid(setting.key(), value);
                }
            }
        } catch (ConfigException e) {
            if (setting.secret()) {
                problems.addText(
                        setting.key(), setting.key() + " has a value that Kafka refuses; it is not shown here");
            } else {
                problems.add(setting.key(), e);
            }
        }
    }
}
