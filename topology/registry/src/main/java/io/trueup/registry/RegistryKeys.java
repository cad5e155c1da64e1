package io.trueup.registry;

import io.trueup.avro.Encoding;
import io.trueup.avro.SubjectNaming;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.common.config.ConfigDef.Validator;
import org.apache.kafka.common.config.ConfigDef.Width;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.types.Password;

/** The keys of the registry, with their rules and documentation. What has a name of Confluent's keeps it. */
final class RegistryKeys {

    static final String URL = "schema.registry.url";
    static final String ENCODING = "avro.encoding";
    static final String NAMING = "value.subject.name.strategy";
    static final String AUTO_REGISTER = "auto.register.schemas";
    static final String USE_LATEST = "use.latest.version";
    static final String NORMALIZE = "normalize.schemas";
    static final String BASIC_AUTH_SOURCE = "basic.auth.credentials.source";
    static final String BASIC_AUTH_USER = "basic.auth.user.info";
    static final String BEARER_AUTH_SOURCE = "bearer.auth.credentials.source";
    static final String BEARER_AUTH_TOKEN = "bearer.auth.token";
    static final String CONNECT_TIMEOUT = "http.connect.timeout.ms";
    static final String MISSING = "avro.schema.missing.ms";
    static final String READ_TIMEOUT = "http.read.timeout.ms";
    static final String SERIALIZER = "avro.serializer";
    static final String DESERIALIZER = "avro.deserializer";
    static final String MALFORMED = "avro.deserializer.malformed";

    /** Confluent's client takes a certificate of any name unless this is set. */
    static final String IDENTIFICATION = "schema.registry.ssl.endpoint.identification.algorithm";

    /** Prefix of settings that only the user's serializer and deserializer know. */
    static final String SERDE_PREFIX = "avro.serde.";

    /** Prefix of the settings of Confluent's client. */
    static final String CLIENT_PREFIX = "schema.registry.";

    /** Settings with these prefixes are passed on, in addition to the keys above. */
    static final List<String> PASSED_ON = List.of(CLIENT_PREFIX, "basic.auth.", "bearer.auth.", SERDE_PREFIX);

    private static final String GROUP = "Schema registry";

    private final ConfigDef definition = new ConfigDef();
    private int order;

    private RegistryKeys() {}

    static ConfigDef definition() {
        RegistryKeys keys = new RegistryKeys();
        keys.addRegistry();
        keys.addCredentials();
        keys.addSerdes();
        return keys.definition;
    }

    private void addRegistry() {
        key(
                URL,
                Type.LIST,
                null,
                new Rule<List<String>>("http or https addresses, separated by commas", RegistryKeys::urlsFault),
                "Addresses of a schema registry with Confluent's REST API; another one is used where one does not answer."
                        + " With it, records in the registry's wire format are read beside those in single-object encoding,"
                        + " recognised record by record. If not set, there is no registry.");
        key(
                ENCODING,
                Type.STRING,
                null,
                new Rule<String>(
                        "one of " + String.join(", ", Encoding.names()),
                        text -> Encoding.names().contains(text)
                                ? null
                                : "use one of " + String.join(", ", Encoding.names())),
                "How Avro records are written. `single-object`: Avro's single-object encoding, which needs no registry;"
                        + " `registry`: the wire format of the registry, or that of `avro.serializer`. Both are read, whichever is"
                        + " written. If not set, `registry` where there is a registry to write for, and"
                        + " `single-object` elsewhere.");
        key(
                NAMING,
                Type.STRING,
                SubjectNaming.RECORD.strategy(),
                new Rule<String>(
                        "one of " + String.join(", ", SubjectNaming.strategies())
                                + ", or another class for `avro.serializer`",
                        text -> null),
                "Under which subject a schema is: Confluent's class, with or without its package."
                        + " `RecordNameStrategy` needs a subject for each of the schemas, whatever the number of topics;"
                        + " `TopicNameStrategy` does not go together with a writes topic of the reference datastore, which"
                        + " contains records of several types.");
        key(
                AUTO_REGISTER,
                Type.BOOLEAN,
                null,
                null,
                "Whether schemas are registered at start. Otherwise they must be there. If not set, true, but false with"
                        + " `use.latest.version=true`.");
        key(
                USE_LATEST,
                Type.BOOLEAN,
                false,
                null,
                "Whether records are written with the id of the latest schema of the subject. It must describe the same bytes"
                        + " as the schema of this release; names, types and order of the fields count, documentation and"
                        + " defaults do not. Excludes `auto.register.schemas=true`.");
        key(
                NORMALIZE,
                Type.BOOLEAN,
                false,
                null,
                "Whether the registry looks for an equivalent schema where it has not the same one.");
        key(
                CONNECT_TIMEOUT,
                Type.INT,
                5_000,
                timeout(),
                "How long a connection to the registry may take, in milliseconds.");
        key(READ_TIMEOUT, Type.INT, 10_000, timeout(), "How long an answer of the registry may take, in milliseconds.");
        key(
                MISSING,
                Type.INT,
                30_000,
                timeout(),
                "How long, in milliseconds, the registry must answer that it has no schema of an id until records of this id are"
                        + " malformed. They wait meanwhile. Longer than a server of the registry, a copy of it in another"
                        + " region, or a restored one may lack a schema that was registered elsewhere.");
    }

