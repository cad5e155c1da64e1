package io.trueup.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.avro.Encoding;
import io.trueup.avro.RecordCodecs;
import io.trueup.avro.SubjectNaming;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.config.ConfigException;
import org.junit.jupiter.api.Test;

class RegistrySettingsTest {

    private static final String URL = "http://registry:8081";

    @Test
    void shouldNeedNoRegistry() {
        RegistrySettings settings = RegistrySettings.of(Map.of("dataset", "shop"));

        assertThat(settings.isConfigured()).isFalse();
        assertThat(settings.writes()).isEqualTo(Encoding.SINGLE_OBJECT);
        assertThat(settings.problems()).isEmpty();
        assertThat(settings).hasToString("no registry");
    }

    @Test
    void shouldWriteForTheRegistryOnceThereIsOne() {
        RegistrySettings settings =
                RegistrySettings.of(Map.of("schema.registry.url", "http://a:1, https://b/registry"));

        assertThat(settings.urls()).containsExactly("http://a:1", "https://b/registry");
        assertThat(settings.writes()).isEqualTo(Encoding.REGISTRY);
        assertThat(settings.naming()).isEqualTo(SubjectNaming.RECORD);
        assertThat(settings.autoRegister()).isTrue();
        assertThat(settings.problems()).isEmpty();
    }

    @Test
    void shouldGoOnWritingSingleObjectEncodingWhileADatasetIsMoved() {
        assertThat(with("avro.encoding", "single-object").writes()).isEqualTo(Encoding.SINGLE_OBJECT);
        assertThat(RegistrySettings.of(Map.of("avro.encoding", "registry")).problems())
                .containsKey("avro.encoding");
    }

    @Test
    void shouldPassConfluentsNamesOn() {
        RegistrySettings settings = with(
                "schema.registry.ssl.truststore.location", "trust.p12",
                "basic.auth.user.info", "eu:secret",
                "bearer.auth.token", "abc",
                "avro.serde.apicurio.registry.url", "http://apicurio",
                "consumer.max.poll.records", "5");

        assertThat(settings.client())
                .containsEntry("schema.registry.ssl.truststore.location", "trust.p12")
                .containsEntry("basic.auth.user.info", "eu:secret")
                .containsEntry("basic.auth.credentials.source", "USER_INFO")
                .containsEntry("bearer.auth.credentials.source", "STATIC_TOKEN")
                .containsEntry("http.connect.timeout.ms", "5000")
                .doesNotContainKey("consumer.max.poll.records");
        assertThat(settings.serdes())
                .containsEntry("apicurio.registry.url", "http://apicurio")
                .containsEntry("basic.auth.user.info", "eu:secret");
    }

    @Test
    void shouldShowNoSecret() {
        RegistrySettings settings = with(
                "schema.registry.ssl.truststore.password", "s3cret1",
                "bearer.auth.client.secret", "s3cret2",
                "basic.auth.user.info", "user:s3cret3",
                "avro.serde.api.key", "s3cret4",
                "schema.registry.ssl.truststore.type", "PKCS12");

        assertThat(settings.shown().values()).noneMatch(value -> value.contains("s3cret"));
        assertThat(settings.shown())
                .containsEntry("schema.registry.ssl.truststore.type", "PKCS12")
                .containsEntry("schema.registry.ssl.truststore.password", "[hidden]")
                .doesNotContainKey("basic.auth.user.info");
        assertThat(settings.toString()).doesNotContain("s3cret");
    }

