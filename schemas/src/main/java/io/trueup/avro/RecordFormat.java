package io.trueup.avro;

import org.apache.avro.generic.IndexedRecord;

/**
 * A format of Avro records other than those of this package, such as that of a user's serializer. Implementations are thread-safe.
 */
public interface RecordFormat extends AutoCloseable {

    /**
     * Writes a record.
     *
     * @throws RegistryUnavailableException if it cannot be written now
     */
    byte[] write(String topic, IndexedRecord record);

    /**
     * Finds out what {@link #write} needs for a topic, and tries again for a limited time where that is not known now.
     *
     * @param record a record like those that are going to be written; it is sent to nobody
     * @throws RegistryUnavailableException if it could not be found out in this time
     */
    void prepare(String topic, IndexedRecord record);

    /**
     * Reads a record.
     *
     * @throws MalformedRecordException if the bytes are no record of this format
     * @throws RegistryUnavailableException if whether they are is unknown now
     */
    IndexedRecord read(String topic, byte[] bytes) throws MalformedRecordException;

    /** Whether bytes can be read, or are malformed, without a further answer of a registry. */
    boolean isReady(String topic, byte[] bytes);

    @Override
    void close();
}
