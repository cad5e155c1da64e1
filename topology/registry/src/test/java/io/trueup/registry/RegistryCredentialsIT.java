package io.trueup.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.avro.RecordCodecs;
import io.trueup.avro.RegistryUnavailableException;
import io.trueup.schema.WriteEvent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Settings that are passed on to Confluent's client: certificates in PEM files or in the settings themselves, and tokens by OAuth. */
class RegistryCredentialsIT {

    private static RegistryServer server;

    @TempDir
    Path directory;

    private GuardedRegistry guarded;
    private final Map<String, String> settings = new HashMap<>();

    @BeforeAll
    static void startServer() {
        server = RegistryServer.start();
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @BeforeEach
    void guard() throws Exception {
        guarded = GuardedRegistry.start(server.url(), directory);
        guarded.expect("Basic " + GuardedRegistry.base64("eu:s3cret"));
        settings.put("schema.registry.url", guarded.url());
        settings.put("basic.auth.user.info", "eu:s3cret");
        settings.put("schema.registry.ssl.truststore.type", "PEM");
        settings.put(
                "schema.registry.ssl.truststore.location",
                Files.writeString(directory.resolve("trusted.pem"), guarded.certificatePem())
                        .toString());
    }

    @AfterEach
    void stop() {
        guarded.close();
    }

    private void prepare() {
        try (RecordCodecs codecs = ConfiguredCodecs.open(RegistrySettings.of(settings), Duration.ofSeconds(2))) {
            codecs.of(WriteEvent.class).prepare("shop.writes.eu");
        }
    }

    @Test
    void shouldTrustTheCertificateOfAPemFile() {
        assertThatCode(this::prepare).doesNotThrowAnyException();

        settings.keySet().removeIf(key -> key.contains("truststore"));
        assertThatThrownBy(this::prepare)
                .isInstanceOf(RegistryUnavailableException.class)
                .hasMessageContaining("certification path");
    }

    @Test
    void shouldTrustACertificateInTheSettings() throws Exception {
        settings.remove("schema.registry.ssl.truststore.location");
        settings.put("schema.registry.ssl.truststore.certificates", guarded.certificatePem());

        assertThatCode(this::prepare).doesNotThrowAnyException();
    }

    @Test
    void shouldShowACertificateOfItsOwn() throws Exception {
        guarded.requireCertificate();
        assertThatThrownBy(this::prepare).isInstanceOf(RegistryUnavailableException.class);

        settings.put("schema.registry.ssl.keystore.type", "PEM");
        settings.put("schema.registry.ssl.keystore.key", guarded.keyPem());
        settings.put("schema.registry.ssl.keystore.certificate.chain", guarded.certificatePem());
        assertThatCode(this::prepare).doesNotThrowAnyException();

        settings.keySet().removeIf(key -> key.contains("keystore."));
        settings.put("schema.registry.ssl.keystore.type", "PEM");
        settings.put(
                "schema.registry.ssl.keystore.location",
                Files.writeString(directory.resolve("own.pem"), guarded.keyPem() + guarded.certificatePem())
                        .toString());
        assertThatCode(this::prepare).doesNotThrowAnyException();
    }

    @Test
    void shouldFetchATokenByOAuth() throws Exception {
        settings.remove("basic.auth.user.info");
        try (TokenServer tokens = new TokenServer("trueup", "client-s3cret")) {
            guarded.expect("Bearer " + tokens.token());
            settings.put("bearer.auth.credentials.source", "OAUTHBEARER");
            settings.put("bearer.auth.issuer.endpoint.url", tokens.url());
            settings.put("bearer.auth.client.id", "trueup");
            settings.put("bearer.auth.client.secret", "client-s3cret");
            settings.put("bearer.auth.scope", "schemas");

            assertThatCode(this::prepare).doesNotThrowAnyException();
            assertThat(tokens.requests())
                    .isNotEmpty()
                    .allSatisfy(
                            request -> assertThat(request).contains("grant_type=client_credentials", "scope=schemas"));

            settings.put("bearer.auth.client.secret", "wr0ng");
            assertThatThrownBy(this::prepare)
                    .hasMessageContainingAll("OAuth Token", "401")
                    .hasMessageNotContainingAny("wr0ng", "client-s3cret");
            assertThat(RegistrySettings.of(settings).shown())
                    .containsEntry("bearer.auth.client.secret", "[hidden]")
                    .containsEntry("bearer.auth.client.id", "trueup");
        }
    }
}