    @Test
    void shouldRefuseCredentialsInAnAddressWithoutPrintingThem() {
        assertThatThrownBy(() -> RegistrySettings.of(Map.of("schema.registry.url", "http://eu:s3cret@registry")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("basic.auth.user.info")
                .hasMessageNotContaining("s3cret");
        assertThatThrownBy(() -> RegistrySettings.of(Map.of("schema.registry.url", "registry:8081")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContainingAll("'registry:8081'", "http://host:port");
        assertThatThrownBy(() -> with("basic.auth.credentials.source", "URL"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("basic.auth.user.info");
    }

    @Test
    void shouldTakeTheLatestVersionInPlaceOfRegistering() {
        assertThat(with("use.latest.version", "true").autoRegister()).isFalse();
        assertThat(with("use.latest.version", "true", "auto.register.schemas", "true")
                        .problems())
                .containsOnlyKeys("auto.register.schemas");
        assertThat(with("use.latest.version", "true", "auto.register.schemas", "false")
                        .problems())
                .isEmpty();
    }

    @Test
    void shouldKnowConfluentsSubjectNames() {
        assertThat(with("value.subject.name.strategy", "io.confluent.kafka.serializers.subject.TopicRecordNameStrategy")
                        .naming())
                .isEqualTo(SubjectNaming.TOPIC_RECORD);
        assertThat(with("value.subject.name.strategy", "com.example.Own").problems())
                .hasEntrySatisfying(
                        "value.subject.name.strategy",
                        text -> assertThat(text).contains("com.example.Own", "RecordNameStrategy", "avro.serializer"));
    }

    @Test
    void shouldNoticeSettingsOfARegistryThatIsNotSet() {
        assertThat(RegistrySettings.of(Map.of("basic.auth.user.info", "eu:s3cret"))
                        .problems())
                .hasEntrySatisfying(
                        "basic.auth.user.info",
                        text -> assertThat(text).contains("schema.registry.url").doesNotContain("s3cret"));
    }

    @Test
    void shouldNeedWhatReadsWhatASerializerWrites() {
        assertThat(RegistrySettings.of(Map.of("avro.serializer", "a.B")).problems())
                .containsKey("avro.serializer");
        assertThat(RegistrySettings.of(Map.of("avro.serializer", "a.B", "avro.deserializer", "a.C"))
                        .problems())
                .isEmpty();
    }

    @Test
    void shouldOpenTheEmbeddedEncodingWithoutARegistry() {
        try (RecordCodecs codecs = ConfiguredCodecs.open(RegistrySettings.of(Map.of()))) {
            assertThatThrownBy(() -> codecs.writing(Encoding.REGISTRY)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    private static RegistrySettings with(String... keysAndValues) {
        Map<String, String> settings = new HashMap<>();
        settings.put("schema.registry.url", URL);
        for (int i = 0; i < keysAndValues.length; i += 2) {
            settings.put(keysAndValues[i], keysAndValues[i + 1]);
        }
        return RegistrySettings.of(settings);
    }

    @Test
    void shouldRefuseSourcesThatNeedSettingsOfKafkasClients() {
        assertThatThrownBy(() -> RegistrySettings.of(Map.of("basic.auth.credentials.source", "SASL_INHERIT")))
                .hasMessageContainingAll("basic.auth.credentials.source", "basic.auth.user.info");
        assertThatThrownBy(
                        () -> RegistrySettings.of(Map.of("bearer.auth.credentials.source", "SASL_OAUTHBEARER_INHERIT")))
                .hasMessageContainingAll("bearer.auth.credentials.source", "OAUTHBEARER");
    }

    @Test
    void shouldNotShowAddressesWithCredentials() {
        RegistrySettings settings =
                RegistrySettings.of(Map.of("avro.serde.apicurio.registry.url", "http://eu:s3cret@r"));

        assertThat(settings.shown().toString()).doesNotContain("s3cret");
    }

    @Test
    void shouldNotSayThatThereIsNoRegistryWhereItsAddressIsWrong() {
        Map<String, String> problems = new java.util.HashMap<>();
        RegistrySettings settings =
                RegistrySettings.checked(Map.of("schema.registry.url", "registry:8081"), problems::put);

        assertThat(problems).isEmpty();
        assertThat(settings.canWrite(io.trueup.avro.Encoding.REGISTRY)).isTrue();
    }
}
