package io.trueup.config;

import java.util.List;
import org.apache.kafka.common.config.ConfigException;

/** Names all problems of a configuration at once: for each the key, the value and the remedy. */
public final class InvalidConfigurationException extends ConfigException {

    private static final long serialVersionUID = 1L;

    private final String[] problems;

    InvalidConfigurationException(String origin, List<String> problems) {
        super(message(origin, problems));
        this.problems = problems.toArray(String[]::new);
    }

    /** One text per problem, free of secrets. */
    public List<String> problems() {
        return List.of(problems);
    }

    private static String message(String origin, List<String> problems) {
        String count = problems.size() == 1 ? "1 problem" : problems.size() + " problems";
        return count + " in " + origin + ":\n  - " + String.join("\n  - ", problems);
    }
}
