package io.trueup.config;

import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.ConfigKey;
import org.apache.kafka.common.config.ConfigDef.Type;

/**
 * One setting that is passed on to Kafka's clients.
 *
 * @param key the full key, as given
 * @param name the clients' name for it
 * @param streamsName the name under which Kafka Streams takes it
 * @param clients the kinds of client that may read it; none if Kafka has no list of names
 * @param text the value
 */
record KafkaSetting(String key, String name, String streamsName, Set<KafkaClient> clients, String text) {

    private static final List<String> CONSUMERS_OF_STREAMS =
            List.of("main.consumer.", "restore.consumer.", "global.consumer.");
    private static final List<String> FREE_OF_STREAMS = List.of("topic.", "client.tag.");
    private static final List<String> SECRET_WORDS =
            List.of("password", "passphrase", "secret", "jaas", "key", "token", "credential", "user.info");

    /** Reads a key that begins with one of {@link PassThrough}'s prefixes. */
    static KafkaSetting of(String key, String text) {
        if (key.startsWith(PassThrough.KAFKA_PREFIX)) {
            String name = key.substring(PassThrough.KAFKA_PREFIX.length());
            return new KafkaSetting(key, name, name, KafkaClient.plain(), text);
        }
        if (key.startsWith(KafkaClient.STREAMS.prefix())) {
            return ofStreams(key, key.substring(KafkaClient.STREAMS.prefix().length()), text);
        }
        return ofClient(key, key, text).orElseThrow();
    }

    /** Returns why the user cannot set it, or null if the user can. */
    String ownedBecause() {
        return clients.stream()
                .map(client -> client.owned().get(name))
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
    }

    /** Returns Kafka's definitions of it. */
    List<ConfigKey> definitions() {
        return clients.stream()
                .map(client -> client.definition().configKeys().get(name))
                .filter(Objects::nonNull)
                .toList();
    }

    /** The value as text, or as a boolean or password where Kafka expects one: some of its checks cast without parsing. */
    Object value() {
        return definitions().stream()
                .map(definition -> definition.type)
                .filter(type -> type == Type.BOOLEAN || type == Type.PASSWORD)
                .findFirst()
                .map(type -> ConfigDef.parseType(key, text, type))
                .orElse(text);
    }

    /** Whether clients of this kind outside of Kafka Streams read it: those that know it, or all if none knows it. */
    boolean reaches(KafkaClient client) {
        return !key.startsWith(KafkaClient.STREAMS.prefix())
                && clients.contains(client)
                && (definitions().isEmpty() || client.definition().names().contains(name));
    }

    /** Whether the value must not be shown. Decided by the name too, because plug-ins have secrets that Kafka does not know. */
    boolean secret() {
        String lower = key.toLowerCase(Locale.ROOT);
        return SECRET_WORDS.stream().anyMatch(lower::contains)
                || definitions().stream().anyMatch(definition -> definition.type == Type.PASSWORD);
    }

    /** The keys with the same prefix that Kafka knows. */
    Set<String> knownKeys() {
        String prefix = key.substring(0, key.length() - name.length());
        Set<String> keys = new TreeSet<>();
        clients.forEach(client -> client.definition().names().forEach(known -> keys.add(prefix + known)));
        return keys;
    }

    /** Names the setting without its value. */
    @Override
    public String toString() {
        return key;
    }

    private static KafkaSetting ofStreams(String key, String name, String text) {
        for (String prefix : CONSUMERS_OF_STREAMS) {
            if (name.startsWith(prefix)) {
                String own = name.substring(prefix.length());
                return new KafkaSetting(key, own, name, EnumSet.of(KafkaClient.CONSUMER), text);
            }
        }
        if (FREE_OF_STREAMS.stream().anyMatch(name::startsWith)) {
            return new KafkaSetting(key, name, name, EnumSet.noneOf(KafkaClient.class), text);
        }
        return ofClient(key, name, text)
                .orElseGet(() -> new KafkaSetting(key, name, name, EnumSet.allOf(KafkaClient.class), text));
    }

    private static Optional<KafkaSetting> ofClient(String key, String streamsName, String text) {
        return KafkaClient.plain().stream()
                .filter(client -> streamsName.startsWith(client.prefix()))
                .findFirst()
                .map(client -> new KafkaSetting(
                        key, streamsName.substring(client.prefix().length()), streamsName, EnumSet.of(client), text));
    }
}
