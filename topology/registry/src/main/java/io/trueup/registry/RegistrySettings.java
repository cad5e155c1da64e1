package io.trueup.registry;

import io.trueup.avro.Encoding;
import io.trueup.avro.SubjectNaming;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.types.Password;

/** What a configuration says about a schema registry. Immutable and thread-safe. */
public final class RegistrySettings {

    private static final ConfigDef DEFINITION = RegistryKeys.definition();
    private static final List<String> SECRET_WORDS =
            List.of("password", "passphrase", "secret", "jaas", "key", "token", "credential", "user.info");

    private final Map<String, String> given;
    private final Map<String, Object> values;

    private RegistrySettings(Map<String, String> given) {
        this.given = given;
        values = DEFINITION.parse(given);
    }

    /** The keys that have a rule and documentation. */
    public static ConfigDef definition() {
        return RegistryKeys.definition();
    }

    /** Whether a key is passed on without a rule. */
    public static boolean passesOn(String key) {
        return RegistryKeys.PASSED_ON.stream()
                        .anyMatch(prefix -> key.startsWith(prefix) && key.length() > prefix.length())
                && !DEFINITION.names().contains(key);
    }

    /** Whether a key is one of these settings. */
    public static boolean isKey(String key) {
        return DEFINITION.names().contains(key) || passesOn(key);
    }

    /** Whether the value of a key that is passed on must not be shown. */
    public static boolean isSecret(String key) {
        String lower = key.toLowerCase(Locale.ROOT);
        return SECRET_WORDS.stream().anyMatch(lower::contains);
    }

    /**
     * Reads the settings that concern a registry, and leaves out all others.
     *
     * @param all settings by key, each valid by itself
     * @throws ConfigException if a value is not valid
     */
    public static RegistrySettings of(Map<String, String> all) {
        Map<String, String> given = new TreeMap<>(all);
        given.keySet().removeIf(key -> !isKey(key));
        given.replaceAll((key, value) -> value.trim());
        return new RegistrySettings(given);
    }

    /**
     * Reads settings whose values were checked one by one, and passes on what is wrong with them as a whole. One that is not valid was
     * found before, and the others are read as if it were right, so that nothing wrong is said of them.
     *
     * @param problem takes key and text
     */
    public static RegistrySettings checked(Map<String, String> all, BiConsumer<String, String> problem) {
        try {
            RegistrySettings settings = of(all);
            settings.problems().forEach(problem);
            return settings;
        } catch (ConfigException e) {
            return of(all.containsKey(RegistryKeys.URL) ? Map.of(RegistryKeys.URL, "http://not-valid") : Map.of());
        }
    }

    /** Returns what is wrong with the settings as a whole: key and text. Empty if they go together. */
    public Map<String, String> problems() {
        Map<String, String> problems = new TreeMap<>();
        if (!isConfigured()) {
            given.keySet()
                    .forEach(key -> problems.put(
                            key,
                            key + " is set, but there is no registry: set " + RegistryKeys.URL + ", or "
                                    + RegistryKeys.SERIALIZER + " and " + RegistryKeys.DESERIALIZER
                                    + ", or remove it"));
            problems.remove(RegistryKeys.ENCODING);
        }
        if (!canWrite(writes())) {
            problems.put(
                    RegistryKeys.ENCODING,
                    RegistryKeys.ENCODING + "=" + writes().label() + " needs "
                            + (deserializer().isPresent()
                                    ? RegistryKeys.SERIALIZER + " beside " + RegistryKeys.DESERIALIZER
                                    : RegistryKeys.URL + ", or " + RegistryKeys.SERIALIZER + " and "
                                            + RegistryKeys.DESERIALIZER));
        }
        if (serializer().isPresent() && deserializer().isEmpty()) {
            problems.put(
                    RegistryKeys.SERIALIZER,
                    RegistryKeys.SERIALIZER + " is set without " + RegistryKeys.DESERIALIZER
                            + ", so nothing could read what is written; set both");
        }
        if (useLatest() && Boolean.TRUE.equals(values.get(RegistryKeys.AUTO_REGISTER))) {
            problems.put(
                    RegistryKeys.AUTO_REGISTER,
                    RegistryKeys.AUTO_REGISTER + "=true excludes " + RegistryKeys.USE_LATEST
                            + "=true: the schema that is registered would be the latest; remove one of them");
        }
        if (serializer().isEmpty()
                && SubjectNaming.of(text(RegistryKeys.NAMING)).isEmpty()) {
            problems.put(
                    RegistryKeys.NAMING,
                    RegistryKeys.NAMING + "=" + text(RegistryKeys.NAMING) + " is unknown; use one of "
                            + String.join(", ", SubjectNaming.strategies())
                            + ". Only a serializer of your own (" + RegistryKeys.SERIALIZER
                            + ") can use another class");
        }
        return problems;
    }

    /** Whether records other than those in single-object encoding can be read. */
    public boolean isConfigured() {
        return !urls().isEmpty() || deserializer().isPresent();
    }

    /** The settings that are passed on without a rule, as text without secrets. */
    public Map<String, String> shown() {
        Map<String, String> shown = new TreeMap<>();
        passedOn()
                .forEach(
                        (key, value) -> shown.put(key, isSecret(key) || value.contains("@") ? Password.HIDDEN : value));
        return shown;
    }

    /** The settings that are passed on without a rule, secrets included. */
    public Map<String, String> passedOn() {
        Map<String, String> passedOn = new TreeMap<>(given);
        passedOn.keySet().removeIf(key -> !passesOn(key));
        return passedOn;
    }

