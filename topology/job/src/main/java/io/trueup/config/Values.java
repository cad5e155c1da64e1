package io.trueup.config;

import io.trueup.config.window.MaintenanceWindows;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.ConfigKey;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.types.Password;

/**
 * The values of Trueup's own keys: each valid by itself, defaults filled in. An invalid value is replaced by its default, so
 * that the rest can still be checked; the problem is recorded.
 */
final class Values {

    static final ConfigDef MAIN = KeyDefinitions.main();
    static final ConfigDef REPLICA = DatasetKeys.replica();
    static final ConfigDef PARTITION = DatasetKeys.partition();

    private static final Pattern PERCENT = Pattern.compile("\\d{1,9}(\\.\\d{1,9})? ?%");

    private final Map<String, Object> byKey = new TreeMap<>();

    private Values() {}

    static Values parse(Map<String, String> settings, Problems problems) {
        Values values = new Values();
        MAIN.configKeys().values().forEach(key -> values.parse(key.name, key, settings, problems));
        for (String replica : values.list(Keys.REPLICAS)) {
            REPLICA.configKeys()
                    .values()
                    .forEach(key -> values.parse(Keys.replica(replica, key.name), key, settings, problems));
        }
        settings.keySet().stream()
                .filter(PlacementKeys::isOwners)
                .forEach(key -> values.parse(
                        key, PARTITION.configKeys().values().iterator().next(), settings, problems));
        UnknownKeys.check(settings.keySet(), values.list(Keys.REPLICAS), problems);
        values.derive();
        return values;
    }

    String text(String key) {
        return (String) byKey.get(key);
    }

    String text(String replica, String key) {
        return text(Keys.replica(replica, key));
    }

    int number(String key) {
        return (Integer) byKey.get(key);
    }

    double fraction(String key) {
        return (Double) byKey.get(key);
    }

    boolean flag(String key) {
        return (Boolean) byKey.get(key);
    }

    Duration duration(String key) {
        return Durations.parse(text(key));
    }

    MaintenanceWindows windows() {
        return MaintenanceWindows.parse(
                text(Keys.MAINTENANCE_WINDOWS), MaintenanceWindows.zone(text(Keys.MAINTENANCE_ZONE)), Rules::parse);
    }

    Password password(String key) {
        return (Password) byKey.get(key);
    }

    /** Returns a list, empty if there is none. */
    List<String> list(String key) {
        @SuppressWarnings("unchecked") // as ConfigDef parses the type LIST
        List<String> list = (List<String>) byKey.get(key);
        return list == null ? List.of() : list;
    }

    boolean has(String key) {
        return byKey.get(key) != null;
    }

    /** All keys that begin with a prefix, in order. */
    List<String> keys(String prefix) {
        return byKey.keySet().stream().filter(key -> key.startsWith(prefix)).toList();
    }

    /** All keys that have a value, with their values, secrets included. */
    Map<String, Object> all() {
        Map<String, Object> all = new TreeMap<>(byKey);
        all.values().removeIf(Objects::isNull);
        return all;
    }

    /** All keys that have a value, in order, as text without secrets. */
    Map<String, String> shown() {
        Map<String, String> shown = new TreeMap<>();
        byKey.forEach((key, value) -> {
            if (value != null) {
                shown.put(key, value instanceof List<?> list ? join(list) : value.toString());
            }
        });
        return shown;
    }

    private static String join(List<?> list) {
        return String.join(", ", list.stream().map(Object::toString).toList());
    }

    private void parse(String name, ConfigKey key, Map<String, String> settings, Problems problems) {
        String setting = settings.get(name);
        if (setting == null && !key.hasDefault()) {
            problems.addText(name, name + " is not set; it is required. " + key.documentation);
            return;
        }
        byKey.put(name, key.hasDefault() ? key.defaultValue : null);
        if (setting != null) {
            try {
                Object value = typed(name, setting, key.type);
                if (key.validator != null) {
                    key.validator.ensureValid(name, value);
                }
                byKey.put(name, value);
            } catch (ConfigException e) {
                problems.add(name, e);
            }
        }
    }

    private static Object typed(String name, String setting, ConfigDef.Type type) {
        try {
            return ConfigDef.parseType(name, setting, type);
        } catch (ConfigException e) {
            String text = setting.strip();
            if (type == ConfigDef.Type.DOUBLE) {
                throw new ConfigException(name, setting, "not a number; write " + asNumber(text));
            } else if (type == ConfigDef.Type.INT) {
                throw new ConfigException(name, setting, "not a whole number in digits, such as 1000");
            }
            throw e;
        }
    }

    /** How to write a number: a percentage as a fraction. */
    private static String asNumber(String text) {
        return PERCENT.matcher(text).matches()
                ? new BigDecimal(text.substring(0, text.length() - 1).strip())
                                .movePointLeft(2)
                                .stripTrailingZeros()
                                .toPlainString()
                        + " for " + text
                : "digits and a point, such as 0.1";
    }

    /** Fills in the defaults that depend on other values. */
    private void derive() {
        if (has(Keys.DATASET)) {
            deriveTopics(text(Keys.DATASET));
        }
        if (list(Keys.HOSTED_REPLICAS).equals(List.of(Keys.ALL))) {
            byKey.put(Keys.HOSTED_REPLICAS, list(Keys.REPLICAS));
        }
        Duration interval = duration(Keys.ROUND_INTERVAL);
        Duration grace = duration(Keys.GRACE);
        orElse(Keys.TREE_STRIDE, Math.min(4, Integer.numberOfTrailingZeros(number(Keys.TREE_SEGMENTS))));
        orElse(Keys.ROUND_DEADLINE, Durations.format(interval.multipliedBy(3).dividedBy(4)));
        orElse(Keys.ROUND_SETTLE, Durations.format(duration(Keys.ROUND_DEADLINE).dividedBy(3)));
        orElse(Keys.LAG_PATIENCE, Durations.format(grace.multipliedBy(10)));
        orElse(Keys.REPAIR_TIMEOUT, Durations.format(interval.multipliedBy(2).plus(grace)));
    }

    private void deriveTopics(String dataset) {
        orElse(Keys.CONTROL_TOPIC, dataset + ".control");
        orElse(Keys.ROUNDS_TOPIC, dataset + ".rounds");
        orElse(Keys.DEAD_LETTER_TOPIC, dataset + ".dead-letters");
        orElse(Keys.CONFLICTS_TOPIC, dataset + ".conflicts");
        orElse(Keys.CONTROL_TOPICS, List.of(text(Keys.CONTROL_TOPIC)));
        for (String replica : list(Keys.REPLICAS)) {
            orElse(Keys.replica(replica, Keys.WRITES_TOPIC), dataset + ".writes." + replica);
            boolean source = "source".equals(text(replica, Keys.ROLE));
            orElse(Keys.replica(replica, Keys.PROGRESS), source ? "topic" : "writes");
            if (!source) {
                orElse(Keys.replica(replica, Keys.REPAIRS_TOPIC), dataset + ".repairs." + replica);
            }
        }
    }

    private void orElse(String key, Object value) {
        if (!has(key)) {
            byKey.put(key, value);
        }
    }
}
