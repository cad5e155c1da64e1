package io.trueup.schema;

import java.nio.charset.StandardCharsets;

/**
 * Names of record headers. They are part of the contract, like the schemas. In the plain formats, they contain the fields of a write event
 * or a repair event other than key and value. Dead letters have them in every format. Numbers are decimal text, all text is UTF-8, times
 * are milliseconds since the epoch.
 */
public final class HeaderNames {

    /** Version of the entry. */
    public static final String VERSION = "trueup.version";

    /**
     * On a feed record of a datastore that stores version vectors: the vector, as {@code name=counter} pairs separated by
     * commas. Names are not empty and do not contain {@code =} or {@code ,}; counters are not negative. The plain formats of write
     * events and repair events have no vectors.
     */
    public static final String VECTOR = "trueup.vector";

    /** Position of the entry. */
    public static final String POSITION = "trueup.position";

    /** Time from which on the entry counts as deleted; absent: never. */
    public static final String EXPIRY = "trueup.expiry";

    /** On a repair event: its id. On a write event: the id of the repair event that it answers. */
    public static final String REPAIR_ID = "trueup.repair.id";

    /**
     * On a record without value, and without key or with {@link #progressKey}: the replica has applied every write of the
     * partition up to this position.
     */
    public static final String PROGRESS = "trueup.progress";

    /** How the entry of the target differs from the winning entry: a {@link Divergence}. */
    public static final String REASON = "trueup.reason";

    /** The replica to repair. */
    public static final String TARGET = "trueup.target";

    /** The replica whose reconciler sent the repair. */
    public static final String SUPPLIER = "trueup.supplier";

    /** Cut of the round that found the divergence. */
    public static final String ROUND = "trueup.round";

    /** Number of repairs sent for the divergence so far, including this one. */
    public static final String ATTEMPT = "trueup.attempt";

    /** When to apply the repair: a {@link Condition}. */
    public static final String CONDITION = "trueup.condition";

    /** Version of the entry that the target held; absent if it held nothing. */
    public static final String OBSERVED_VERSION = "trueup.observed.version";

    /** {@code true} if the target held a tombstone; absent if it held nothing. */
    public static final String OBSERVED_DELETED = "trueup.observed.deleted";

    /** Time after which the repair must not be applied. */
    public static final String VALID_UNTIL = "trueup.valid.until";

    /**
     * On a control message and a round report: proves that the sender has one of the secrets of the dataset. 16 bytes; short, because
     * an idle dataset sends little else.
     */
    public static final String MAC = "mac";

    /** On a dead letter: the reason why the record cannot be used. */
    public static final String DEAD_LETTER_REASON = "trueup.dead-letter.reason";

    /** On a dead letter: the replica for which the record was read. */
    public static final String DEAD_LETTER_REPLICA = "trueup.dead-letter.replica";

    /** On a dead letter: the topic from which the record was read. */
    public static final String DEAD_LETTER_TOPIC = "trueup.dead-letter.topic";

    /** On a dead letter: the partition from which the record was read. */
    public static final String DEAD_LETTER_PARTITION = "trueup.dead-letter.partition";

    /** On a dead letter: the offset of the record. */
    public static final String DEAD_LETTER_OFFSET = "trueup.dead-letter.offset";

    /** On a dead letter: the timestamp of the record, if known. */
    public static final String DEAD_LETTER_TIMESTAMP = "trueup.dead-letter.timestamp";

    private HeaderNames() {}

    /**
     * The record key of progress events in a topic that refuses records without key, as compacted topics do: a zero byte followed by
     * {@code trueup.progress}. It must not be a key of the dataset.
     */
    public static byte[] progressKey() {
        return "\0trueup.progress".getBytes(StandardCharsets.US_ASCII);
    }

    /**
     * The record key of scan markers: a zero byte followed by {@code trueup.scan}. It must not be a key of the dataset. It differs from
     * the key of progress events, so that a compacted topic keeps the last marker: it shows a reader that begins at the start of the
     * topic that there was a scan.
     */
    public static byte[] scanKey() {
        return "\0trueup.scan".getBytes(StandardCharsets.US_ASCII);
    }
}
