package io.trueup.cli.shell;

import io.trueup.failure.ClientSettings;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/**
 * A file that an option names. What is wrong with it is a usage error, which names the option and the file. A text file may
 * begin with a byte order mark.
 *
 * @param command the command that the option belongs to
 * @param option the option, such as {@code --keys-from}
 * @param path the file
 */
public record OptionFile(CommandSpec command, String option, Path path) {

    private static final String BYTE_ORDER_MARK = "\ufeff";

    /**
     * The text of the file.
     *
     * @throws ParameterException if it cannot be read as UTF-8
     */
    public String text() {
        try {
            String text = Files.readString(path);
            return text.startsWith(BYTE_ORDER_MARK) ? text.substring(BYTE_ORDER_MARK.length()) : text;
        } catch (IOException e) {
            throw unusable(reason(e));
        }
    }

    /**
     * Checks that the file can be read.
     *
     * @throws ParameterException if it cannot be read as UTF-8
     */
    public void checkReadable() {
        String unused = text();
    }

    /**
     * The lines of the file.
     *
     * @throws ParameterException if it cannot be read as UTF-8
     */
    public List<String> lines() {
        return text().lines().toList();
    }

    /**
     * The file as properties.
     *
     * @throws ParameterException if it cannot be read as properties in UTF-8
     */
    public Map<String, String> properties() {
        Properties properties = new Properties();
        try {
            properties.load(new StringReader(text()));
        } catch (IOException | IllegalArgumentException e) {
            throw unusable("is no properties file: it has a backslash-u without four hexadecimal digits after it");
        }
        Map<String, String> map = new TreeMap<>();
        properties.stringPropertyNames().forEach(key -> map.put(key, properties.getProperty(key)));
        return map;
    }

    /**
     * The file as properties of Kafka clients.
     *
     * @throws ParameterException if it cannot be read as properties in UTF-8, or a client cannot be made with them
     */
    public Map<String, String> clientProperties() {
        Map<String, String> properties = properties();
        properties
                .keySet()
                .forEach(name -> ClientSettings.fault(name, properties).ifPresent(fault -> {
                    throw unusable("has " + name + "=" + properties.get(name) + ", but " + fault);
                }));
        return properties;
    }

    /**
     * Checks that the file can be written, without writing it.
     *
     * @throws ParameterException if it cannot be written
     */
    public void checkWritable() {
        Path directory = path.toAbsolutePath().getParent();
        if (Files.isDirectory(path)) {
            throw unusable("is a directory; name a file");
        }
        if (directory == null || !Files.isDirectory(directory)) {
            throw unusable(
                    "cannot be written: there is no directory " + directory + "; create it, or name another file");
        }
        if (!Files.isWritable(Files.exists(path) ? path : directory)) {
            throw unusable("may not be written by this process; name another file, or change its permissions");
        }
    }

    /**
     * Checks that the file can be written and does not exist yet, without writing it.
     *
     * @throws ParameterException if it exists, or cannot be written
     */
    public void checkNew() {
        if (Files.exists(path)) {
            throw unusable("exists already; name another file, or remove it");
        }
        checkWritable();
    }

    /** A usage error: the option, the file, and what is wrong with it. */
    public ParameterException unusable(String fault) {
        return new ParameterException(command.commandLine(), option + ": " + path + " " + fault);
    }

    private String reason(IOException failure) {
        if (failure instanceof NoSuchFileException) {
            return "does not exist; name a file that does";
        }
        if (Files.isDirectory(path)) {
            return "is a directory; name a file";
        }
        if (failure instanceof AccessDeniedException) {
            return "may not be read by this process; change its permissions";
        }
        if (failure instanceof CharacterCodingException) {
            return "is not text in " + StandardCharsets.UTF_8 + "; convert it";
        }
        return "cannot be read: " + failure;
    }
}
