package io.trueup.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.KeyToPath;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretProjection;
import io.fabric8.kubernetes.api.model.VolumeProjection;
import io.trueup.config.TrueupConfig;
import io.trueup.deploy.Chart.Rendered;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.common.config.types.Password;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The configuration that the chart gives to the job, read by the job's own reader. */
class ChartConfigurationTest {

    private static final String FILE = "trueup.properties";
    private static final String IN_A_SECRET = "in a Secret that exists";
    private static final String SECRETS = "/etc/trueup/secrets";

    @TempDir
    Path directory;

    static List<String> examples() throws IOException {
        return Chart.examples();
    }

    @ParameterizedTest
    @MethodSource("examples")
    void shouldBeAValidConfiguration(String example) throws IOException {
        TrueupConfig config = load(Chart.render(example));

        assertThat(config.warnings())
                .as("in one example the HTTP server has no certificate")
                .allMatch(warning -> warning.contains("answers without TLS"));
        assertThat(config.stateDir()).isEqualTo(Path.of("/var/lib/trueup/state"));
    }

    @Test
    void shouldHostAllReplicasOrThoseOfOneRegion() throws IOException {
        assertThat(load(Chart.render("minimal")).hostedReplicas()).containsExactly("ap", "eu", "us");
        assertThat(load(Chart.render("region")).hostedReplicas()).containsExactly("eu");
        assertThat(load(Chart.render("region")).replicas()).containsExactly("eu", "us");
    }

    @Test
    void shouldPassSettingsOn() throws IOException {
        TrueupConfig config = load(Chart.render("region"));

        assertThat(config.controlTopics()).containsExactly("products.control", "us.products.control");
        assertThat(config.roundInterval()).isEqualTo(Duration.ofSeconds(30));
        assertThat(config.repairMaxFraction()).isEqualTo(0.05);
        assertThat(config.shown()).containsEntry("tree.segments", "1048576").containsEntry("mode", "observe");
    }

    @Test
    void shouldWriteValuesThatAFileOfPropertiesWouldChange() throws IOException {
        String value = " C:\\kafka\tone\ntwo = ü";
        Path values = directory.resolve("values.yaml");
        Files.writeString(
                values,
                Files.readString(Chart.values("minimal"))
                        + "config:\n  kafka.odd: \" C:\\\\kafka\\tone\\ntwo = ü\"\n  kafka.large: 12345678901\n");

        Properties properties = properties(Chart.render(values));

        assertThat(properties).containsEntry("kafka.odd", value).containsEntry("kafka.large", "12345678901");
    }

    @Test
    void shouldGiveEachInstanceAnIdOfItsOwn() throws IOException {
        Rendered chart = Chart.render("minimal");

        assertThat(chart.container().getEnv())
                .filteredOn(variable -> variable.getValueFrom() != null)
                .extracting(variable -> variable.getValueFrom().getFieldRef().getFieldPath())
                .containsExactly("metadata.namespace", "metadata.name");
        assertThat(load(chart).streamsProperties("eu"))
                .containsEntry("consumer.group.instance.id", "data.trueup-0")
                .containsEntry("consumer.session.timeout.ms", "90000");
    }

    @Test
    void shouldLeaveMembershipToKafkaWhereItIsNotStatic() throws IOException {
        assertThat(load(Chart.render("minimal", "staticMembership.enabled=false"))
                        .streamsProperties("eu"))
                .doesNotContainKeys("consumer.group.instance.id", "consumer.session.timeout.ms");
    }

    @Test
    void shouldReadSecretsFromFilesAndVariables() throws IOException {
        TrueupConfig config = load(Chart.render("secured"));

        assertThat(config.controlSecrets())
                .extracting(secret -> new String(secret, UTF_8))
                .containsExactly("first-secret-of-control", "second-secret-of-control");
        assertThat(config.adminProperties())
                .containsEntry("security.protocol", "SASL_SSL")
                .containsEntry("sasl.jaas.config", new Password(IN_A_SECRET))
                .containsEntry("ssl.truststore.password", new Password("password of the store"));
        assertThat(config.shown()).containsKey("basic.auth.user.info");
    }

    @Test
    void shouldListenWhereTheProbesAsk() throws IOException {
        Rendered chart = Chart.render("secured");

        assertThat(properties(chart))
                .containsEntry("http.listen", "0.0.0.0:8443")
                .containsEntry("http.token.file", SECRETS + "/http.token");
        assertThat(properties(Chart.render("minimal"))).doesNotContainKey("http.listen");
    }

    /** Loads the configuration as the container would. */
    private TrueupConfig load(Rendered chart) throws IOException {
        Path secrets = Files.createTempDirectory(directory, "secrets");
        mount(chart, secrets);
        StringBuilder text = new StringBuilder();
        chart.one(ConfigMap.class)
                .getData()
                .get(FILE)
                .lines()
                .forEach(line ->
                        text.append(line.replace(SECRETS, secrets.toString())).append('\n'));
        return TrueupConfig.load(Files.writeString(secrets.resolve(FILE), text), environment(chart));
    }

    private static Properties properties(Rendered chart) throws IOException {
        Properties properties = new Properties();
        properties.load(new StringReader(chart.one(ConfigMap.class).getData().get(FILE)));
        return properties;
    }

    /** Writes the files of the projected volume. */
    private static void mount(Rendered chart, Path target) throws IOException {
        List<VolumeProjection> sources = chart.pod().getVolumes().stream()
                .filter(volume -> volume.getName().equals("secrets"))
                .findFirst()
                .orElseThrow()
                .getProjected()
                .getSources();
        for (VolumeProjection source : sources) {
            SecretProjection secret = source.getSecret();
            for (KeyToPath item : secret.getItems()) {
                Files.write(target.resolve(item.getPath()), secret(chart, secret.getName(), item.getKey()));
            }
        }
    }

    private static Map<String, String> environment(Rendered chart) {
        Map<String, String> environment = new HashMap<>();
        for (EnvVar variable : chart.container().getEnv()) {
            environment.put(variable.getName(), value(chart, variable, environment));
        }
        return environment;
    }

    private static String value(Rendered chart, EnvVar variable, Map<String, String> before) {
        if (variable.getValueFrom() == null) {
            String value = variable.getValue();
            for (Map.Entry<String, String> known : before.entrySet()) {
                value = value.replace("$(" + known.getKey() + ")", known.getValue());
            }
            return value;
        }
        if (variable.getValueFrom().getFieldRef() != null) {
            return variable.getName().equals("POD_NAME") ? "trueup-0" : "data";
        }
        var secret = variable.getValueFrom().getSecretKeyRef();
        return new String(secret(chart, secret.getName(), secret.getKey()), UTF_8);
    }

    private static byte[] secret(Rendered chart, String name, String key) {
        return chart.all(Secret.class).stream()
                .filter(secret -> secret.getMetadata().getName().equals(name))
                .findFirst()
                .map(secret -> Base64.getDecoder().decode(secret.getData().get(key)))
                .orElse(IN_A_SECRET.getBytes(UTF_8));
    }
}
