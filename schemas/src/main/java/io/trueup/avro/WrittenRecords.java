package io.trueup.avro;

import java.util.Optional;
import org.apache.avro.Schema;

/**
 * Finds out by which schemas the records of applications were written, of whatever type they are. Implementations are thread-safe.
 */
public interface WrittenRecords {

    /**
     * A record in Avro's binary form.
     *
     * @param schema the schema by which it was written
     * @param bytes a record value
     * @param from where the record begins in it; it ends where the bytes end
     */
    record Written(Schema schema, byte[] bytes, int from) {}

    /**
     * Finds out what a record value is.
     *
     * @param topic the topic of the record
     * @param bytes a record value
     * @return the record; empty if the bytes do not begin as one of a registry
     * @throws MalformedRecordException if there is no schema by which it could have been written
     * @throws RegistryUnavailableException if only a registry can tell, and gives no answer; never while the record
     *     {@link #isReady}
     */
    Optional<Written> find(String topic, byte[] bytes) throws MalformedRecordException;

    /**
     * Whether {@link #find} returns, or bytes are malformed, without a further answer of a registry. If not, it is asked meanwhile. Never
     * waits.
     */
    boolean isReady(String topic, byte[] bytes);
}
