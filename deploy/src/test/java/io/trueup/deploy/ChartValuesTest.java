package io.trueup.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.LintResult;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Which values the chart accepts, and whether Kubernetes knows all that it renders from them. */
class ChartValuesTest {

    @TempDir
    Path directory;

    static List<String> examples() throws IOException {
        return Chart.examples();
    }

    @ParameterizedTest
    @MethodSource("examples")
    void shouldPassStrictLint(String example) throws IOException {
        LintResult lint = Chart.lint(example, directory.resolve("trueup"));

        assertThat(lint.isFailed()).as("%s", lint.getMessages()).isFalse();
    }

    @ParameterizedTest
    @MethodSource("examples")
    void shouldRenderOnlyFieldsThatKubernetesKnows(String example) {
        List<HasMetadata> known = Chart.render(example).resources().stream()
                .filter(resource -> !(resource instanceof GenericKubernetesResource))
                .toList();

        assertThat(known)
                .hasSizeGreaterThan(2)
                .allSatisfy(resource -> assertThat(UnknownFields.of(resource)).isEmpty());
    }

    @Test
    void shouldFindAMisspeltField() {
        StatefulSet rendered = Chart.render("minimal").statefulSet();
        rendered.getSpec().getTemplate().getSpec().getContainers().get(0).setAdditionalProperty("imagePulPolicy", "");

        assertThat(UnknownFields.of(rendered)).containsExactly(".spec.template.spec.containers[0].imagePulPolicy");
    }

    @Test
    void shouldNameTheValuesThatMustBeSet() {
        Helm chart = new Helm(Chart.DIRECTORY);

        assertThatThrownBy(() -> chart.template().call())
                .hasMessageContaining("bootstrapServers")
                .hasMessageContaining("dataset")
                .hasMessageContaining("replicas")
                .hasMessageContaining("hash");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            instance=2                                         | 'instance'
            instances=-1                                       | instances
            bootstrapServers=kafka                             | bootstrapServers
            dataset=two words                                  | dataset
            replicas[1]=eu                                     | '/replicas': items at 0 and 1 are equal
            replicas[1]=US                                     | '/replicas/1'
            hostedReplicas[0]=xx                               | hostedReplicas names xx
            config.dataset=other                               | set the value dataset
            config.hash\\.secret=0123456789abcdef              | set the value secrets.hash
            config.hash\\.secret\\.file=/tmp/secret            | set the value secrets.hash
            config.consumer\\.group\\.instance\\.id=one        | set the value staticMembership
            config.kafka\\.sasl\\.jaas\\.config=secret         | config sets kafka.sasl.jaas.config, whose value is a secret
            config.kafka\\.ssl\\.key\\.password=secret         | config sets kafka.ssl.key.password, whose value is a secret
            config.basic\\.auth\\.user\\.info=user:pass        | config sets basic.auth.user.info, whose value is a secret
            config.two words=60s                               | two words
            config.round.interval=60s                          | config/round
            secrets.hash.value=short                           | hash
            secrets.hash.value=0123456789abcdef                | hash
            secrets.hash.secret=trueup                         | hash
            secrets.settings.a.key=secret                      | settings
            secrets.settings.hash\\.secret.value=secret        | set the value secrets.hash
            secrets.files.hash\\.secret.secretName=other       | set secrets.hash
            secrets.files.ca.base64=s%cret                     | secrets.files.ca.base64 is not Base64
            staticMembership.sessionTimeoutMs=1000             | sessionTimeoutMs
            persistence.size=much                              | size
            persistence.accessModes[0]=ReadOnlyMany            | accessModes
            http.port=80                                       | port
            http.scheme=http                                   | scheme
            http.enabled=true                                  | set secrets.http
            config.http\\.token=0123456789abcdef             | set the value secrets.http
            serviceMonitor.enabled=true                        | set http.enabled
            jvm.maxRamPercentage=100                           | maxRamPercentage
            resources.limits.memory=2GB                        | memory
            resources.limits=null                              | limits
            logLevel=info                                      | logLevel
            logFormat=xml                                      | logFormat
            terminationGracePeriodSeconds=30                   | terminationGracePeriodSeconds
            podDisruptionBudget.minAvailable=1                 | podDisruptionBudget
            podDisruptionBudget.maxUnavailable=101%            | maxUnavailable
            securityContext.runAsUser=0                        | runAsUser
            topologySpread.whenUnsatisfiable=Never             | whenUnsatisfiable
            extraEnv[0].name=JAVA_OPTS                         | extraEnv
            image.digest=latest                                | digest
            """)
    void shouldRefuse(String setting, String named) {
        assertThatThrownBy(() -> Chart.render("minimal", setting)).hasMessageContaining(named);
    }

    @Test
    void shouldNotPrintASecretThatItRefuses() {
        for (String setting : List.of("secrets.files.ca.base64=s%cret", "secrets.settings.a b.value=s%cret")) {
            assertThatThrownBy(() -> Chart.render("minimal", setting)).hasMessageNotContaining("s%cret");
        }
    }

    @Test
    void shouldRefuseASingleReplica() throws IOException {
        Path values = directory.resolve("values.yaml");
        Files.writeString(values, Files.readString(Chart.values("minimal")).replace("[eu, us, ap]", "[eu]"));

        assertThatThrownBy(() -> Chart.render(values)).hasMessageContaining("'/replicas': minItems");
    }

    @Test
    void shouldBelongToThisVersion() throws IOException {
        Map<String, Object> chart = Chart.yaml(Files.readString(Chart.DIRECTORY.resolve("Chart.yaml")));
        String pom = Files.readString(Repository.ROOT.resolve("pom.xml"));

        assertThat(pom)
                .contains("<artifactId>trueup</artifactId>\n  <version>" + chart.get("appVersion") + "</version>");
        assertThat(Chart.render("minimal").container().getImage()).isEqualTo("trueup:" + chart.get("appVersion"));
    }

    @Test
    void shouldDescribeEveryValue() throws IOException {
        String readme = Files.readString(Chart.DIRECTORY.resolve("README.md"));
        Map<String, Object> values = Chart.yaml(Files.readString(Chart.DIRECTORY.resolve("values.yaml")));

        assertThat(values.keySet())
                .filteredOn(value -> !readme.contains("`" + value + "`") && !readme.contains("`" + value + "."))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"'', trueup status", "maintenance=true, trueup reset"})
    void shouldSayWhatToDoNext(String setting, String command) {
        var install = new Helm(Chart.DIRECTORY)
                .install()
                .withName("orders")
                .withNamespace("data")
                .withKubeVersion(Chart.KUBERNETES_VERSION)
                .withValuesFile(Chart.values("minimal"))
                .clientOnly()
                .dryRun();
        if (!setting.isEmpty()) {
            install.set("maintenance", true);
        }

        assertThat(install.call().getOutput()).contains("orders-trueup-0", "--namespace data", command);
    }
}
