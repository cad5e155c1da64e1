package io.trueup.datastore;

/** How write events and repairs are laid out in records. Chosen per replica and topic in the configuration of the job. */
public enum RecordLayout {

    /** Avro records: {@code replica.<name>.writes.format=trueup}, {@code replica.<name>.repairs.format=trueup}. */
    TRUEUP,

    /**
     * Key and value as they are, the rest in {@code trueup.*} headers: {@code plain} in the configuration of the job. Without version
     * vectors, digests, scans and references.
     */
    PLAIN
}
