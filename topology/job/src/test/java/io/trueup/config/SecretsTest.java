package io.trueup.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SecretsTest {

    private static final String LEAK = "do-not-print-this-value";

    @TempDir
    Path directory;

    /** So trees of different forms are never compared, and a state with digests of another form is refused. */
    @Test
    void shouldHashEachFormOfValuesUnderASecretOfItsOwn() {
        byte[] bytes = settings("");
        byte[] documents = settings("value.canonical=json");
        byte[] ignoring = settings("value.canonical=json;value.ignore=/b,/a");

        assertThat(documents).isNotEqualTo(bytes);
        assertThat(ignoring).isNotEqualTo(bytes).isNotEqualTo(documents);
        assertThat(settings("value.canonical=json;value.ignore=/a, /b")).isEqualTo(ignoring);
    }

    private static byte[] settings(String changes) {
        return new Example().changed(changes).load().settings("eu").secret();
    }

    @Test
    void shouldReadTheSecretFromAFileWithoutTheWhiteSpaceAroundIt() throws Exception {
        Path file = Files.writeString(directory.resolve("secret"), "  " + Example.SECRET + "\r\n");

        TrueupConfig config = new Example()
                .without("hash.secret")
                .and("hash.secret.file", file.toString())
                .load();

        assertThat(config.settings("eu").secret())
                .isEqualTo(Example.config().settings("eu").secret())
                .isEqualTo(Example.SECRET.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void shouldReadTheSecretBehindAByteOrderMark() throws Exception {
        Path file = Files.writeString(directory.resolve("secret"), "\ufeff" + Example.SECRET);

        TrueupConfig config = new Example()
                .without("hash.secret")
                .and("hash.secret.file", file.toString())
                .load();

        assertThat(config.settings("eu").secret()).isEqualTo(Example.SECRET.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void shouldRefuseADirectoryAsTheFileOfASecret() {
        Example example = new Example().without("hash.secret").and("hash.secret.file", directory.toString());

        assertThatThrownBy(example::load)
                .hasMessageContaining("hash.secret.file")
                .hasMessageContaining("is a directory; name the file that holds the secret");
    }

    @Test
    void shouldDeriveTheSecretOfControlMessagesFromTheHashSecret() {
        List<byte[]> secrets = Example.config().controlSecrets();

        assertThat(secrets).hasSize(1);
        assertThat(secrets.get(0)).hasSize(32).isNotEqualTo(Example.SECRET.getBytes(StandardCharsets.UTF_8));
        assertThat(Example.config().controlSecrets()).usingRecursiveComparison().isEqualTo(secrets);
        assertThat(Example.with("hash.secret", "another-secret-of-bytes")
                        .load()
                        .controlSecrets()
                        .get(0))
                .isNotEqualTo(secrets.get(0));
    }

    @Test
    void shouldTakeTheWordDerivedForTheSecretThatCountsIfNoneIsSet() {
        List<byte[]> secrets = Example.with("control.secrets", "sixteen-bytes-one!,derived")
                .load()
                .controlSecrets();

        assertThat(secrets).hasSize(2);
        assertThat(secrets.get(1)).isEqualTo(Example.config().controlSecrets().get(0));
    }

    @Test
    void shouldReadTheSecretsOfControlMessagesInOrderFromTheConfigurationOrAFile() throws Exception {
        Path file = Files.writeString(directory.resolve("secrets"), "\nsixteen-bytes-two!\r\nsixteen-bytes-one!\n");

        assertThat(texts(Example.with("control.secrets", "sixteen-bytes-two!, sixteen-bytes-one!")))
                .isEqualTo(texts(Example.with("control.secrets.file", file.toString())))
                .containsExactly("sixteen-bytes-two!", "sixteen-bytes-one!");
    }

    @Test
    void shouldRefuseAFileWithATooShortSecretOfControlMessagesWithoutShowingIt() throws Exception {
        Path file = Files.writeString(directory.resolve("secrets"), "sixteen-bytes-two!\nfifteen-bytes-1");
        Path empty = Files.writeString(directory.resolve("empty"), " \n");

        assertThat(messageOf(Example.with("control.secrets.file", file.toString())))
                .contains("holds a secret that is too short", file.toString())
                .doesNotContain("fifteen", "sixteen-bytes-two");
        assertThat(messageOf(Example.with("control.secrets.file", empty.toString())))
                .contains("holds a secret that is too short");
    }

    @Test
    void shouldNotShowTheSecretsOfControlMessages() {
        TrueupConfig config =
                Example.with("control.secrets", LEAK + "," + LEAK + "2").load();

        assertThat(config.toString()).doesNotContain(LEAK);
        assertThat(config.shown()).containsEntry("control.secrets", "[hidden]").doesNotContainValue(LEAK);
        assertThat(messageOf(Example.with("control.secrets", LEAK + ",short&secret")))
                .contains("control.secrets")
                .doesNotContain(LEAK, "short&secret");
        config.controlSecrets().get(0)[0] = 0;
        assertThat(config.controlSecrets().get(0)).isEqualTo(LEAK.getBytes(StandardCharsets.UTF_8));
    }

    private static List<String> texts(Example example) {
        return example.load().controlSecrets().stream()
                .map(secret -> new String(secret, StandardCharsets.UTF_8))
                .toList();
    }

    @Test
    void shouldRefuseAFileWithTooShortASecretWithoutShowingIt() throws Exception {
        Path file = Files.writeString(directory.resolve("secret"), "fifteen-bytes-1\n\n\n");

        String message = messageOf(new Example().without("hash.secret").and("hash.secret.file", file.toString()));

        assertThat(message).contains("holds only 15 bytes", file.toString()).doesNotContain("fifteen");
    }

    @Test
    void shouldRefuseAFileThatIsNotText() throws Exception {
        Path file = Files.write(directory.resolve("secret"), new byte[] {(byte) 0xff, (byte) 0xfe, 1, 2, 3});

        assertThat(messageOf(new Example().without("hash.secret").and("hash.secret.file", file.toString())))
                .contains("cannot be read as UTF-8 text");
    }

    @Test
    void shouldNotShowTheHashSecretOfAValidConfiguration() {
        TrueupConfig config = Example.with("hash.secret", LEAK).load();

        assertThat(config.toString()).doesNotContain(LEAK);
        assertThat(config.shown()).containsEntry("hash.secret", "[hidden]").doesNotContainValue(LEAK);
        assertThat(config.settings("eu").toString()).doesNotContain(LEAK);
        assertThat(config.streamsProperties("eu").toString()).doesNotContain(LEAK);
    }

    @Test
    void shouldNotShowAHashSecretThatIsTooShort() {
        assertThat(messageOf(Example.with("hash.secret", "short&secret")))
                .contains("hash.secret")
                .doesNotContain("short&secret");
    }

    @Test
    void shouldNotLetCallersChangeTheSecret() {
        TrueupConfig config = Example.config();

        config.settings("eu").secret()[0] = 0;

        assertThat(config.settings("eu").secret()).isEqualTo(Example.SECRET.getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "kafka.sasl.jaas.config",
                "kafka.ssl.keystore.password",
                "kafka.ssl.truststore.password",
                "kafka.my.plugin.secret",
                "kafka.my.plugin.API.KEY",
                "consumer.access.token",
                "producer.basic.auth.user.info",
                "streams.admin.sasl.jaas.config",
                "streams.some.credentials"
            })
    void shouldNotShowValuesThatGoToClientsAndLookSecret(String key) {
        TrueupConfig config = Example.with(key, LEAK).load();

        assertThat(config.shown()).containsEntry(key, "[hidden]").doesNotContainValue(LEAK);
        assertThat(config.toString()).doesNotContain(LEAK);
        assertThat(String.join("\n", config.warnings())).doesNotContain(LEAK);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "basic.auth.user.info",
                "bearer.auth.token",
                "bearer.auth.client.secret",
                "schema.registry.basic.auth.user.info",
                "schema.registry.ssl.keystore.password",
                "avro.serde.api.key"
            })
    void shouldNotShowSecretsOfTheRegistry(String key) {
        TrueupConfig config = Example.with(key, "user:" + LEAK)
                .and("schema.registry.url", "http://registry")
                .load();

        assertThat(config.shown()).containsEntry(key, "[hidden]");
        assertThat(config.shown().values()).noneMatch(value -> value.contains(LEAK));
        assertThat(config.toString()).doesNotContain(LEAK);
        assertThat(messageOf(Example.with(key, "user:" + LEAK))).contains(key).doesNotContain(LEAK);
    }

    @Test
    void shouldNotShowCredentialsInTheAddressOfARegistry() {
        assertThat(messageOf(Example.with("schema.registry.url", "http://user:" + LEAK + "@registry")))
                .contains("schema.registry.url")
                .doesNotContain(LEAK);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "hash.secrte", // a misspelt key may hold a secret, too
                "sasl.jaas.config",
                "replica.eu.secret",
                "producer.key.serializer",
                "streams.default.key.serde",
                "streams.default.list.key.serde.inner", // not a class: refused by Kafka with the value in its message
                "producer.partitioner.ignore.keys"
            })
    void shouldNotShowTheValueOfAKeyThatIsRefused(String key) {
        assertThat(messageOf(Example.with(key, LEAK))).contains(key).doesNotContain(LEAK);
    }

    @ParameterizedTest
    @ValueSource(strings = {"hash.secret", "kafka.sasl.jaas.config", "kafka.ssl.keystore.password", "kafka.my.token"})
    void shouldNotShowSecretsBesideOtherProblems(String key) {
        assertThat(messageOf(Example.with(key, LEAK).and("mode", "wrong")))
                .contains("wrong")
                .doesNotContain(LEAK);
    }

    @Test
    void shouldNotShowSecretsOfTheEnvironment() throws Exception {
        Path file = Files.writeString(directory.resolve("trueup.properties"), "mode=wrong\n");

        InvalidConfigurationException error = catchThrowableOfType(
                InvalidConfigurationException.class,
                () -> TrueupConfig.load(
                        file,
                        Map.of("TRUEUP_HASH_SECRET", LEAK, "TRUEUP_KAFKA_SASL_JAAS_CONFIG", LEAK, "TRUEUP_X", LEAK)));

        assertThat(error.getMessage()).contains("wrong").doesNotContain(LEAK);
    }

    private static String messageOf(Example example) {
        return catchThrowableOfType(InvalidConfigurationException.class, example::load)
                .getMessage();
    }
}
