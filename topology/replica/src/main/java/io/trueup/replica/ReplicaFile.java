package io.trueup.replica;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.apache.kafka.common.config.ConfigException;

/** Reads the properties file of a reference datastore, in UTF-8, with or without a byte order mark. */
final class ReplicaFile {

    private static final char BYTE_ORDER_MARK = '\ufeff';

    /** A key that the configuration of every job has, and that of no replica. */
    private static final String DATASET_OF_A_JOB = "dataset";

    private ReplicaFile() {}

    /** @throws ConfigException if the file cannot be read, or is that of a job */
    static Map<String, String> read(Path file) {
        Properties properties = new Properties();
        try (BufferedReader reader = Files.newBufferedReader(file)) {
            reader.mark(1);
            if (reader.read() != BYTE_ORDER_MARK) {
                reader.reset();
            }
            properties.load(reader);
        } catch (NoSuchFileException e) {
            throw new ConfigException(file + " does not exist; name the properties file of a reference datastore");
        } catch (IOException | IllegalArgumentException e) {
            throw new ConfigException(
                    Files.isDirectory(file)
                            ? file + " is a directory; name the properties file of a reference datastore"
                            : "cannot read " + file + " as a properties file in UTF-8: " + e);
        }
        Map<String, String> settings = new TreeMap<>();
        properties.stringPropertyNames().forEach(key -> settings.put(key, properties.getProperty(key)));
        if (settings.containsKey(DATASET_OF_A_JOB) && !settings.containsKey(ReplicaConfig.FEED_TOPIC)) {
            throw new ConfigException(file + " is the configuration of a job, because it sets " + DATASET_OF_A_JOB
                    + ": `trueup run` reads it. Name the properties file of a reference datastore");
        }
        return settings;
    }
}
