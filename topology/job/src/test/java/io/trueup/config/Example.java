package io.trueup.config;

import java.util.Map;
import java.util.TreeMap;

/** A small valid configuration to start tests from. */
final class Example {

    static final String SECRET = "sixteen-bytes-of-secret!";

    private final Map<String, String> settings = new TreeMap<>(Map.of(
            "bootstrap.servers", "kafka-1:9092, kafka-2:9092",
            "dataset", "shop",
            "replicas", "us, eu, ap",
            "hash.secret", SECRET));

    static Example with(String key, String value) {
        return new Example().and(key, value);
    }

    static TrueupConfig config() {
        return new Example().load();
    }

    Example and(String key, String value) {
        settings.put(key, value);
        return this;
    }

    Example without(String key) {
        settings.remove(key);
        return this;
    }

    /** Takes {@code key=value} pairs, separated by {@code ;}. A key without {@code =} is removed. */
    Example changed(String changes) {
        for (String change : changes.split(";", -1)) {
            int equals = change.indexOf('=');
            if (equals < 0) {
                without(change.trim());
            } else {
                and(
                        change.substring(0, equals).trim(),
                        change.substring(equals + 1).trim());
            }
        }
        return this;
    }

    Map<String, String> settings() {
        return settings;
    }

    TrueupConfig load() {
        return TrueupConfig.of(settings);
    }
}
