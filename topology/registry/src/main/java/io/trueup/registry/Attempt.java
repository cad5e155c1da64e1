package io.trueup.registry;

import org.apache.avro.generic.IndexedRecord;

/** What came of an attempt to read a record by the user's deserializer. */
sealed interface Attempt {

    /** The record. */
    record Read(IndexedRecord record) implements Attempt {}

    /**
     * It can never be read.
     *
     * @param cause the failure of the deserializer, or null
     */
    record Malformed(String reason, Throwable cause) implements Attempt {}

    /** Whether it can be read is unknown now. */
    record Unknown(String reason) implements Attempt {}
}
