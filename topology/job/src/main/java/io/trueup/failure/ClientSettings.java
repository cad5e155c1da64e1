package io.trueup.failure;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Faults of settings of Kafka's clients that the clients do not name, or report again with a stack trace whenever they try to
 * connect.
 */
public final class ClientSettings {

    private static final String MECHANISM = "sasl.mechanism";
    private static final String JAAS = "sasl.jaas.config";
    private static final List<String> FILES = List.of("ssl.truststore.location", "ssl.keystore.location");
    private static final List<String> MECHANISMS =
            List.of("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER", "GSSAPI");

    /** A login module of somebody else may bring a mechanism of its own. */
    private static final String MODULES_OF_KAFKA = "org.apache.kafka.common.security.";

    private ClientSettings() {}

    /**
     * Returns what is wrong with a setting, and what to do.
     *
     * @param name its name, as Kafka's clients have it
     * @param settings all settings by name
     */
    public static Optional<String> fault(String name, Map<String, String> settings) {
        String value = settings.get(name).strip();
        if (FILES.contains(name) && !value.isEmpty()) {
            return fileFault(value);
        }
        boolean ofKafka = settings.getOrDefault(JAAS, "").strip().startsWith(MODULES_OF_KAFKA);
        return name.equals(MECHANISM) && ofKafka && !MECHANISMS.contains(value)
                ? Optional.of(
                        "Kafka's clients have no mechanism of this name; use one of " + String.join(", ", MECHANISMS))
                : Optional.empty();
    }

    private static Optional<String> fileFault(String value) {
        try {
            Path file = Path.of(value);
            if (!Files.isRegularFile(file)) {
                return Optional.of("there is no such file; name the file, or remove the setting");
            }
            return Files.isReadable(file)
                    ? Optional.empty()
                    : Optional.of("this process may not read the file; change its permissions");
        } catch (InvalidPathException e) {
            return Optional.of("this is not the name of a file");
        }
    }
}
