package io.trueup.avro;

/**
 * Encodes and decodes the values of the project's own topics. Implementations are thread-safe.
 *
 * @param <T> the record, or the common type of several
 */
public interface RecordCodec<T> {

    /**
     * Encodes a record.
     *
     * @param topic the topic that it is for; some encodings keep a schema per topic
     * @throws IllegalArgumentException if the record is incomplete or of a type that this codec does not know
     */
    byte[] encode(String topic, T record);

    /**
     * Decodes a record. Whatever the bytes are, it needs memory in proportion to their number only.
     *
     * @param topic the topic that they come from
     * @param bytes a record value; null is malformed
     * @throws MalformedRecordException if the bytes are not a record that this codec knows
     */
    T decode(String topic, byte[] bytes) throws MalformedRecordException;
}
