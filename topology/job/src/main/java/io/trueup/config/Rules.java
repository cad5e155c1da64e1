package io.trueup.config;

import io.trueup.config.window.MaintenanceWindows;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.apache.kafka.common.config.ConfigDef.Validator;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.types.Password;
import org.apache.kafka.common.utils.Utils;

/**
 * The rules for single values. A rule accepts null (the key is not set), its {@code toString} is a phrase for the
 * configuration reference, and its error gives the remedy.
 */
final class Rules {

    /** Minimum size of {@code hash.secret}. */
    static final int MIN_SECRET_BYTES = 16;

    private static final int MAX_TOPIC_LENGTH = 249;
    private static final int MAX_NAME_LENGTH = 60;
    private static final int MAX_PORT = 65_535;
    private static final Duration MAX_DURATION = Duration.ofDays(3650);
    private static final Pattern TOPIC = Pattern.compile("[a-zA-Z0-9._-]+");
    private static final Pattern DATASET = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9._-]*");
    private static final Pattern REPLICA = Pattern.compile("[a-z0-9][a-z0-9_-]*");
    private static final Pattern PRIMARY = Pattern.compile("primary:.+");
    private static final Pattern MEMBER = Pattern.compile("(/([^~/]|~0|~1)*)+");
    private static final Pattern NAME_OF_DATABASE = Pattern.compile("[\\w.-]+");
    private static final Pattern RING = Pattern.compile("ring:[1-9]\\d{0,3}");

    private Rules() {}

    static Validator duration(Duration min) {
        return new Rule<String>("a duration of at least " + Durations.format(min), text -> {
            Duration duration = parse(text);
            if (duration == null) {
                return "not a duration; write a whole number and one of ms, s, m, h, d, such as 500ms, 60s or 2h";
            }
            if (duration.compareTo(min) < 0) {
                return "too short; use at least " + Durations.format(min);
            }
            return duration.compareTo(MAX_DURATION) > 0
                    ? "too long; use at most " + Durations.format(MAX_DURATION)
                    : null;
        });
    }

    static Validator between(int min, int max) {
        return new Rule<Integer>(
                "a number from " + min + " to " + max,
                number -> number < min || number > max ? "use a number from " + min + " to " + max : null);
    }

    static Validator replicationFactor() {
        return new Rule<Integer>(
                "-1 or a number from 1 to 32767",
                number -> number == -1 || (number >= 1 && number <= Short.MAX_VALUE)
                        ? null
                        : "use a number from 1 up, or -1 for the brokers' default");
    }

    static Validator powerOfTwo(int min, int max) {
        return new Rule<Integer>("a power of two from " + min + " to " + max, number -> {
            if (number < min || number > max) {
                return "use a power of two from " + min + " to " + max;
            }
            int below = Integer.highestOneBit(number);
            return number == below ? null : "not a power of two; use " + below + " or " + 2L * below;
        });
    }

    static Validator oneOf(String... allowed) {
        List<String> choices = List.of(allowed);
        return new Rule<String>(
                "one of " + String.join(", ", choices),
                text -> choices.contains(text) ? null : "use one of " + String.join(", ", choices));
    }

    /** Which names are replicas depends on other keys: see {@link Relations}. */
    static Validator replicaName() {
        return new Rule<String>("the name of a replica", name -> null);
    }

    static Validator topic() {
        return new Rule<String>("a topic name", Rules::topicFault);
    }

    static Validator topics() {
        return new Rule<List<String>>("topic names, separated by commas", names -> {
            if (names.isEmpty()) {
                return "name at least one topic";
            }
            for (String name : names) {
                if (topicFault(name) != null) {
                    return name + ": " + topicFault(name);
                }
            }
            return repeated(names) == null ? null : repeated(names) + " is named twice; name it once";
        });
    }

    static Validator members() {
        return new Rule<List<String>>("JSON pointers to members, separated by commas", pointers -> {
            for (String pointer : pointers) {
                if (!MEMBER.matcher(pointer).matches()) {
                    return "'" + pointer
                            + "' is not a JSON pointer to a member; write /name, or /outer/inner; in a name, ~1"
                            + " stands for / and ~0 for ~";
                }
            }
            return null;
        });
    }

    static Validator dataset() {
        return new Rule<String>(
                "letters, digits, '.', '_' and '-', at most " + MAX_NAME_LENGTH,
                text -> DATASET.matcher(text).matches() && text.length() <= MAX_NAME_LENGTH
                        ? null
                        : "the name becomes part of topic names; use at most " + MAX_NAME_LENGTH
                                + " letters, digits, '.', '_' and '-', and begin with a letter or digit");
    }

    static Validator replicas() {
        return new Rule<List<String>>("at least two names, separated by commas", names -> {
            String fault = namesFault(names);
            if (fault != null) {
                return fault;
            }
            return names.size() < 2 ? "nothing can be compared; name at least two replicas" : null;
        });
    }

    static Validator hostedReplicas() {
        return new Rule<List<String>>(
                "`all`, or names of replicas, separated by commas",
                names -> names.equals(List.of(Keys.ALL)) ? null : namesFault(names));
    }

    static Validator bootstrapServers() {
        return new Rule<List<String>>("host:port, separated by commas", addresses -> {
            if (addresses.isEmpty()) {
                return "name at least one broker as host:port";
            }
            return addresses.stream()
                    .map(Rules::addressFault)
                    .filter(Objects::nonNull)
                    .findFirst()
                    .orElse(null);
        });
    }

    private static String addressFault(String address) {
        if (address.contains("://")) {
            return "'" + address + "' is a URL; write host:port without "
                    + address.substring(0, address.indexOf("://") + 3);
        }
        Integer port = port(address);
        if (Utils.getHost(address) == null || port == null) {
            return "'" + address + "' is not of the form host:port";
        }
        return port < 1 || port > MAX_PORT
                ? "'" + address + "' has no port from 1 to " + MAX_PORT + "; write the port on which the broker listens"
                : null;
    }

    /** The port of an address; null if it has none, also if the number is too large for any. */
    private static Integer port(String address) {
        try {
            return Utils.getPort(address);
        } catch (NumberFormatException e) {
            return Integer.MAX_VALUE;
        }
    }

    static Validator version() {
        String allowed = "column:<JSON pointer>, position:<database> or gtid:<database>";
        return new Rule<String>(allowed, text -> {
            int colon = text.indexOf(':');
            String name = text.substring(colon + 1);
            boolean valid = switch (text.substring(0, Math.max(colon, 0))) {
                case "column" -> MEMBER.matcher(name).matches();
                case "position", "gtid" -> NAME_OF_DATABASE.matcher(name).matches();
                default -> false;
            };
            return valid ? null : "use " + allowed + ", such as column:/version or position:shop";
        });
    }

    static Validator progress() {
        List<String> words = List.of("writes", "events", "topic");
        String allowed = "writes, events, topic or group:<consumer group>@<feed topic>";
        return new Rule<String>(allowed, text -> {
            if (FeedGroup.isNamedBy(text)) {
                return FeedGroup.fault(text);
            }
            return words.contains(text) ? null : "use " + allowed;
        });
    }

    static Validator resolution() {
        return new Rule<String>(
                "latest, vector, majority or primary:<replica>",
                text -> List.of("latest", "vector", "majority").contains(text)
                                || PRIMARY.matcher(text).matches()
                        ? null
                        : "use latest, vector, majority or primary:<replica>");
    }

    static Validator placement() {
        return new Rule<String>(
                "all, ring:<copies> or explicit",
                text -> List.of("all", "explicit").contains(text)
                                || RING.matcher(text).matches()
                        ? null
                        : "use all, ring:<copies> such as ring:3, or explicit");
    }

    static Validator owners() {
        return new Rule<List<String>>("names of replicas, separated by commas", Rules::namesFault);
    }

    static Validator windows() {
        return new Rule<String>("windows, separated by ;", text -> fault(text, Rules::windows));
    }

    private static void windows(String text) {
        MaintenanceWindows.parse(text, ZoneOffset.UTC, Rules::parse);
    }

    static Validator zone() {
        return new Rule<String>("a time zone", text -> fault(text, MaintenanceWindows::zone));
    }

    private static String fault(String text, Consumer<String> parser) {
        try {
            parser.accept(text);
            return null;
        } catch (IllegalArgumentException e) {
            return e.getMessage();
        }
    }

    static Validator fraction() {
        return new Rule<Double>(
                "a number from 0 to 1",
                number -> number >= 0 && number <= 1 ? null : "use a number from 0 to 1, such as 0.1 for a tenth");
    }

    static Validator secret() {
        return new Rule<Password>(
                "at least " + MIN_SECRET_BYTES + " bytes",
                secret -> Secret.isLongEnough(secret.value())
                        ? null
                        : "too short; use at least " + MIN_SECRET_BYTES
                                + " random bytes, for example from: openssl rand -base64 24");
    }

    static Validator secrets() {
        return new Rule<Password>(
                "at least " + MIN_SECRET_BYTES + " bytes each",
                secrets -> Secret.canSign(secrets.value())
                        ? null
                        : "one of them is too short; use at least " + MIN_SECRET_BYTES
                                + " random bytes each, for example from: openssl rand -base64 24");
    }

    static Validator url() {
        return new Rule<String>("an http or https URL", Rules::urlFault);
    }

    private static String urlFault(String text) {
        try {
            URI url = new URI(text);
            if (url.getUserInfo() != null) {
                return "it contains credentials, which would be shown; remove them";
            }
            boolean http = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
            return http && url.getHost() != null ? null : "use a URL such as http://collector:4318/v1/metrics";
        } catch (URISyntaxException e) {
            return "use a URL such as http://collector:4318/v1/metrics: " + e.getReason();
        }
    }

    static Validator path() {
        return new Rule<String>("a path", text -> text.isEmpty() ? "name a path, or remove the key" : null);
    }

    /** Reads a duration; null if it is none. */
    static Duration parse(String text) {
        try {
            return Durations.parse(text);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    static String topicFault(String name) {
        if (name.length() > MAX_TOPIC_LENGTH) {
            return "a topic name has at most " + MAX_TOPIC_LENGTH + " characters";
        }
        boolean legal = TOPIC.matcher(name).matches() && !name.equals(".") && !name.equals("..");
        return legal ? null : "not a topic name; use letters, digits, '.', '_' and '-'";
    }

    private static String namesFault(List<String> names) {
        for (String name : names) {
            if (!REPLICA.matcher(name).matches() || name.length() > MAX_NAME_LENGTH) {
                return "'" + name + "' is not a replica name; use at most " + MAX_NAME_LENGTH
                        + " lower-case letters, digits, '_' and '-', and begin with a letter or digit";
            }
            if (name.equals(Keys.ALL)) {
                return "'" + Keys.ALL + "' means every replica, so no replica can have this name";
            }
        }
        if (names.isEmpty()) {
            return "name at least one replica";
        }
        return repeated(names) == null ? null : "'" + repeated(names) + "' is named twice; name each replica once";
    }

    private static String repeated(List<String> names) {
        Set<String> seen = new HashSet<>();
        return names.stream().filter(name -> !seen.add(name)).findFirst().orElse(null);
    }

    /**
     * One rule.
     *
     * @param phrase description in the reference
     * @param fault returns the fault of a value with its remedy, or null
     */
    private record Rule<T>(String phrase, Function<T, String> fault) implements Validator {

        @Override
        @SuppressWarnings("unchecked") // each definition of a key names a rule for the key's type
        public void ensureValid(String name, Object value) {
            String message = value == null ? null : fault.apply((T) value);
            if (message != null) {
                throw new ConfigException(name, value, message);
            }
        }

        @Override
        public String toString() {
            return phrase;
        }
    }
}
