package io.trueup.topic;

/** What may be the cause where an offset of a partition holds no record. */
public enum GapCause {
    /** The topic is compacted, or its cleanup policy may not be read: a later record of the same key may have replaced the record. */
    COMPACTION,
    /**
     * The topic is not compacted now, but it may have been. Or the offset belongs to a transaction: its marker, or an aborted
     * write. Brokers do not distinguish the two.
     */
    UNCLEAR,
    /** The user knows that the topic never was compacted: the offset belongs to a transaction. */
    TRANSACTIONS
}
