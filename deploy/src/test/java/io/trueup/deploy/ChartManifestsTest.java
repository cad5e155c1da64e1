package io.trueup.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.apps.StatefulSetSpec;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.trueup.deploy.Chart.Rendered;
import java.io.IOException;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the chart makes of its values. */
class ChartManifestsTest {

    /** {@code Job.close} waits so long for its replicas and clients. */
    private static final long JOB_STOPS_WITHIN_SECONDS = 60;

    private static final List<String> PLAIN_SECRETS = List.of(
            "a secret of hashes that is no secret",
            "first-secret-of-control",
            "password of the store",
            "trueup:password of the registry");

    static List<String> examples() throws IOException {
        return Chart.examples();
    }

    @ParameterizedTest
    @MethodSource("examples")
    void shouldRunWithoutPrivileges(String example) {
        Rendered chart = Chart.render(example);
        PodSpec pod = chart.pod();

        assertThat(pod.getSecurityContext().getRunAsNonRoot()).isTrue();
        assertThat(pod.getSecurityContext().getRunAsUser()).isEqualTo(10001);
        assertThat(pod.getSecurityContext().getSeccompProfile().getType()).isEqualTo("RuntimeDefault");
        assertThat(pod.getAutomountServiceAccountToken()).isFalse();
        assertThat(pod.getEnableServiceLinks()).isFalse();
        assertThat(chart.all(ServiceAccount.class))
                .allSatisfy(account ->
                        assertThat(account.getAutomountServiceAccountToken()).isFalse());
        assertThat(pod.getContainers()).singleElement().satisfies(container -> {
            var security = container.getSecurityContext();
            assertThat(security.getReadOnlyRootFilesystem()).isTrue();
            assertThat(security.getAllowPrivilegeEscalation()).isFalse();
            assertThat(security.getPrivileged()).isFalse();
            assertThat(security.getCapabilities().getDrop()).containsExactly("ALL");
        });
    }

    @Test
    void shouldLeaveTheUserToTheCluster() {
        var security = Chart.render(
                        "minimal",
                        "securityContext.runAsUser=null",
                        "securityContext.runAsGroup=null",
                        "securityContext.fsGroup=null")
                .pod()
                .getSecurityContext();

        assertThat(security.getRunAsNonRoot()).isTrue();
        assertThat(security.getRunAsUser()).isNull();
        assertThat(security.getRunAsGroup()).isNull();
        assertThat(security.getFsGroup()).isNull();
    }

    @Test
    void shouldKeepSecretsInTheSecret() {
        Rendered chart = Chart.render("secured");
        Secret secret = chart.one(Secret.class);

        assertThat(secret.getData())
                .containsOnlyKeys(
                        "hash.secret",
                        "control.secrets",
                        "http.token",
                        "truststore.p12",
                        "setting.kafka.ssl.truststore.password",
                        "setting.basic.auth.user.info")
                .containsEntry("truststore.p12", "AAECAwQ=")
                .containsEntry("hash.secret", base64(PLAIN_SECRETS.get(0)));
        for (int i = 0; i < chart.texts().size(); i++) {
            if (!(chart.resources().get(i) instanceof Secret)) {
                String text = chart.texts().get(i);
                assertThat(PLAIN_SECRETS)
                        .flatMap(plain -> List.of(plain, base64(plain)))
                        .noneMatch(text::contains);
            }
        }
    }

