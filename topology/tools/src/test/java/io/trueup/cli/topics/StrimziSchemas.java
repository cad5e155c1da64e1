package io.trueup.cli.topics;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The schemas of Strimzi's resources, which Strimzi's own generator writes from the classes of its API. Kubernetes drops members that a
 * schema does not have; here they are errors. Not thread-safe.
 */
final class StrimziSchemas {

    /** Maven copies the generator and the API to this place before the integration tests. */
    private static final Path JARS = Path.of("target", "strimzi");

    private static final Map<String, String> CLASSES = Map.of(
            "KafkaTopic", "io.strimzi.api.kafka.model.topic.KafkaTopic",
            "KafkaUser", "io.strimzi.api.kafka.model.user.KafkaUser");

    /** What a schema of Strimzi says besides what is checked. */
    private static final Set<String> NOT_CHECKED = Set.of("description");

    private final Map<String, JsonNode> definitions = new HashMap<>();
    private final List<String> errors = new ArrayList<>();

    /** @param directory where the generator writes */
    static StrimziSchemas generate(Path directory) throws IOException, InterruptedException {
        File[] jars = JARS.toFile().listFiles();
        assertThat(jars)
                .as("`mvn -pl topology/tools pre-integration-test` copies the jars to " + JARS.toAbsolutePath())
                .hasSize(2);
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                jars[0] + File.pathSeparator + jars[1],
                "io.strimzi.crdgenerator.CrdGenerator",
                "--yaml",
                "--target-kube",
                "1.25+"));
        CLASSES.forEach((kind, name) -> command.add(name + "=" + directory.resolve(kind)));
        Process generator =
                new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(generator.getInputStream().readAllBytes(), UTF_8);
        assertThat(generator.waitFor()).as(output).isZero();
        StrimziSchemas schemas = new StrimziSchemas();
        for (String kind : CLASSES.keySet()) {
            schemas.definitions.put(
                    kind, new YAMLMapper().readTree(directory.resolve(kind).toFile()));
        }
        return schemas;
    }

    /** What is wrong with a resource, each with its place. */
    List<String> errors(JsonNode resource) {
        errors.clear();
        JsonNode spec = definitions.get(resource.path("kind").asText()).path("spec");
        String[] version = resource.path("apiVersion").asText().split("/", -1);
        assertThat(version[0]).isEqualTo(spec.path("group").asText());
        for (JsonNode served : spec.path("versions")) {
            if (served.path("name").asText().equals(version[1])
                    && served.path("served").asBoolean()) {
                check(resource, served.at("/schema/openAPIV3Schema"), "");
                return List.copyOf(errors);
            }
        }
        return List.of("there is no version " + version[1]);
    }

    private void check(JsonNode value, JsonNode schema, String place) {
        boolean open = schema.path("x-kubernetes-preserve-unknown-fields").asBoolean() || place.equals("/metadata");
        schema.properties().forEach(keyword -> {
            JsonNode rule = keyword.getValue();
            switch (keyword.getKey()) {
                case "type" -> require(isOf(value, rule.asText()), place, "is no " + rule.asText());
                case "enum" -> require(contains(rule, value), place, "is none of " + rule);
                case "minimum" -> require(value.asLong() >= rule.asLong(), place, "is below " + rule);
                case "maximum" -> require(value.asLong() <= rule.asLong(), place, "is above " + rule);
                case "required" ->
                    rule.forEach(name -> require(value.has(name.asText()), place + "/" + name.asText(), "is missing"));
                case "items" -> value.forEach(item -> check(item, rule, place + "/*"));
                case "additionalProperties" -> value.forEach(member -> check(member, rule, place + "/*"));
                case "properties" ->
                    value.properties().forEach(member -> {
                        String at = place + "/" + member.getKey();
                        if (rule.has(member.getKey())) {
                            check(member.getValue(), rule.get(member.getKey()), at);
                        } else {
                            require(open, at, "is unknown");
                        }
                    });
                case "x-kubernetes-preserve-unknown-fields" ->
                    assertThat(rule.isBoolean()).isTrue();
                default -> assertThat(NOT_CHECKED).as("keywords at " + place).contains(keyword.getKey());
            }
        });
    }

    private void require(boolean holds, String place, String fault) {
        if (!holds) {
            errors.add(place + " " + fault);
        }
    }

    private static boolean contains(JsonNode values, JsonNode value) {
        for (JsonNode candidate : values) {
            if (candidate.equals(value)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isOf(JsonNode value, String type) {
        return switch (type) {
            case "object" -> value.isObject();
            case "array" -> value.isArray();
            case "string" -> value.isTextual();
            case "integer" -> value.isIntegralNumber();
            case "number" -> value.isNumber();
            case "boolean" -> value.isBoolean();
            default -> throw new AssertionError("type " + type);
        };
    }
}
