package io.trueup.registry;

import io.trueup.confluent.ConfluentClient.Registered;
import io.trueup.confluent.RequestRefusedException;
import java.io.IOException;
import org.apache.avro.Schema;

/** The requests to a registry. Each waits for one answer. Implementations are thread-safe. */
interface RegistryRequests extends AutoCloseable {

    /**
     * Requests the schema of an id.
     *
     * @throws RequestRefusedException if the registry answers with an error
     * @throws IOException if there is no answer
     */
    Registered schema(int id) throws IOException, RequestRefusedException;

    /**
     * Requests the id under which records of a schema are written.
     *
     * @throws RequestRefusedException if the registry answers with an error
     * @throws io.trueup.avro.SchemaRefusedException if what it answers cannot be used
     * @throws IOException if there is no answer
     */
    int id(String subject, Schema schema) throws IOException, RequestRefusedException;

    @Override
    void close();
}
