package io.trueup.deploy;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.LintResult;
import com.marcnuri.helm.TemplateCommand;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.yaml.snakeyaml.Yaml;

/** The Helm chart, rendered by Helm itself with the values in its directory {@code ci}. */
final class Chart {

    static final Path DIRECTORY = Repository.ROOT.resolve("deploy/helm/trueup");

    /** Without a cluster, Helm's library takes a version that is too old for the chart. */
    static final String KUBERNETES_VERSION = "1.33.0";

    private static final KubernetesSerialization KUBERNETES = new KubernetesSerialization();
    private static final Map<String, String> RENDERED = new ConcurrentHashMap<>();

    private Chart() {}

    /** Names of the files with values. */
    static List<String> examples() throws IOException {
        try (Stream<Path> files = Files.list(DIRECTORY.resolve("ci"))) {
            return files.map(file -> file.getFileName().toString().replace("-values.yaml", ""))
                    .sorted()
                    .toList();
        }
    }

    static Path values(String example) {
        return DIRECTORY.resolve("ci").resolve(example + "-values.yaml");
    }

    /**
     * Renders the chart.
     *
     * @param settings further values, as in {@code helm --set}: {@code http.enabled=true}
     * @throws IllegalStateException if Helm refuses the values
     */
    static Rendered render(String example, String... settings) {
        return render(values(example), settings);
    }

    static Rendered render(Path values, String... settings) {
        return Rendered.of(
                RENDERED.computeIfAbsent(values + " " + List.of(settings), known -> template(values, settings)));
    }

    private static String template(Path values, String... settings) {
        TemplateCommand template = new Helm(DIRECTORY)
                .template()
                .withName("trueup")
                .withNamespace("data")
                .withKubeVersion(KUBERNETES_VERSION)
                .withValuesFile(values);
        for (String setting : settings) {
            int equals = setting.indexOf('=');
            template.set(setting.substring(0, equals), setting.substring(equals + 1));
        }
        return template.call();
    }

    /** Lints a copy of the chart in which the values of an example are defaults, because Helm's library lints defaults only. */
    static LintResult lint(String example, Path copy) throws IOException {
        try (Stream<Path> files = Files.walk(DIRECTORY)) {
            for (Path file : files.toList()) {
                Path target = copy.resolve(DIRECTORY.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(file, target);
                }
            }
        }
        Map<String, Object> values = yaml(Files.readString(DIRECTORY.resolve("values.yaml")));
        merge(values, yaml(Files.readString(values(example))));
        Files.writeString(copy.resolve("values.yaml"), new Yaml().dump(values));
        return new Helm(copy).lint().strict().call();
    }

    static Map<String, Object> yaml(String text) {
        return new Yaml().load(text);
    }

    @SuppressWarnings("unchecked")
    private static void merge(Map<String, Object> values, Map<String, Object> changes) {
        changes.forEach((key, change) -> {
            if (change instanceof Map && values.get(key) instanceof Map) {
                merge((Map<String, Object>) values.get(key), (Map<String, Object>) change);
            } else if (change == null) {
                values.remove(key);
            } else {
                values.put(key, change);
            }
        });
    }

    /**
     * What Helm has rendered.
     *
     * @param texts the YAML of each resource
     * @param resources the same, parsed
     */
    record Rendered(List<String> texts, List<HasMetadata> resources) {

        private static Rendered of(String yaml) {
            List<String> texts = new ArrayList<>();
            List<HasMetadata> resources = new ArrayList<>();
            for (String text : yaml.split("(?m)^---$", -1)) {
                if (yaml(text) != null) {
                    texts.add(text);
                    resources.add(KUBERNETES.unmarshal(text));
                }
            }
            return new Rendered(texts, resources);
        }

        <T extends HasMetadata> List<T> all(Class<T> type) {
            return resources.stream().filter(type::isInstance).map(type::cast).toList();
        }

        <T extends HasMetadata> Optional<T> find(Class<T> type) {
            return all(type).stream().findFirst();
        }

        <T extends HasMetadata> T one(Class<T> type) {
            List<T> found = all(type);
            if (found.size() != 1) {
                throw new AssertionError(found.size() + " resources of kind " + type.getSimpleName());
            }
            return found.get(0);
        }

        /** A resource of which Kubernetes itself knows nothing, as it was written. */
        Optional<Map<String, Object>> custom(String kind) {
            for (int i = 0; i < texts.size(); i++) {
                if (resources.get(i) instanceof GenericKubernetesResource custom
                        && custom.getKind().equals(kind)) {
                    return Optional.of(yaml(texts.get(i)));
                }
            }
            return Optional.empty();
        }

        StatefulSet statefulSet() {
            return one(StatefulSet.class);
        }

        PodSpec pod() {
            return statefulSet().getSpec().getTemplate().getSpec();
        }

        Container container() {
            return pod().getContainers().get(0);
        }

        Map<String, String> podAnnotations() {
            Map<String, String> annotations =
                    statefulSet().getSpec().getTemplate().getMetadata().getAnnotations();
            return annotations == null ? new HashMap<>() : annotations;
        }
    }
}
