package io.trueup.cli.shell;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * At which levels and in which format Trueup logs: a wrong value is found before the logging, which would print a stack trace or nothing
 * at all, sees it.
 */
public final class LogSettings {

    private static final List<String> LEVELS =
            List.of("OFF", "FATAL", "ERROR", "WARN", "INFO", "DEBUG", "TRACE", "ALL");
    private static final String VARIABLE = "TRUEUP_LOG_LEVEL";
    private static final List<String> PROPERTIES = List.of("trueup.log.level", "trueup.log.level.libraries");
    private static final List<String> FORMATS = List.of("text", "json");
    private static final String FORMAT_VARIABLE = "TRUEUP_LOG_FORMAT";
    private static final String FORMAT_PROPERTY = "trueup.log.format";

    private LogSettings() {}

    /**
     * Returns which setting is no level or no format, and what to write.
     *
     * @param environment such as {@link System#getenv()}
     * @param properties such as {@link System#getProperty(String)}
     */
    public static Optional<String> fault(Map<String, String> environment, UnaryOperator<String> properties) {
        Stream<Optional<String>> ofLevels = Stream.concat(
                Stream.of(level(VARIABLE, environment.get(VARIABLE))),
                PROPERTIES.stream().map(name -> level(name, properties.apply(name))));
        Stream<Optional<String>> ofFormats = Stream.of(
                format(FORMAT_VARIABLE, environment.get(FORMAT_VARIABLE)),
                format(FORMAT_PROPERTY, properties.apply(FORMAT_PROPERTY)));
        return Stream.concat(ofLevels, ofFormats).flatMap(Optional::stream).findFirst();
    }

    private static Optional<String> format(String name, String format) {
        return format == null || FORMATS.contains(format)
                ? Optional.empty()
                : Optional.of(name + ": '" + format + "' is no log format; use one of " + String.join(", ", FORMATS));
    }

    private static Optional<String> level(String name, String level) {
        return level == null || LEVELS.contains(level.strip().toUpperCase(Locale.ROOT))
                ? Optional.empty()
                : Optional.of(name + ": '" + level + "' is no log level; use one of " + String.join(", ", LEVELS));
    }
}