    private void addCredentials() {
        key(
                BASIC_AUTH_SOURCE,
                Type.STRING,
                null,
                new Rule<String>(
                        "a source of credentials that Confluent's client knows, such as `USER_INFO`; not `URL` or `SASL_INHERIT`",
                        RegistryKeys::basicSourceFault),
                "Where the user and the password of the registry are from. If not set, `USER_INFO` with"
                        + " `basic.auth.user.info`.");
        key(
                BASIC_AUTH_USER,
                Type.PASSWORD,
                null,
                new Rule<Password>(
                        "user:password",
                        user -> user.value().contains(":")
                                ? null
                                : "write user and password with a colon between them"),
                "User and password of the registry, as `user:password`. Never printed. If not set, none are sent.");
        key(
                BEARER_AUTH_SOURCE,
                Type.STRING,
                null,
                new Rule<String>(
                        "a source of tokens that Confluent's client knows, such as `STATIC_TOKEN` or `OAUTHBEARER`; not"
                                + " `SASL_OAUTHBEARER_INHERIT`",
                        RegistryKeys::bearerSourceFault),
                "Where the bearer token of the registry is from. If not set, `STATIC_TOKEN` with `bearer.auth.token`.");
        key(
                BEARER_AUTH_TOKEN,
                Type.PASSWORD,
                null,
                new Rule<Password>(
                        "a token", token -> token.value().isBlank() ? "name a token, or remove the key" : null),
                "Bearer token of the registry. Never printed. If not set, none is sent.");
    }

    private void addSerdes() {
        key(
                SERIALIZER,
                Type.STRING,
                null,
                new Rule<String>("the name of a class", RegistryKeys::blank),
                "A Kafka serializer of Avro records in place of Confluent's client and its wire format. Its jar, and the jars"
                        + " that it needs, are put into `lib/ext`: see [OPERATIONS](OPERATIONS.md#serializers-of-your-own). If not set, Confluent's"
                        + " client and its wire format.");
        key(
                DESERIALIZER,
                Type.STRING,
                null,
                new Rule<String>("the name of a class", RegistryKeys::blank),
                "The deserializer that reads what `avro.serializer` writes. Records in single-object encoding are read without it. If"
                        + " not set, Confluent's client reads its wire format.");
        key(
                MALFORMED,
                Type.LIST,
                null,
                new Rule<List<String>>("names of exception classes, separated by commas", names -> null),
                "Exceptions of the deserializer, or of what caused them, that mean that a record can never be read. Such a record"
                        + " is a dead letter. Already known as such: Avro's exceptions, and a `SerializationException` that"
                        + " nothing else has caused. After any other exception the record is tried again, and what follows"
                        + " it waits. If not set, there are no more.");
    }

    private void key(String name, Type type, Object defaultValue, Validator rule, String documentation) {
        definition.define(
                name, type, defaultValue, rule, Importance.MEDIUM, documentation, GROUP, order++, Width.NONE, name);
    }

    private static Validator timeout() {
        return new Rule<Integer>("a number from 1 up", number -> number < 1 ? "use a number from 1 up" : null);
    }

    private static String basicSourceFault(String text) {
        return switch (text) {
            case "URL" -> "addresses are printed; use " + BASIC_AUTH_USER;
            case "SASL_INHERIT" ->
                "the settings of Kafka's clients are not passed on to the registry; use " + BASIC_AUTH_USER;
            default -> blank(text);
        };
    }

    private static String bearerSourceFault(String text) {
        return text.equals("SASL_OAUTHBEARER_INHERIT")
                ? "the settings of Kafka's clients are not passed on to the registry; use OAUTHBEARER with bearer.auth.*"
                : blank(text);
    }

    private static String blank(String text) {
        return text.isBlank() ? "set a value, or remove the key" : null;
    }

    private static String urlsFault(List<String> urls) {
        if (urls.isEmpty()) {
            return "name at least one address, such as http://registry:8081";
        }
        return urls.stream()
                .map(RegistryKeys::urlFault)
                .filter(fault -> fault != null)
                .findFirst()
                .orElse(null);
    }

    private static String urlFault(String url) {
        if (url.contains("@")) {
            return "an address contains credentials, and addresses are printed; use " + BASIC_AUTH_USER;
        }
        try {
            URI address = new URI(url);
            String scheme = String.valueOf(address.getScheme()).toLowerCase(Locale.ROOT);
            if (List.of("http", "https").contains(scheme) && address.getHost() != null) {
                return null;
            }
        } catch (URISyntaxException e) {
            // no address at all
        }
        return "'" + url + "' is not of the form http://host:port or https://host:port";
    }

    /**
     * One rule. Its message does not contain the value: where a value is wrong, it may contain anything.
     *
     * @param phrase description in the reference
     * @param fault returns the fault of a value with its remedy, or null
     */
    private record Rule<T>(String phrase, Function<T, String> fault) implements Validator {

        @Override
        @SuppressWarnings("unchecked") // each definition of a key has a rule for the key's type
        public void ensureValid(String name, Object value) {
            String message = value == null ? null : fault.apply((T) value);
            if (message != null) {
                throw new ConfigException(name + ": " + message);
            }
        }

        @Override
        public String toString() {
            return phrase;
        }
    }
}
