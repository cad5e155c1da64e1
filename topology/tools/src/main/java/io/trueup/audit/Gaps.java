package io.trueup.audit;

/** What it can mean that an offset of a partition holds no record. */
enum Gaps {
    /** The topic is compacted, or that may not be asked: the record may have been replaced by a later one of its key. */
    COMPACTION,
    /**
     * The topic is not compacted now, but it may have been. Or the offset belongs to a transaction: its marker, or an aborted
     * write. Brokers do not tell one from the other.
     */
    UNCLEAR,
    /** The topic never was compacted, as the user knows: the offset belongs to a transaction. */
    TRANSACTIONS
}
