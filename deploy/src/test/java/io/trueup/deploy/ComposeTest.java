package io.trueup.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.config.TrueupConfig;
import io.trueup.replica.ReplicaConfig;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.Yaml;

/** Compares docker-compose.yml with the files and settings to which it refers. */
class ComposeTest {

    private static final String COMMAND_LINE_CONFIG = "-c";

    private static Map<String, Object> compose;

    /** A mount such as {@code ./deploy/config/x:/etc/x:ro}, or {@code volume:/var/x}. */
    private record Mount(String source, String target) {

        static Mount parse(String text) {
            String[] parts = text.split(":", -1);
            return new Mount(parts[0], parts[1]);
        }

        boolean isFile() {
            return source.startsWith(".");
        }

        Path file() {
            return Repository.ROOT.resolve(source).normalize();
        }
    }

    @BeforeAll
    static void read() throws IOException {
        try (Reader reader = Files.newBufferedReader(Repository.ROOT.resolve("docker-compose.yml"))) {
            compose = new Yaml().load(reader);
        }
    }

    @Test
    void shouldRunWhatItsFirstLinesSay() {
        assertThat(services().keySet())
                .containsExactlyInAnyOrder(
                        "kafka",
                        "topics",
                        "registry",
                        "postgres-eu",
                        "postgres-us",
                        "postgres-ap",
                        "replica-eu",
                        "replica-us",
                        "replica-ap",
                        "trueup",
                        "prometheus",
                        "grafana");
    }

    @Test
    void shouldLetEveryImageBeReplaced() {
        assertThat(services().keySet()).allSatisfy(service -> {
            Map<String, Object> settings = map(services(), service);
            assertThat(settings.containsKey("build") ? "" : (String) settings.get("image"))
                    .as(service)
                    .matches("|\\$\\{[A-Z]+_IMAGE:-[a-z./-]+:[\\w.]+}");
        });
    }

    @Test
    void shouldPublishPortsToThisHostAlone() {
        assertThat(services().keySet())
                .flatExtracting(service -> strings(map(services(), service), "ports"))
                .hasSize(3)
                .allMatch(port -> port.startsWith("127.0.0.1:"));
    }

    @Test
    void shouldGiveEachReplicaADatabaseOfItsOwn() {
        assertThat(job().replicas()).allSatisfy(name -> {
            assertThat(Files.readString(configOf("replica-" + name)))
                    .contains(
                            "jdbc:postgresql://postgres-" + name + "/cities", "schema.registry.url = http://registry:");
            assertThat(map(map(services(), "replica-" + name), "depends_on")).containsKey("postgres-" + name);
        });
    }

    @Test
    void shouldScrapeTheJobWithItsCredentials() throws IOException {
        Map<String, Object> prometheus;
        try (Reader reader = Files.newBufferedReader(Repository.ROOT.resolve("deploy/prometheus/prometheus.yml"))) {
            prometheus = new Yaml().load(reader);
        }
        String text = prometheus.toString();
        String command = String.join("\n", strings(map(services(), "prometheus"), "command"));

        assertThat(text).contains("trueup:" + job().http().port(), "username=trueup");
        assertThat(command)
                .contains(text.replaceAll(".*password_file=([^,}]+).*", "$1"))
                .contains("--config.file=/etc/prometheus/prometheus.yml");
        assertThat(map(map(services(), "prometheus"), "environment").get("TRUEUP_HTTP_PASSWORD"))
                .isEqualTo(map(map(services(), "trueup"), "environment").get("TRUEUP_HTTP_PASSWORD"));
    }

    @Test
    void shouldMountOnlyFilesAndVolumesThatExist() {
        assertThat(services().keySet())
                .allSatisfy(service -> assertThat(mounts(service)).allSatisfy(mount -> {
                    if (mount.isFile()) {
                        assertThat(mount.file()).exists();
                    } else {
                        assertThat(map(compose, "volumes")).containsKey(mount.source());
                    }
                }));
    }