    @Test
    void shouldCreateNoSecretWhereAllExist() {
        assertThat(Chart.render("minimal").all(Secret.class)).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("examples")
    void shouldMountAllThatItNames(String example) {
        Rendered chart = Chart.render(example);
        List<VolumeMount> mounts = chart.container().getVolumeMounts();
        Stream<String> volumes = chart.pod().getVolumes().stream().map(Volume::getName);
        Stream<String> claims = chart.statefulSet().getSpec().getVolumeClaimTemplates().stream()
                .map(claim -> claim.getMetadata().getName());

        assertThat(Stream.concat(volumes, claims))
                .containsExactlyInAnyOrderElementsOf(
                        mounts.stream().map(VolumeMount::getName).toList());
        assertThat(chart.container().getEnv()).anySatisfy(variable -> {
            assertThat(variable.getName()).isEqualTo("TRUEUP_CONFIG");
            assertThat(variable.getValue()).isEqualTo("/etc/trueup/config/trueup.properties");
        });
        assertThat(mounts)
                .extracting(VolumeMount::getMountPath)
                .contains("/etc/trueup/config", "/etc/trueup/secrets", "/var/lib/trueup", "/tmp");
        assertThat(chart.one(ConfigMap.class).getData().get("trueup.properties"))
                .contains("state.dir = /var/lib/trueup/", "hash.secret.file = /etc/trueup/secrets/");
    }

    @Test
    void shouldKeepTheStateOnAVolumeOfEachInstance() {
        StatefulSetSpec set = Chart.render("secured").statefulSet().getSpec();

        assertThat(set.getReplicas()).isEqualTo(3);
        assertThat(set.getVolumeClaimTemplates()).singleElement().satisfies(claim -> {
            assertThat(claim.getSpec().getStorageClassName()).isEqualTo("fast");
            assertThat(claim.getSpec().getResources().getRequests().get("storage"))
                    .hasToString("10Gi");
        });
        assertThat(set.getPersistentVolumeClaimRetentionPolicy().getWhenDeleted())
                .isEqualTo("Retain");
        assertThat(set.getTemplate().getSpec().getVolumes())
                .extracting(Volume::getName)
                .doesNotContain("state");
    }

    @Test
    void shouldKeepTheStateInThePodWithoutPersistence() {
        Rendered chart = Chart.render("region");

        assertThat(chart.statefulSet().getSpec().getVolumeClaimTemplates()).isEmpty();
        assertThat(chart.pod().getVolumes()).anySatisfy(volume -> {
            assertThat(volume.getName()).isEqualTo("state");
            assertThat(volume.getEmptyDir().getSizeLimit()).hasToString("10Gi");
        });
    }

    /** Kubernetes refuses an upgrade that changes one of these. */
    @Test
    void shouldNotPutAVersionIntoWhatCannotBeChanged() {
        StatefulSetSpec set = Chart.render("secured").statefulSet().getSpec();
        Map<String, String> fixed = Map.of("app.kubernetes.io/name", "trueup", "app.kubernetes.io/instance", "trueup");

        assertThat(set.getSelector().getMatchLabels()).isEqualTo(fixed);
        assertThat(set.getVolumeClaimTemplates())
                .extracting(PersistentVolumeClaim::getMetadata)
                .allSatisfy(metadata -> assertThat(metadata.getLabels()).isEqualTo(fixed));
        assertThat(set.getTemplate().getMetadata().getLabels())
                .containsAllEntriesOf(fixed)
                .containsEntry("sidecar", "no")
                .containsEntry("team", "data");
    }

    @Test
    void shouldLetTheJobStopAndRestartInPlace() {
        StatefulSetSpec set = Chart.render("minimal").statefulSet().getSpec();

        assertThat(set.getTemplate().getSpec().getTerminationGracePeriodSeconds())
                .isGreaterThan(JOB_STOPS_WITHIN_SECONDS);
        assertThat(set.getPodManagementPolicy()).isEqualTo("Parallel");
        assertThat(set.getUpdateStrategy().getType()).isEqualTo("RollingUpdate");
        assertThat(set.getMinReadySeconds()).isEqualTo(30);
    }

    @Test
    void shouldSizeTheHeapByTheLimit() {
        assertThat(variable(Chart.render("minimal"), "JAVA_OPTS")).isEqualTo("-XX:MaxRAMPercentage=50");
        assertThat(variable(Chart.render("secured"), "JAVA_OPTS")).isEqualTo("-XX:MaxRAMPercentage=60 -XX:+UseZGC");
        assertThat(Chart.render("minimal").container().getResources().getLimits())
                .containsOnlyKeys("memory");
    }

    @Test
    void shouldProbeTheHttpServer() {
        Container container = Chart.render("secured").container();

        assertThat(List.of(container.getStartupProbe(), container.getLivenessProbe()))
                .extracting(probe -> probe.getHttpGet().getPath())
                .containsOnly("/health/live");
        assertThat(container.getReadinessProbe().getHttpGet().getPath()).isEqualTo("/health/ready");
        assertThat(List.of(container.getStartupProbe(), container.getLivenessProbe(), container.getReadinessProbe()))
                .extracting(Probe::getHttpGet)
                .allSatisfy(get -> {
                    assertThat(get.getScheme()).isEqualTo("HTTPS");
                    assertThat(get.getPort().getStrVal()).isEqualTo("http");
                });
        assertThat(container.getPorts()).singleElement().satisfies(port -> {
            assertThat(port.getName()).isEqualTo("http");
            assertThat(port.getContainerPort()).isEqualTo(8443);
        });
    }

    @Test
    void shouldHaveNoProbesWithoutTheHttpServer() {
        Rendered chart = Chart.render("minimal");

        assertThat(chart.container().getLivenessProbe()).isNull();
        assertThat(chart.container().getReadinessProbe()).isNull();
        assertThat(chart.container().getPorts()).isEmpty();
        assertThat(chart.all(Service.class))
                .extracting(service -> service.getMetadata().getName())
                .containsExactly("trueup-pods");
    }

    @Test
    void shouldServeThePodsOneByOneAndTogether() {
        Rendered chart = Chart.render("secured");

        assertThat(chart.statefulSet().getSpec().getServiceName()).isEqualTo("trueup-pods");
        assertThat(chart.all(Service.class)).hasSize(2).allSatisfy(service -> {
            assertThat(service.getSpec().getSelector())
                    .isEqualTo(chart.statefulSet().getSpec().getSelector().getMatchLabels());
            assertThat(service.getSpec().getPorts()).singleElement().satisfies(port -> {
                assertThat(port.getPort()).isEqualTo(8443);
                assertThat(port.getTargetPort().getStrVal()).isEqualTo("http");
            });
        });
        assertThat(chart.all(Service.class))
                .extracting(service -> service.getSpec().getClusterIP())
                .containsExactlyInAnyOrder("None", null);
    }

    /** The model has no class for it: compared part by part with the definition of the Prometheus operator. */
    @Test
    void shouldLetPrometheusReadEachPodOnce() {
        Rendered chart = Chart.render("secured");
        Map<String, Object> monitor = chart.custom("ServiceMonitor").orElseThrow();
        Map<?, ?> spec = (Map<?, ?>) monitor.get("spec");
        Map<?, ?> selector = (Map<?, ?>) ((Map<?, ?>) spec.get("selector")).get("matchLabels");

        assertThat(monitor.get("apiVersion")).isEqualTo("monitoring.coreos.com/v1");
        assertThat((Map<?, ?>) ((Map<?, ?>) monitor.get("metadata")).get("labels"))
                .isNotNull()
                .satisfies(labels -> assertThat(labels.get("release")).isEqualTo("prometheus"));
        assertThat(spec.keySet()).hasToString("[selector, endpoints]");
        assertThat((List<?>) spec.get("endpoints"))
                .singleElement()
                .isEqualTo(Map.of(
                        "port", "http",
                        "path", "/metrics",
                        "scheme", "https",
                        "interval", "30s",
                        "scrapeTimeout", "10s",
                        "authorization", Map.of("credentials", Map.of("name", "trueup", "key", "http.token")),
                        "tlsConfig", Map.of("serverName", "trueup.example.com")));
        assertThat(chart.all(Service.class))
                .filteredOn(
                        service -> service.getMetadata().getLabels().entrySet().containsAll(selector.entrySet()))
                .singleElement()
                .satisfies(service -> assertThat(
                                service.getSpec().getPorts().get(0).getName())
                        .isEqualTo("http"));
        assertThat(Chart.render("minimal").custom("ServiceMonitor")).isEmpty();
    }

    @Test
    void shouldKeepInstancesThroughDrains() {
        assertThat(Chart.render("minimal")
                        .one(PodDisruptionBudget.class)
                        .getSpec()
                        .getMaxUnavailable()
                        .getIntVal())
                .isEqualTo(1);
        var budget = Chart.render("secured").one(PodDisruptionBudget.class).getSpec();
        assertThat(budget.getMinAvailable().getStrVal()).isEqualTo("50%");
        assertThat(budget.getMaxUnavailable()).isNull();
        assertThat(Chart.render("region").find(PodDisruptionBudget.class)).isEmpty();
    }

    @Test
    void shouldLetOnlyTheHttpPortBeReached() {
        var closed = Chart.render("minimal").one(NetworkPolicy.class).getSpec();
        assertThat(closed.getPolicyTypes()).containsExactly("Ingress");
        assertThat(closed.getIngress()).isEmpty();

        var open = Chart.render("secured").one(NetworkPolicy.class).getSpec();
        assertThat(open.getPolicyTypes()).containsExactly("Ingress", "Egress");
        assertThat(open.getIngress()).singleElement().satisfies(rule -> {
            assertThat(rule.getPorts())
                    .singleElement()
                    .satisfies(port -> assertThat(port.getPort().getStrVal()).isEqualTo("http"));
            assertThat(rule.getFrom()).hasSize(1);
        });
        assertThat(open.getEgress()).hasSize(2);
        assertThat(open.getEgress().get(0).getPorts())
                .allSatisfy(port -> assertThat(port.getPort().getIntVal()).isEqualTo(53));
        assertThat(Chart.render("minimal", "networkPolicy.enabled=false").find(NetworkPolicy.class))
                .isEmpty();
    }

    @Test
    void shouldUseTheServiceAccountThatItNames() {
        assertThat(Chart.render("minimal").pod().getServiceAccountName()).isEqualTo("trueup");
        assertThat(Chart.render("secured").pod().getServiceAccountName()).isEqualTo("trueup-orders");
        assertThat(Chart.render("secured")
                        .one(ServiceAccount.class)
                        .getMetadata()
                        .getName())
                .isEqualTo("trueup-orders");
        assertThat(Chart.render("region").pod().getServiceAccountName()).isEqualTo("default");
        assertThat(Chart.render("region").all(ServiceAccount.class)).isEmpty();
    }

    @Test
    void shouldSpreadInstances() {
        assertThat(Chart.render("minimal").pod().getTopologySpreadConstraints())
                .hasSize(2)
                .allSatisfy(constraint -> {
                    assertThat(constraint.getWhenUnsatisfiable()).isEqualTo("ScheduleAnyway");
                    assertThat(constraint.getLabelSelector().getMatchLabels())
                            .containsEntry("app.kubernetes.io/instance", "trueup");
                });
        assertThat(Chart.render("minimal", "topologySpread.keys=null").pod().getTopologySpreadConstraints())
                .isEmpty();
    }

    @Test
    void shouldPassOnWhatIsMeantForThePod() {
        Rendered chart = Chart.render("secured");
        PodSpec pod = chart.pod();

        assertThat(pod.getPriorityClassName()).isEqualTo("important");
        assertThat(pod.getNodeSelector()).containsEntry("kubernetes.io/arch", "amd64");
        assertThat(pod.getTolerations()).hasSize(1);
        assertThat(pod.getAffinity().getNodeAffinity()).isNotNull();
        assertThat(pod.getInitContainers()).hasSize(1);
        assertThat(pod.getImagePullSecrets()).hasSize(1);
        assertThat(chart.podAnnotations()).containsEntry("example.com/note", "of a pod");
        assertThat(chart.container().getEnvFrom()).hasSize(1);
        assertThat(variable(chart, "TZ")).isEqualTo("UTC");
        assertThat(chart.container().getImage()).startsWith("registry.example.com/trueup@sha256:");
        assertThat(chart.resources())
                .allSatisfy(resource ->
                        assertThat(resource.getMetadata().getLabels()).containsEntry("team", "data"));
    }

    @Test
    void shouldSetLevelAndFormatOfTheLog() {
        assertThat(variable(Chart.render("minimal"), "TRUEUP_LOG_FORMAT")).isEqualTo("text");

        Rendered chart = Chart.render("minimal", "logLevel=DEBUG", "logFormat=json");

        assertThat(variable(chart, "TRUEUP_LOG_LEVEL")).isEqualTo("DEBUG");
        assertThat(variable(chart, "TRUEUP_LOG_FORMAT")).isEqualTo("json");
    }

    @Test
    void shouldRestartOnAChangeOfTheConfiguration() {
        String checksum = "checksum/config";
        String before = Chart.render("minimal").podAnnotations().get(checksum);

        assertThat(Chart.render("minimal", "logLevel=DEBUG").podAnnotations().get(checksum))
                .isEqualTo(before);
        assertThat(Chart.render("minimal", "config.mode=observe")
                        .podAnnotations()
                        .get(checksum))
                .isNotEqualTo(before);
        assertThat(Chart.render("minimal", "restartOnConfigChange=false").podAnnotations())
                .isEmpty();
    }

    @Test
    void shouldRunNoJobDuringMaintenance() {
        Container container = Chart.render("secured", "maintenance=true").container();

        assertThat(container.getCommand()).startsWith("/bin/sh", "-c");
        assertThat(container.getArgs()).isEmpty();
        assertThat(container.getStartupProbe()).isNull();
        assertThat(container.getLivenessProbe()).isNull();
        assertThat(container.getReadinessProbe()).isNull();
        assertThat(Chart.render("secured").container().getArgs()).containsExactly("run");
    }

    private static String variable(Rendered chart, String name) {
        return chart.container().getEnv().stream()
                .filter(variable -> variable.getName().equals(name))
                .findFirst()
                .orElseThrow()
                .getValue();
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(UTF_8));
    }
}
