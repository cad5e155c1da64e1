package io.trueup.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.config.ConfigException;

/** Collects the problems of a configuration, so that one start shows all of them. */
final class Problems {

    private final String origin;
    private final Map<String, String> variables = new HashMap<>();
    private final Set<String> keys = new HashSet<>();
    private final List<String> texts = new ArrayList<>();

    /** @param origin the source of the configuration, such as the file */
    Problems(String origin) {
        this.origin = origin;
    }

    /** Records that a key was set by an environment variable: its problems name the variable. */
    void setBy(String key, String variable) {
        variables.put(key, variable);
    }

    void add(String key, Object value, String advice) {
        add(key, new ConfigException(key, value, advice));
    }

    void add(String key, ConfigException problem) {
        addText(key, problem.getMessage());
    }

    /** Adds a problem whose value must not or cannot be shown. */
    void addText(String key, String text) {
        keys.add(key);
        String variable = variables.get(key);
        texts.add(variable == null ? text : text + " (set by " + variable + ")");
    }

    /** Whether one of the keys has a problem, so that checks that depend on it are skipped. */
    boolean concern(String... some) {
        return List.of(some).stream().anyMatch(keys::contains);
    }

    boolean none() {
        return texts.isEmpty();
    }

    InvalidConfigurationException exception() {
        return new InvalidConfigurationException(origin, texts);
    }
}