    /** How records are written. */
    public Encoding writes() {
        String encoding = text(RegistryKeys.ENCODING);
        if (encoding != null) {
            return Encoding.of(encoding);
        }
        return canWrite(Encoding.REGISTRY) ? Encoding.REGISTRY : Encoding.SINGLE_OBJECT;
    }

    /** Whether records can be written in an encoding. */
    public boolean canWrite(Encoding encoding) {
        return encoding == Encoding.SINGLE_OBJECT
                || (deserializer().isPresent() ? serializer().isPresent() : !urls().isEmpty());
    }

    /** The addresses of the registry; none if there is no registry. */
    List<String> urls() {
        List<String> urls = list(RegistryKeys.URL);
        return urls.stream().map(String::trim).toList();
    }

    Optional<String> serializer() {
        return Optional.ofNullable(text(RegistryKeys.SERIALIZER));
    }

    Optional<String> deserializer() {
        return Optional.ofNullable(text(RegistryKeys.DESERIALIZER));
    }

    /** Names of exceptions of the deserializer that mean that a record is malformed. */
    List<String> malformed() {
        return list(RegistryKeys.MALFORMED);
    }

    /** What is wrong with how credentials are sent, in a sentence without secrets; empty if they are encrypted, or none are sent. */
    Optional<String> exposure() {
        List<String> open = urls().stream()
                .filter(url -> url.toLowerCase(Locale.ROOT).startsWith("http:"))
                .toList();
        List<String> keys = Stream.of(RegistryKeys.BASIC_AUTH_USER, RegistryKeys.BEARER_AUTH_TOKEN)
                .flatMap(key -> credentialsKey(key).stream())
                .toList();
        return open.isEmpty() || keys.isEmpty()
                ? Optional.empty()
                : Optional.of("The credentials of " + String.join(" and ", keys) + " are sent to "
                        + String.join(", ", open)
                        + " without encryption, so others can read them on the way: set an https"
                        + " address in " + RegistryKeys.URL);
    }

    /**
     * The key by which credentials of a kind are given: that of the credentials, or one that says where they are from. Confluent's
     * client takes both with the prefix of its own settings, too.
     */
    private Optional<String> credentialsKey(String credentials) {
        String kind = credentials.substring(0, credentials.indexOf(".auth.") + ".auth.".length());
        List<String> ofKind = given.keySet().stream()
                .filter(key -> key.startsWith(kind) || key.startsWith(RegistryKeys.CLIENT_PREFIX + kind))
                .toList();
        return Stream.of(credentials, ".credentials.source", "")
                .flatMap(end -> ofKind.stream().filter(key -> key.endsWith(end)))
                .findFirst();
    }

    /** How subjects are named by Confluent's client. */
    SubjectNaming naming() {
        return SubjectNaming.of(text(RegistryKeys.NAMING)).orElseThrow();
    }

    /** How long a registry must answer that it has no schema of an id until that counts. */
    Duration missing() {
        return Duration.ofMillis((Integer) values.get(RegistryKeys.MISSING));
    }

    boolean autoRegister() {
        Object autoRegister = values.get(RegistryKeys.AUTO_REGISTER);
        return autoRegister == null ? !useLatest() : (Boolean) autoRegister;
    }

    boolean useLatest() {
        return (Boolean) values.get(RegistryKeys.USE_LATEST);
    }

    boolean normalize() {
        return (Boolean) values.get(RegistryKeys.NORMALIZE);
    }

    /** The settings of Confluent's client, by its own names, secrets included. */
    Map<String, String> client() {
        Map<String, String> settings = forSerdes();
        settings.keySet().removeIf(key -> key.startsWith(RegistryKeys.SERDE_PREFIX));
        settings.putIfAbsent(RegistryKeys.CONNECT_TIMEOUT, text(RegistryKeys.CONNECT_TIMEOUT));
        settings.putIfAbsent(RegistryKeys.READ_TIMEOUT, text(RegistryKeys.READ_TIMEOUT));
        return settings;
    }

    /** The settings of the user's serializer and deserializer: as given, without the prefix of those that only they know. */
    Map<String, String> serdes() {
        Map<String, String> settings = forSerdes();
        List<String> own = new ArrayList<>(settings.keySet());
        own.removeIf(key -> !key.startsWith(RegistryKeys.SERDE_PREFIX));
        own.forEach(key -> settings.put(key.substring(RegistryKeys.SERDE_PREFIX.length()), settings.remove(key)));
        return settings;
    }

    private Map<String, String> forSerdes() {
        Map<String, String> settings = new TreeMap<>(given);
        List.of(
                        RegistryKeys.ENCODING,
                        RegistryKeys.SERIALIZER,
                        RegistryKeys.DESERIALIZER,
                        RegistryKeys.MALFORMED,
                        RegistryKeys.MISSING)
                .forEach(settings::remove);
        settings.putIfAbsent(RegistryKeys.IDENTIFICATION, "https");
        if (given.containsKey(RegistryKeys.BASIC_AUTH_USER)) {
            settings.putIfAbsent(RegistryKeys.BASIC_AUTH_SOURCE, "USER_INFO");
        }
        if (given.containsKey(RegistryKeys.BEARER_AUTH_TOKEN)) {
            settings.putIfAbsent(RegistryKeys.BEARER_AUTH_SOURCE, "STATIC_TOKEN");
        }
        return settings;
    }

    private String text(String key) {
        Object value = values.get(key);
        return value == null ? null : value.toString();
    }

    private List<String> list(String key) {
        @SuppressWarnings("unchecked") // as ConfigDef parses the type LIST
        List<String> list = (List<String>) values.get(key);
        return list == null ? List.of() : list;
    }

    /** Where records are read and written, without secrets. */
    @Override
    public String toString() {
        return deserializer().orElseGet(() -> urls().isEmpty() ? "no registry" : String.join(", ", urls()));
    }
}
