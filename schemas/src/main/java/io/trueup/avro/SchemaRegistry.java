package io.trueup.avro;

import org.apache.avro.Schema;

/** A registry of schemas, which gives each schema an id. Implementations are thread-safe. */
public interface SchemaRegistry extends AutoCloseable {

    /**
     * Returns the schema of an id. Waits for an answer, and asks again where the registry cannot be reached, for a limited time.
     *
     * @throws UnusableSchemaException if the registry answers that there is no such schema, or none of Avro
     * @throws RegistryUnavailableException if there was no answer in this time: whether there is such a schema is then unknown
     */
    Schema schema(int id) throws UnusableSchemaException;

    /** Whether {@link #schema} answers at once. If it does not, the registry is asked meanwhile. Never waits. */
    boolean isSettled(int id);

    /**
     * Returns the id under which records of a schema are written. Waits as {@link #schema} does.
     *
     * @throws SchemaRefusedException if the registry refuses the schema, does not have it, or refuses the credentials
     * @throws RegistryUnavailableException if there was no answer in this time
     */
    int id(String subject, Schema schema);

    /** Ends what asks the registry meanwhile. */
    @Override
    void close();
}
