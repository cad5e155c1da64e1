package io.trueup.provision;

/** What an ACL is needed for. The text is the comment above the command that grants it; for people, it names their commands. */
public enum AclPurpose {
    HOSTED_WRITES(
            "Writes topics of the hosted replicas: events, values for repairs, retention and the type of timestamps."),
    OTHER_WRITES(
            "Writes topics of all other replicas, even where they are in another cluster: the number of partitions is"
                    + " compared."),
    REPAIRS("All repairs topics; those of the hosted replicas are read, too. The size of records is checked against"
            + " max.message.bytes. With mode=observe, none is written."),
    CONTROL("control.topic is written; control.topics are read."),
    REPORTS("Reports of rounds, conflicts, and records that cannot be read."),
    OBSERVATIONS("Only with observations.topic."),
    STATE("The consumer group and the changelog topic of each hosted replica."),
    CHANGELOG_CREATION("Kafka Streams creates the changelog topics at the first start, whatever topics.create says."),
    TRANSACTIONS("Transactions; not with streams.processing.guarantee=at_least_once."),
    FEED_PROGRESS("Only with replica.<name>.progress=group:<consumer group>@<feed topic>."),
    TOPIC_CREATION(
            "Only with topics.create=true: the topics above that may be missing, except writes topics, which the job"
                    + " never creates."),
    HTTP_ACTIONS(
            "Only with http.listen: what /api/v1/conflicts and the actions choose, probe, pause and resume read. The job runs"
                    + " without it, and answers them with 503."),

    FEED_AND_REPAIRS("Its consumer group reads the feed and the repairs."),
    OWN_WRITES("Its own writes topic, and no other."),
    REFUSED_RECORDS("Only ./trueup replica: its dead.letter.topic."),

    SENT_COMMANDS("approve, pause, resume, complete, conflicts choose, probe"),
    LISTED_CONFLICTS("conflicts, conflicts choose, history, history --key"),
    SHOWN_REPAIRS("probe, audit, repairs, history, history --key"),
    HEARD_MESSAGES("pause, resume, probe, history, history --key"),
    COUNTED_PARTITIONS("status"),
    SHOWN_REPORTS("status, history, history --key"),
    REPLAYED_WRITES("audit, repair, history --key"),
    SENT_REPAIRS("repair"),
    RESET("reset"),
    SHOWN_TOPICS("topics");

    private final String text;

    AclPurpose(String text) {
        this.text = text;
    }

    public String text() {
        return text;
    }
}
