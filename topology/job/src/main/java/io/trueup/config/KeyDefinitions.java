package io.trueup.config;

import static org.apache.kafka.common.config.ConfigDef.NO_DEFAULT_VALUE;

import io.trueup.config.http.HttpSettings;
import io.trueup.registry.RegistrySettings;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.common.config.ConfigDef.Validator;
import org.apache.kafka.common.config.ConfigDef.Width;

/** Builds a {@link ConfigDef}, group by group, in the order of the reference. */
final class KeyDefinitions {

    private final ConfigDef definition = new ConfigDef();
    private String group;
    private int order;

    /** Returns the definitions of all keys except those of single replicas and partitions. */
    static ConfigDef main() {
        KeyDefinitions keys = new KeyDefinitions();
        DatasetKeys.addTo(keys);
        ReconciliationKeys.addTo(keys);
        HttpSettings.definition().configKeys().values().forEach(keys.definition::define);
        MetricsKeys.addTo(keys);
        RegistrySettings.definition().configKeys().values().forEach(keys.definition::define);
        return keys.definition();
    }

    /** Starts a group: the keys that follow belong to it. */
    KeyDefinitions group(String name) {
        group = name;
        return this;
    }

    /**
     * Adds a key.
     *
     * @param defaultValue {@link ConfigDef#NO_DEFAULT_VALUE} if the key is required; null if the default depends on other keys
     * @param rule the check of a value, or null
     * @param documentation Markdown for the reference
     */
    KeyDefinitions key(String name, Type type, Object defaultValue, Validator rule, String documentation) {
        Importance importance = defaultValue == NO_DEFAULT_VALUE ? Importance.HIGH : Importance.MEDIUM;
        definition.define(name, type, defaultValue, rule, importance, documentation, group, order++, Width.NONE, name);
        return this;
    }

    ConfigDef definition() {
        return definition;
    }
}
