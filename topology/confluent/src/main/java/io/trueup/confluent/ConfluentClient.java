package io.trueup.confluent;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.avro.AvroSchema;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.avro.AvroSchemaProvider;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.CachedSchemaRegistryClient;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.SchemaMetadata;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.rest.RestService;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.rest.entities.SchemaString;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.rest.exceptions.RestClientException;

/**
 * Confluent's {@code CachedSchemaRegistryClient}. Schemas are passed as text, because the client has an Avro of its own.
 *
 * <p>Each call makes at most one request to each address, and waits for its answer. Thread-safe.
 */
public final class ConfluentClient implements AutoCloseable {

    /** The type of Avro schemas. */
    public static final String AVRO = "AVRO";

    private static final int CACHED_SCHEMAS = 1_000;

    private final RestService rest;
    private final CachedSchemaRegistryClient client;

    /**
     * Makes a client; nothing is requested yet.
     *
     * @param addresses base addresses of the registry; another one is used where one cannot be reached
     * @param settings settings by Confluent's names, such as {@code basic.auth.user.info} and
     *     {@code schema.registry.ssl.truststore.location}
     * @throws RuntimeException if a setting cannot be used
     */
    public ConfluentClient(List<String> addresses, Map<String, String> settings) {
        rest = new RestService(addresses);
        client = new CachedSchemaRegistryClient(
                rest, CACHED_SCHEMAS, List.of(new AvroSchemaProvider()), settings, Map.of());
    }

    /**
     * A schema of the registry.
     *
     * @param id its id
     * @param type its type, such as {@value #AVRO}
     * @param text the schema; of an Avro schema with all that it refers to
     */
    public record Registered(int id, String type, String text) {}

    /**
     * Returns the schema of an id.
     *
     * @throws RequestRefusedException if the registry answers with an error
     * @throws IOException if no address gives an answer that can be read
     */
    public Registered schema(int id) throws IOException, RequestRefusedException {
        try {
            SchemaString found = rest.getId(id);
            boolean complete = found.getReferences() == null
                    || found.getReferences().isEmpty()
                    || !found.getSchemaType().equals(AVRO);
            return new Registered(id, found.getSchemaType(), complete ? found.getSchemaString() : resolved(id));
        } catch (RestClientException e) {
            throw refused(e);
        }
    }

    private String resolved(int id) throws IOException, RestClientException {
        return ((AvroSchema) client.getSchemaById(id)).rawSchema().toString();
    }

    /**
     * Registers an Avro schema under a subject, unless it is there already.
     *
     * @param normalize whether the registry looks for an equivalent schema
     * @return its id
     * @throws RequestRefusedException if the registry answers with an error
     * @throws IOException if no address gives an answer that can be read
     */
    public int register(String subject, String schema, boolean normalize) throws IOException, RequestRefusedException {
        try {
            return client.register(subject, new AvroSchema(schema), normalize);
        } catch (RestClientException e) {
            throw refused(e);
        }
    }

    /**
     * Returns the id of an Avro schema that is registered under a subject.
     *
     * @param normalize whether the registry looks for an equivalent schema
     * @throws RequestRefusedException if the registry answers with an error
     * @throws IOException if no address gives an answer that can be read
     */
    public int id(String subject, String schema, boolean normalize) throws IOException, RequestRefusedException {
        try {
            return client.getId(subject, new AvroSchema(schema), normalize);
        } catch (RestClientException e) {
            throw refused(e);
        }
    }

    /**
     * Returns the latest schema of a subject.
     *
     * @throws RequestRefusedException if the registry answers with an error
     * @throws IOException if no address gives an answer that can be read
     */
    public Registered latest(String subject) throws IOException, RequestRefusedException {
        try {
            SchemaMetadata found = client.getLatestSchemaMetadata(subject);
            boolean complete = found.getReferences() == null
                    || found.getReferences().isEmpty()
                    || !found.getSchemaType().equals(AVRO);
            return new Registered(
                    found.getId(), found.getSchemaType(), complete ? found.getSchema() : resolved(found.getId()));
        } catch (RestClientException e) {
            throw refused(e);
        }
    }

    private static RequestRefusedException refused(RestClientException e) {
        return new RequestRefusedException(e.getMessage(), e.getStatus(), e.getErrorCode());
    }

    @Override
    public void close() {
        try {
            client.close();
        } catch (IOException e) {
            throw new IllegalStateException("closing the client of the schema registry failed", e);
        }
    }
}
