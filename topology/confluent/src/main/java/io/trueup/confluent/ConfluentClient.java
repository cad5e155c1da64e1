package io.trueup.confluent;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.avro.AvroSchema;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.avro.AvroSchemaProvider;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.CachedSchemaRegistryClient;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.SchemaMetadata;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.rest.RestService;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.rest.entities.SchemaString;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.rest.exceptions.RestClientException;

/**
 * Confluent's {@code CachedSchemaRegistryClient}, one for each address. Schemas are passed as text, because the client has an Avro of its
 * own.
 *
 * <p>Each call makes at most one request to each address, and waits for its answer: an address that does not answer, or answers with an
 * error that says nothing about what was asked, is followed by the next one. So is, in the next call, one that does not have what was
 * asked for: another server may have it already. Thread-safe.
 */
public final class ConfluentClient implements AutoCloseable {

    /** The type of Avro schemas. */
    public static final String AVRO = "AVRO";

    private static final int CACHED_SCHEMAS = 1_000;

    private final List<Address> addresses;
    private final AtomicInteger current = new AtomicInteger();

    /** A client of one address. */
    private record Address(RestService rest, CachedSchemaRegistryClient client) {

        static Address of(String address, Map<String, String> settings) {
            RestService rest = new RestService(address);
            return new Address(
                    rest,
                    new CachedSchemaRegistryClient(
                            rest, CACHED_SCHEMAS, List.of(new AvroSchemaProvider()), settings, Map.of()));
        }
    }

    /** A request to one address. */
    private interface Request<T> {
        T of(Address address) throws IOException, RestClientException;
    }

    /**
     * Makes a client; nothing is requested yet.
     *
     * @param addresses base addresses of the registry, at least one
     * @param settings settings by Confluent's names, such as {@code basic.auth.user.info} and
     *     {@code schema.registry.ssl.truststore.location}
     * @throws RuntimeException if a setting cannot be used
     */
    public ConfluentClient(List<String> addresses, Map<String, String> settings) {
        this.addresses =
                addresses.stream().map(address -> Address.of(address, settings)).toList();
    }

    private <T> T ask(Request<T> request) throws IOException, RequestRefusedException {
        int first = current.get();
        for (int i = 0; ; i++) {
            int at = (first + i) % addresses.size();
            boolean isLast = i == addresses.size() - 1;
            try {
                T answer = request.of(addresses.get(at));
                current.set(at);
                return answer;
            } catch (RestClientException e) {
                RequestRefusedException refused = refused(e);
                if (isLast || refused.isOfTheRegistry()) {
                    current.set((at + 1) % addresses.size());
                    throw refused;
                }
            } catch (IOException e) {
                if (isLast) {
                    throw e;
                }
            }
        }
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
        return ask(address -> {
            SchemaString found = address.rest().getId(id);
            boolean complete = found.getReferences() == null
                    || found.getReferences().isEmpty()
                    || !found.getSchemaType().equals(AVRO);
            return new Registered(
                    id, found.getSchemaType(), complete ? found.getSchemaString() : resolved(address, id));
        });
    }

    private static String resolved(Address address, int id) throws IOException, RestClientException {
        return ((AvroSchema) address.client().getSchemaById(id)).rawSchema().toString();
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
        return ask(address -> address.client().register(subject, new AvroSchema(schema), normalize));
    }

    /**
     * Returns the id of an Avro schema that is registered under a subject.
     *
     * @param normalize whether the registry looks for an equivalent schema
     * @throws RequestRefusedException if the registry answers with an error
     * @throws IOException if no address gives an answer that can be read
     */
    public int id(String subject, String schema, boolean normalize) throws IOException, RequestRefusedException {
        return ask(address -> address.client().getId(subject, new AvroSchema(schema), normalize));
    }

    /**
     * Returns the latest schema of a subject.
     *
     * @throws RequestRefusedException if the registry answers with an error
     * @throws IOException if no address gives an answer that can be read
     */
    public Registered latest(String subject) throws IOException, RequestRefusedException {
        return ask(address -> {
            SchemaMetadata found = address.client().getLatestSchemaMetadata(subject);
            boolean complete = found.getReferences() == null
                    || found.getReferences().isEmpty()
                    || !found.getSchemaType().equals(AVRO);
            return new Registered(
                    found.getId(),
                    found.getSchemaType(),
                    complete ? found.getSchema() : resolved(address, found.getId()));
        });
    }

    private static RequestRefusedException refused(RestClientException e) {
        return new RequestRefusedException(e.getMessage(), e.getStatus(), e.getErrorCode());
    }

    @Override
    public void close() {
        try {
            for (Address address : addresses) {
                address.client().close();
            }
        } catch (IOException e) {
            throw new IllegalStateException("closing the client of the schema registry failed", e);
        }
    }
}
