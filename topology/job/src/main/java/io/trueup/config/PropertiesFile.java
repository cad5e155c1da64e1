package io.trueup.config;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/** Reads a configuration file: Java properties in UTF-8. A key that is set twice is a problem. */
final class PropertiesFile {

    private PropertiesFile() {}

    /** @throws InvalidConfigurationException if the file cannot be read as properties */
    static Map<String, String> read(Path file, Problems problems) {
        Map<String, String> settings = new TreeMap<>();
        try (Reader reader = Files.newBufferedReader(file)) {
            into(settings, problems).load(reader);
        } catch (NoSuchFileException e) {
            throw unreadable(file, "there is no such file");
        } catch (MalformedInputException e) {
            throw unreadable(file, "it is not UTF-8 text");
        } catch (IllegalArgumentException e) {
            throw unreadable(file, "it has a backslash-u without four hexadecimal digits after it");
        } catch (IOException e) {
            throw unreadable(file, "it cannot be read: " + e);
        }
        return settings;
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
