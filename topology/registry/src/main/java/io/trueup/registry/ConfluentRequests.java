package io.trueup.registry;

import io.trueup.avro.SchemaRefusedException;
import io.trueup.confluent.ConfluentClient;
import io.trueup.confluent.ConfluentClient.Registered;
import io.trueup.confluent.RequestRefusedException;
import java.io.IOException;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.SchemaParser;
import org.apache.kafka.common.config.ConfigException;

/** Requests by Confluent's client: registers schemas, looks them up, or takes the latest ones, as configured. */
record ConfluentRequests(ConfluentClient client, RegistrySettings settings) implements RegistryRequests {

    /** @throws ConfigException if the client refuses its settings */
    static ConfluentRequests of(RegistrySettings settings) {
        try {
            return new ConfluentRequests(new ConfluentClient(settings.urls(), settings.client()), settings);
        } catch (RuntimeException e) {
            throw new ConfigException(
                    RegistryKeys.URL + ": the client of the registry refuses its settings: " + ReadFailures.reason(e));
        }
    }

    @Override
    public Registered schema(int id) throws IOException, RequestRefusedException {
        return client.schema(id);
    }

    @Override
    public int id(String subject, Schema schema) throws IOException, RequestRefusedException {
        if (settings.useLatest()) {
            return latest(subject, schema);
        }
        return settings.autoRegister()
                ? client.register(subject, schema.toString(), settings.normalize())
                : client.id(subject, schema.toString(), settings.normalize());
    }

    private int latest(String subject, Schema schema) throws IOException, RequestRefusedException {
        Registered latest = client.latest(subject);
        if (!describesTheSameBytes(latest, schema)) {
            throw new SchemaRefusedException("the latest schema of subject " + subject + " (id " + latest.id()
                    + ") does not describe the bytes that this release writes as a " + schema.getName()
                    + ": register the schema of this release there, or set " + RegistryKeys.USE_LATEST
                    + "=false, so that its own id is used");
        }
        return latest.id();
    }

    private static boolean describesTheSameBytes(Registered latest, Schema schema) {
        if (!latest.type().equals(ConfluentClient.AVRO)) {
            return false;
        }
        try {
            Schema parsed = new SchemaParser().parse(latest.text()).mainSchema();
            return SchemaNormalization.toParsingForm(parsed).equals(SchemaNormalization.toParsingForm(schema));
        } catch (AvroRuntimeException e) {
            return false;
        }
    }

    @Override
    public void close() {
        client.close();
    }
}
