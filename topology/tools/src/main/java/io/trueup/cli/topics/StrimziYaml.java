package io.trueup.cli.topics;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import io.trueup.cli.shell.JsonLines;
import io.trueup.failure.AclWords;
import io.trueup.provision.AclPurpose;
import io.trueup.provision.NeededTopic;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.config.SaslConfigs;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;

/**
 * Prints topics as {@code KafkaTopic} and principals with their ACLs as {@code KafkaUser} resources of Strimzi, which has had this
 * version of its API since 0.49. Comments give the reasons.
 */
final class StrimziYaml {

    private static final String API_VERSION = "kafka.strimzi.io/v1";

    /** A subdomain of RFC 1123, which Kubernetes requires as the name of a resource. */
    private static final Pattern RESOURCE_NAME =
            Pattern.compile("(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*");

    /** Strimzi names the users of SASL and of TLS in these ways. */
    private static final Pattern USER = Pattern.compile("User:(?<certificate>CN=)?(?<name>[^,=]+)");

    private static final Pattern NUMBER = Pattern.compile("-?\\d{1,18}");
    private static final int MAX_READABLE_LENGTH = 200;
    private static final String SCRAM = "SCRAM-SHA-512";

    private final TopicsPlan plan;
    private final String cluster;
    private final YAMLFactory factory = YAMLFactory.builder()
            .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
            .disable(YAMLGenerator.Feature.SPLIT_LINES)
            .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
            .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
            .enable(YAMLGenerator.Feature.INDENT_ARRAYS_WITH_INDICATOR)
            .build();

    /** @param cluster the name of the {@code Kafka} resource */
    StrimziYaml(TopicsPlan plan, String cluster) {
        this.plan = plan;
        this.cluster = cluster;
    }

    /**
     * Prints all resources.
     *
     * @throws IllegalArgumentException if Strimzi cannot have a principal as a user; nothing is printed then
     */
    void print(PrintWriter out) {
        StringBuilder text = new StringBuilder(
                "# Topics and users of dataset " + plan.config().dataset() + ".\n");
        plan.leftOut().forEach(line -> text.append("# " + line + "\n"));
        for (NeededTopic topic : plan.creatable()) {
            text.append("---\n# " + topic.content() + " (" + topic.namedBy() + ")\n");
            topic.settings().stream()
                    .filter(setting -> setting.isSetAtCreation())
                    .forEach(setting -> text.append("#   " + setting.name() + ": " + setting.reason() + "\n"));
            text.append(yaml(topic(topic)));
        }
        for (PrincipalAcls principal : plan.principals()) {
            text.append("---\n# " + principal.role() + "\n");
            principal.notes().forEach(note -> text.append("# " + note + "\n"));
            text.append(reasons(principal)).append(yaml(user(principal)));
        }
        out.print(text);
        out.flush();
    }

    private Map<String, Object> topic(NeededTopic topic) {
        String name = resourceName(topic.name());
        Map<String, Object> spec = new LinkedHashMap<>();
        if (!name.equals(topic.name())) {
            spec.put("topicName", topic.name());
        }
        spec.put("partitions", plan.partitions());
        if (plan.config().topicsReplicationFactor() > 0) {
            spec.put("replicas", plan.config().topicsReplicationFactor());
        }
        Map<String, Object> settings = new LinkedHashMap<>();
        topic.settingsAtCreation().forEach((setting, value) -> settings.put(setting, typed(value)));
        spec.put("config", settings);
        return resource("KafkaTopic", name, spec);
    }

    private static Object typed(String value) {
        return NUMBER.matcher(value).matches() ? (Object) Long.valueOf(value) : value;
    }

    /** Returns the name itself if Kubernetes allows it, otherwise one that no other topic has. */
    static String resourceName(String topic) {
        if (RESOURCE_NAME.matcher(topic).matches()) {
            return topic;
        }
        String readable = topic.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
        String shortened = readable.substring(0, Math.min(readable.length(), MAX_READABLE_LENGTH));
        return (shortened + "-" + hash(topic)).replaceAll("^-+|-+(?=-)", "");
    }

