package io.trueup.config;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/**
 * Reads a configuration file: Java properties in UTF-8, with or without a byte order mark. A key that is set twice is a problem.
 */
final class PropertiesFile {

    /** A key that each reference datastore has, and no job. */
    private static final String FEED_TOPIC = "feed.topic";

    private static final char BYTE_ORDER_MARK = '\ufeff';

    private PropertiesFile() {}

    /** @throws InvalidConfigurationException if the file cannot be read as properties */
    static Map<String, String> read(Path file, Problems problems) {
        Map<String, String> settings = new TreeMap<>();
        try (BufferedReader reader = Files.newBufferedReader(file)) {
            passByteOrderMark(reader);
            into(settings, problems).load(reader);
        } catch (NoSuchFileException e) {
            throw unreadable(file, "there is no such file");
        } catch (MalformedInputException e) {
            throw unreadable(file, "it is not UTF-8 text");
        } catch (IllegalArgumentException e) {
            throw unreadable(file, "it has a backslash-u without four hexadecimal digits after it");
        } catch (IOException e) {
            throw unreadable(file, Files.isDirectory(file) ? "it is a directory" : "it cannot be read: " + e);
        }
        if (isOfAReplica(settings)) {
            throw new InvalidConfigurationException(
                    file.toString(),
                    List.of("it is the configuration of a reference datastore, because it sets " + FEED_TOPIC
                            + ": `trueup replica` and `trueup scrub` read it. Name the configuration of the job"));
        }
        return settings;
    }

    private static void passByteOrderMark(BufferedReader reader) throws IOException {
        reader.mark(1);
        if (reader.read() != BYTE_ORDER_MARK) {
            reader.reset();
        }
    }

    private static boolean isOfAReplica(Map<String, String> settings) {
        return settings.containsKey(FEED_TOPIC) && !settings.containsKey(Keys.DATASET);
    }

    private static Properties into(Map<String, String> settings, Problems problems) {
        return new Properties() {
            private static final long serialVersionUID = 1L;

            @Override
            public synchronized Object put(Object key, Object value) {
                if (settings.put((String) key, (String) value) != null) {
                    problems.addText((String) key, key + " is set twice in the file; keep one of the lines");
                }
                return super.put(key, value);
            }
        };
    }

    private static InvalidConfigurationException unreadable(Path file, String reason) {
        return new InvalidConfigurationException(
                file.toString(), List.of(reason + "; name a properties file that this process may read"));
    }
}
