package io.trueup.provision;

/** What a topic of a dataset is for. */
public enum TopicUse {
    /** Write events of a replica that is hosted with the configuration. */
    WRITES(true, Creator.PERSON),
    /** Write events of a replica that is hosted elsewhere. Its topic may be in another cluster. */
    WRITES_ELSEWHERE(true, Creator.PERSON),
    /** Repair events for a replica. */
    REPAIRS(true, Creator.JOB),
    /** Control messages: the topic that is written, and those that are read. */
    CONTROL(true, Creator.JOB),
    /** Keys for which clients have read differing answers. */
    OBSERVATIONS(true, Creator.JOB),
    /** Reports of rounds. */
    ROUNDS(false, Creator.JOB),
    /** Keys for which no entry wins. */
    CONFLICTS(false, Creator.JOB),
    /** Records that cannot be read. */
    DEAD_LETTERS(false, Creator.JOB),
    /** The state of a reconciler. */
    CHANGELOG(true, Creator.KAFKA_STREAMS);

    private final boolean samePartitions;
    private final Creator creator;

    /** By whom a topic is created. */
    public enum Creator {
        /** A person who knows that the replica has no other topic: a new writes topic states that its replica holds nothing. */
        PERSON,
        /** The job with {@code topics.create=true}, or a person. */
        JOB,
        /** Kafka Streams, at the first start. */
        KAFKA_STREAMS
    }

    TopicUse(boolean samePartitions, Creator creator) {
        this.samePartitions = samePartitions;
        this.creator = creator;
    }

    /** Whether the topic must have as many partitions as the dataset, because a key has the same partition in all such topics. */
    public boolean samePartitions() {
        return samePartitions;
    }

    public Creator creator() {
        return creator;
    }
}
