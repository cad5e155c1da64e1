package io.trueup.command;

import io.trueup.provision.NeededSetting;
import io.trueup.provision.NeededTopic;
import io.trueup.provision.TopicUse.Creator;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A topic as it should be, next to what the brokers have. Immutable.
 *
 * @param needed what should be there
 * @param wantedPartitions partitions that it should have
 * @param partitions partitions that it has; empty if there is no such topic
 * @param settings all settings that it has, defaults included; empty if there is no such topic
 * @param similar a topic without a purpose in the configuration whose name is similar to that of a writes topic that is missing
 */
public record TopicFinding(
        NeededTopic needed,
        int wantedPartitions,
        OptionalInt partitions,
        Map<String, String> settings,
        Optional<String> similar) {

    /** Whether a topic is as it should be. */
    public enum State {
        FITS,
        DIFFERS,
        MISSING,
        /** There is none, and there need not be one: Kafka Streams will create it, or it may be in another cluster. */
        ABSENT
    }

    /** Copies the settings. */
    public TopicFinding {
        settings = Map.copyOf(settings);
    }

    public State state() {
        if (partitions.isPresent()) {
            boolean fits = partitionsFit() && needed.settings().stream().allMatch(this::fits);
            return fits ? State.FITS : State.DIFFERS;
        }
        return switch (needed.use()) {
            case WRITES, REPAIRS, CONTROL, OBSERVATIONS, ROUNDS, CONFLICTS, DEAD_LETTERS -> State.MISSING;
            case WRITES_ELSEWHERE, CHANGELOG -> State.ABSENT;
        };
    }

    /** Whether the topic has as many partitions as it should, or any number will do. */
    public boolean partitionsFit() {
        return !needed.use().samePartitions() || partitions.orElse(wantedPartitions) == wantedPartitions;
    }

    /** Whether the topic, if it exists, serves with respect to a setting. */
    public boolean fits(NeededSetting setting) {
        return partitions.isEmpty() || setting.isMetBy(settings);
    }

    /** Whether the topic is missing, and only a person can know that it should be created. */
    public boolean needsAPerson() {
        return state() == State.MISSING && needed.use().creator() == Creator.PERSON;
    }
}