    private static String hash(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8));
            return HexFormat.of().formatHex(digest, 0, 5);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
    }

    private Map<String, Object> user(PrincipalAcls principal) {
        Matcher user = USER.matcher(principal.principal());
        if (!user.matches() || !RESOURCE_NAME.matcher(user.group("name")).matches()) {
            throw new IllegalArgumentException(principal.principal() + " (" + principal.role()
                    + ") cannot be a KafkaUser, whose name is that of a Kubernetes resource: User:NAME, or User:CN=NAME for"
                    + " a certificate, with lower-case letters, digits, '-' and '.'. Choose another principal.");
        }
        Map<String, Object> spec = new LinkedHashMap<>();
        if (user.group("certificate") != null) {
            spec.put("authentication", Map.of("type", "tls"));
        } else if (SCRAM.equals(plan.config().adminProperties().get(SaslConfigs.SASL_MECHANISM))) {
            spec.put("authentication", Map.of("type", "scram-sha-512"));
        }
        Map<String, Object> authorization = new LinkedHashMap<>();
        authorization.put("type", "simple");
        authorization.put("acls", acls(principal));
        spec.put("authorization", authorization);
        return resource("KafkaUser", user.group("name"), spec);
    }

    /** One rule for each resource: people need the same resource for several commands. */
    private static List<Map<String, Object>> acls(PrincipalAcls principal) {
        Map<ResourcePattern, List<String>> operations = new LinkedHashMap<>();
        for (AclGroup group : principal.groups()) {
            for (ResourcePattern resource : group.resources()) {
                List<String> ofResource = operations.computeIfAbsent(resource, r -> new ArrayList<>());
                group.operationNames().stream()
                        .filter(name -> !ofResource.contains(name))
                        .forEach(ofResource::add);
            }
        }
        List<Map<String, Object>> rules = new ArrayList<>();
        operations.forEach((resource, names) -> {
            Map<String, Object> rule = new LinkedHashMap<>();
            rule.put("resource", resource(resource));
            rule.put("operations", names);
            rules.add(rule);
        });
        return rules;
    }

    private static Map<String, Object> resource(ResourcePattern resource) {
        Map<String, Object> yaml = new LinkedHashMap<>();
        yaml.put(
                "type",
                switch (resource.resourceType()) {
                    case TOPIC -> "topic";
                    case GROUP -> "group";
                    case TRANSACTIONAL_ID -> "transactionalId";
                    default -> throw new IllegalArgumentException("no resource of an ACL of Trueup: " + resource);
                });
        yaml.put("name", resource.name());
        yaml.put("patternType", resource.patternType() == PatternType.PREFIXED ? "prefix" : "literal");
        return yaml;
    }

    private static String reasons(PrincipalAcls principal) {
        StringBuilder text = new StringBuilder();
        AclPurpose last = null;
        for (AclGroup group : principal.groups()) {
            if (group.purpose() != last) {
                last = group.purpose();
                text.append("# " + last.text() + "\n");
            }
            String operations = String.join(", ", group.operationNames());
            group.resources()
                    .forEach(resource ->
                            text.append("#   " + operations + ": " + oneLine(AclWords.resource(resource)) + "\n"));
        }
        return text.toString();
    }

    private static String oneLine(String text) {
        return text.replaceAll("\\R", " ");
    }

    private Map<String, Object> resource(String kind, String name, Map<String, Object> spec) {
        Map<String, Object> metadata = new LinkedHashMap<>();
        metadata.put("name", name);
        metadata.put("labels", Map.of("strimzi.io/cluster", cluster));
        Map<String, Object> resource = new LinkedHashMap<>();
        resource.put("apiVersion", API_VERSION);
        resource.put("kind", kind);
        resource.put("metadata", metadata);
        resource.put("spec", spec);
        return resource;
    }

    private String yaml(Map<String, Object> resource) {
        StringWriter text = new StringWriter();
        try (JsonGenerator yaml = factory.createGenerator(text)) {
            JsonLines.write(yaml, resource);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }
}
