package io.trueup.config;

import static org.apache.kafka.common.config.ConfigDef.NO_DEFAULT_VALUE;

import io.trueup.config.http.HttpSettings;
import io.trueup.registry.RegistrySettings;
import java.time.Duration;
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
        keys.addOpenTelemetry();
        RegistrySettings.definition().configKeys().values().forEach(keys.definition::define);
        return keys.definition();
    }

    private void addOpenTelemetry() {
        group("OpenTelemetry")
                .key(
                        Keys.OTLP_URL,
                        Type.STRING,
                        null,
                        Rules.url(),
                        "Receiver to which `trueup run` sends its metrics by OTLP over HTTP, such as"
                                + " `http://collector:4318/v1/metrics`. Credentials and attributes are named as OpenTelemetry"
                                + " names them, in the environment variables `OTEL_EXPORTER_OTLP_HEADERS` and"
                                + " `OTEL_RESOURCE_ATTRIBUTES`. If not set, nothing is sent.")
                .key(
                        Keys.OTLP_INTERVAL,
                        Type.STRING,
                        "60s",
                        Rules.duration(Duration.ofSeconds(1)),
                        "Time between two reports to `otlp.url`.");
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
