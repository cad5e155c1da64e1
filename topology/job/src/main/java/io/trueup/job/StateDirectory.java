package io.trueup.job;

import io.trueup.config.TrueupConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.kafka.common.config.ConfigException;

/** The directory of the local state: checked before the job starts, because Kafka Streams does not name the key. */
final class StateDirectory {

    private static final String KEY = "state.dir";

    private StateDirectory() {}

    /**
     * Creates the directory if it is missing.
     *
     * @throws ConfigException if it cannot be used
     */
    static void check(TrueupConfig config) {
        Path directory = config.stateDir().toAbsolutePath();
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw unusable(directory, "it cannot be created (" + e + ")");
        }
        if (!Files.isWritable(directory)) {
            throw unusable(directory, "this process may not write there");
        }
    }

    private static ConfigException unusable(Path directory, String reason) {
        return new ConfigException(
                KEY, directory, reason + "; name a directory of a local disk that this process may create and write");
    }
}
