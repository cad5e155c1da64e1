package io.trueup.avro;

/**
 * Encodes and decodes the values of the project's own topics. Implementations are thread-safe.
 *
 * @param <T> the type of the records, or a common supertype
 */
public interface RecordCodec<T> {

    /**
     * Encodes a record.
     *
     * @param topic the topic of the record; some encodings keep a schema per topic
     * @throws IllegalArgumentException if the record is incomplete or of a type that this codec does not know
     */
    byte[] encode(String topic, T record);

    /**
     * Decodes a record. For any bytes, the memory that it needs is proportional to their number.
     *
     * @param topic the topic of the record
     * @param bytes a record value; null is malformed
     * @throws MalformedRecordException if the bytes are not a record that this codec knows
     */
    T decode(String topic, byte[] bytes) throws MalformedRecordException;
}
