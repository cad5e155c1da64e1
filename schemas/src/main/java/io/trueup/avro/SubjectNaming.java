package io.trueup.avro;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Under which subject of a registry the schema of a record value is: Confluent's strategies. */
public enum SubjectNaming {
    /** One subject for a topic. Records of several types in one topic do not go together with it. */
    TOPIC("TopicNameStrategy"),
    /** One subject for a type of record, in all topics. */
    RECORD("RecordNameStrategy"),
    /** One subject for a type of record in a topic. */
    TOPIC_RECORD("TopicRecordNameStrategy");

    private final String strategy;

    SubjectNaming(String strategy) {
        this.strategy = strategy;
    }

    /** The names of Confluent's classes, without their package. */
    public static List<String> strategies() {
        return Arrays.stream(values()).map(naming -> naming.strategy).toList();
    }

    /** Returns the naming of a class of Confluent's, which may be given with its package. */
    public static Optional<SubjectNaming> of(String strategy) {
        String name = strategy.substring(strategy.lastIndexOf('.') + 1);
        return Arrays.stream(values())
                .filter(naming -> naming.strategy.equals(name))
                .findFirst();
    }

    /** The name of Confluent's class, without its package. */
    public String strategy() {
        return strategy;
    }

    /**
     * Returns the subject of record values.
     *
     * @param record the full name of the schema
     */
    public String subject(String topic, String record) {
        return switch (this) {
            case TOPIC -> topic + "-value";
            case RECORD -> record;
            case TOPIC_RECORD -> topic + "-" + record;
        };
    }
}
