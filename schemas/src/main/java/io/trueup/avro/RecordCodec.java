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
     * @throws SchemaRefusedException if a registry refuses the schema; never after {@link #prepare} of this topic
     * @throws RegistryUnavailableException if a registry gives no answer; never after {@link #prepare} of this topic
     */
    byte[] encode(String topic, T record);

    /**
     * Decodes a record. For any bytes, the memory that it needs is proportional to their number.
     *
     * @param topic the topic of the record
     * @param bytes a record value; null is malformed
     * @throws MalformedRecordException if the bytes are not a record that this codec knows
     * @throws RegistryUnavailableException if only a registry can tell, and gives no answer; never while the record
     *     {@link #isReady}
     */
    T decode(String topic, byte[] bytes) throws MalformedRecordException;

    /**
     * Asks for what {@link #encode} needs for a topic, such as the ids of its schemas in a registry, so that it need not wait later.
     *
     * @throws SchemaRefusedException if a registry refuses a schema
     * @throws RegistryUnavailableException if a registry gives no answer
     */
    default void prepare(String topic) {}

    /**
     * Whether bytes can be decoded, or are malformed, without a further answer of a registry. If not, it is asked meanwhile. Never waits.
     */
    default boolean isReady(String topic, byte[] bytes) {
        return true;
    }

    /**
     * Whether bytes are in the {@link WireFormat} and were written by the current schema of a type: after the header they are the
     * same as in single-object encoding. False also where that is not known yet.
     *
     * @param type a generated class
     */
    default boolean isCurrent(byte[] bytes, Class<?> type) {
        return false;
    }
}
