package io.trueup.datastore;

/**
 * Names of a replica and its topics, as in the configuration of the job.
 *
 * @param replica the name of the replica
 * @param writes its writes topic
 * @param writesLayout the layout of its write events
 * @param repairs its repairs topic
 * @param repairsLayout the layout of its repairs
 * @param deadLetters the topic to which records of the repairs topic that cannot be used are sent, any number of partitions
 */
public record ReplicaTopics(
        String replica,
        String writes,
        RecordLayout writesLayout,
        String repairs,
        RecordLayout repairsLayout,
        String deadLetters) {

    /** Topics in the Avro layout. */
    public ReplicaTopics(String replica, String writes, String repairs, String deadLetters) {
        this(replica, writes, RecordLayout.TRUEUP, repairs, RecordLayout.TRUEUP, deadLetters);
    }
}
