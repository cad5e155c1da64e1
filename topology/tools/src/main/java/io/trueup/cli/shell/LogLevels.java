package io.trueup.cli.shell;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** The levels at which Trueup logs: a wrong one is found before the logging, which would print a stack trace, sees it. */
public final class LogLevels {

    private static final List<String> LEVELS =
            List.of("OFF", "FATAL", "ERROR", "WARN", "INFO", "DEBUG", "TRACE", "ALL");
    private static final String VARIABLE = "TRUEUP_LOG_LEVEL";
    private static final List<String> PROPERTIES = List.of("trueup.log.level", "trueup.log.level.libraries");

    private LogLevels() {}

    /**
     * Returns which setting is no level, and what to write.
     *
     * @param environment such as {@link System#getenv()}
     * @param properties such as {@link System#getProperty(String)}
     */
    public static Optional<String> fault(Map<String, String> environment, UnaryOperator<String> properties) {
        return Stream.concat(
                        fault(VARIABLE, environment.get(VARIABLE)).stream(),
                        PROPERTIES.stream().flatMap(name -> fault(name, properties.apply(name)).stream()))
                .findFirst();
    }

    private static Optional<String> fault(String name, String level) {
        return level == null || LEVELS.contains(level.strip().toUpperCase(Locale.ROOT))
                ? Optional.empty()
                : Optional.of(name + ": '" + level + "' is no log level; use one of " + String.join(", ", LEVELS));
    }
}
