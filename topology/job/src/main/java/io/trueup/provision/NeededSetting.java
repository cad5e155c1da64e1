package io.trueup.provision;

import java.util.Map;
import org.apache.kafka.common.config.TopicConfig;

/**
 * A setting that a topic should have.
 *
 * @param name as in {@code kafka-topics.sh --config}
 * @param value what a new topic gets
 * @param fit which values of an existing topic serve as well
 * @param reason why, in one sentence without a full stop
 */
public record NeededSetting(String name, String value, Fit fit, String reason) {

    /** {@code max.message.bytes} of brokers that do not set it otherwise. */
    private static final int DEFAULT_MAX_MESSAGE_BYTES = 1_048_588;

    private static final String UNLIMITED = "-1";

    /** Which values of an existing topic serve. */
    enum Fit {
        /** The value itself. */
        SAME,
        /** The value, or a greater number. */
        AT_LEAST,
        /** The value, or a greater number; any number where the topic is not compacted. */
        AT_LEAST_IF_COMPACTED,
        /** Any cleanup policy by which the last record of each key stays. */
        KEEPS_LAST_RECORDS,
        /** Any cleanup policy by which records of the same key do not replace each other. */
        NOT_COMPACTED
    }

    /** Whether a new topic gets the setting; otherwise the default of the brokers is expected to suffice. */
    public boolean isSetAtCreation() {
        return !name.equals(TopicConfig.MAX_MESSAGE_BYTES_CONFIG)
                || Integer.parseInt(value) > DEFAULT_MAX_MESSAGE_BYTES;
    }

    /** What an existing topic should have, such as {@code at least 1000}. */
    public String wanted() {
        return fit == Fit.AT_LEAST || fit == Fit.AT_LEAST_IF_COMPACTED ? "at least " + value : value;
    }

    /**
     * Whether an existing topic serves in this respect.
     *
     * @param actual all settings of the topic, defaults included
     */
    public boolean isMetBy(Map<String, String> actual) {
        return switch (fit) {
            case SAME -> value.equals(actual.get(name));
            case AT_LEAST -> isAtLeast(actual.get(name));
            case AT_LEAST_IF_COMPACTED ->
                !has(actual, TopicConfig.CLEANUP_POLICY_COMPACT) || isAtLeast(actual.get(name));
            case KEEPS_LAST_RECORDS ->
                !has(actual, TopicConfig.CLEANUP_POLICY_DELETE)
                        || UNLIMITED.equals(actual.get(TopicConfig.RETENTION_MS_CONFIG));
            case NOT_COMPACTED -> !has(actual, TopicConfig.CLEANUP_POLICY_COMPACT);
        };
    }

    private static boolean has(Map<String, String> actual, String policy) {
        return actual.getOrDefault(TopicConfig.CLEANUP_POLICY_CONFIG, "").contains(policy);
    }

    private boolean isAtLeast(String actual) {
        return UNLIMITED.equals(actual) || Long.parseLong(actual) >= Long.parseLong(value);
    }
}