    @Test
    void shouldBuildTheImageFromTheDistribution() throws IOException {
        Map<String, Object> build = map(map(services(), "trueup"), "build");

        Path context = Repository.ROOT.resolve((String) build.get("context"));
        assertThat(Files.readString(context.resolve("Dockerfile")))
                .contains("ARG BASE_IMAGE=", "COPY target/trueup /opt/trueup", "USER 10001");
        assertThat(map(build, "args")).containsOnlyKeys("BASE_IMAGE");
    }

    @Test
    void shouldStartTheJobWithAValidFile() {
        TrueupConfig job = job();

        assertThat(job.hostedReplicas()).containsExactly("ap", "eu", "us");
        assertThat(job.stateDir()).isEqualTo(Path.of("/var/lib/trueup"));
        assertThat(job.warnings())
                .as("the port is published to this host alone")
                .singleElement()
                .asString()
                .contains("without TLS");
    }

    @Test
    void shouldCheckTheHealthOfTheJobAndPublishItsPageToThisHostAlone() {
        Map<String, Object> service = map(services(), "trueup");
        Object port = map(service, "environment").get("TRUEUP_HEALTH_PORT");

        assertThat(job().http().port()).isEqualTo(Integer.parseInt((String) port));
        assertThat(strings(service, "ports")).containsExactly("127.0.0.1:" + port + ":" + port);
    }

    @Test
    void shouldStartTheReplicasThatTheJobCompares() {
        TrueupConfig job = job();

        assertThat(job.replicas()).allSatisfy(name -> {
            ReplicaConfig replica = ReplicaConfig.load(configOf("replica-" + name));
            assertThat(replica.name()).isEqualTo(name);
            assertThat(replica.writesTopic()).isEqualTo(job.replica(name).writesTopic());
            assertThat(replica.repairsTopic()).isEqualTo(job.replica(name).repairsTopic());
        });
    }

    @Test
    void shouldCreateTheTopicsThatReplicasNeed() {
        String script = String.join("\n", strings(map(services(), "topics"), "command"));

        assertThat(job().replicas()).allSatisfy(name -> {
            ReplicaConfig replica = ReplicaConfig.load(configOf("replica-" + name));
            assertThat(List.of(replica.writesTopic(), replica.repairsTopic(), replica.deadLetterTopic()))
                    .allSatisfy(topic -> assertThat(script).contains("--topic " + topic.replace(name, "$$replica")));
            assertThat(script).contains("--topic " + replica.feedTopic() + " ").contains(" " + name);
        });
    }

    private static TrueupConfig job() {
        Map<String, Object> environment = map(map(services(), "trueup"), "environment");
        return TrueupConfig.load(
                configOf("trueup"),
                Map.of(
                        "TRUEUP_HASH_SECRET", defaultOf(environment.get("TRUEUP_HASH_SECRET")),
                        "TRUEUP_HTTP_PASSWORD", defaultOf(environment.get("TRUEUP_HTTP_PASSWORD"))));
    }

    /** The file of the repository that is mounted where the command line of the service expects its configuration. */
    private static Path configOf(String service) {
        List<String> command = strings(map(services(), service), "command");
        String target = command.get(command.indexOf(COMMAND_LINE_CONFIG) + 1);
        return mounts(service).stream()
                .filter(mount -> mount.target().equals(target))
                .map(Mount::file)
                .findFirst()
                .orElseThrow(() -> new AssertionError(service + " does not mount " + target));
    }

    private static List<Mount> mounts(String service) {
        return strings(map(services(), service), "volumes").stream()
                .map(Mount::parse)
                .toList();
    }

    /** The default in <code>${NAME:-default}</code>. */
    private static String defaultOf(Object variable) {
        String text = (String) variable;
        return text.substring(text.indexOf(":-") + 2, text.lastIndexOf('}'));
    }

    private static Map<String, Object> services() {
        return map(compose, "services");
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> map(Map<String, Object> parent, String key) {
        assertThat(parent).containsKey(key);
        return (Map<String, Object>) parent.get(key);
    }

    private static List<String> strings(Map<String, Object> parent, String key) {
        List<String> strings = new ArrayList<>();
        for (Object element : (List<?>) parent.getOrDefault(key, List.of())) {
            strings.add((String) element);
        }
        return strings;
    }
}
