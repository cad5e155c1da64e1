package io.trueup.cli.topics;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.trueup.cli.Invocation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is printed without a broker. {@code TopicsIT} runs it against one. */
class TopicsCommandTest {

    private static final String SETTINGS = """
            bootstrap.servers=kafka-1:9092
            dataset=products
            replicas=eu,us
            hosted.replicas=eu
            hash.secret=do-not-print-this-secret
            kafka.sasl.jaas.config=do-not-print-this-either required password="do-not-print";
            """;

    @TempDir
    Path directory;

    private Invocation run(String settings, String... arguments) throws Exception {
        Path file = Files.writeString(directory.resolve("trueup.properties"), SETTINGS + settings);
        List<String> all = new ArrayList<>(List.of("topics", "--dry-run", "-c", file.toString()));
        all.addAll(List.of(arguments));
        return Invocation.of(all.toArray(String[]::new));
    }

    private Invocation printed(String settings, String... arguments) throws Exception {
        Invocation trueup = run(settings, arguments);
        assertThat(trueup.exitCode()).as(trueup.err()).isZero();
        assertThat(trueup.err()).isEmpty();
        assertThat(trueup.out()).doesNotContain("do-not-print");
        return trueup;
    }

    @Test
    void shouldShowEveryTopicAndAclWithItsReason() throws Exception {
        assertThat(printed("topics.partitions=6\n").out())
                .startsWith("Topics of dataset products on kafka-1:9092, 6 partitions; the brokers were not asked:\n")
                .containsPattern("products\\.writes\\.eu +write events of eu \\(replica\\.eu\\.writes\\.topic\\)\n")
                .containsPattern(" partitions +6 +a key has the same partition in all topics\n")
                .containsPattern(" retention\\.ms +86400000 +repair\\.validity: ")
                .contains("trueup-products-eu-entries-changelog", "ACLs of User:trueup, the job:")
                .containsPattern("Read, DescribeConfigs +topic products\\.writes\\.eu +Writes topics of the hosted")
                .contains("ACLs of User:datastore-eu, the datastore of eu:", "ACLs of User:operator, people")
                .contains("Read on the feed is left out")
                .doesNotContain("STATE", "User:datastore-us");
    }

    @Test
    void shouldPrintAScriptWhoseWordsReachTheToolsUnchanged() throws Exception {
        String odd = "it's \"a group\" & $HOME";
        Invocation trueup = printed(
                "topics.partitions=6\ntopics.replication.factor=3\n",
                "--output",
                "commands",
                "--command-config",
                "/etc/my files/admin.properties",
                "--principal-job",
                "User:CN=trueup,OU=data stores",
                "--group",
                "eu=" + odd,
                "--feed",
                "products.feed");

        List<List<String>> calls = RecordedScript.run(trueup.out(), directory);

        assertThat(calls)
                .allSatisfy(call -> assertThat(call)
                        .containsSubsequence(
                                "--bootstrap-server",
                                "kafka-1:9092",
                                "--command-config",
                                "/etc/my files/admin.properties"));
        assertThat(calls)
                .anySatisfy(call -> assertThat(call.subList(5, call.size()))
                        .containsExactly(
                                "--create",
                                "--if-not-exists",
                                "--topic",
                                "products.control",
                                "--partitions",
                                "6",
                                "--replication-factor",
                                "3",
                                "--config",
                                "cleanup.policy=delete",
                                "--config",
                                "message.timestamp.type=LogAppendTime",
                                "--config",
                                "retention.ms=86400000"));
        assertThat(calls)
                .anySatisfy(call -> assertThat(call.subList(5, call.size()))
                        .containsExactly(
                                "--add",
                                "--allow-principal",
                                "User:CN=trueup,OU=data stores",
                                "--operation",
                                "Write",
                                "--resource-pattern-type",
                                "prefixed",
                                "--transactional-id",
                                "trueup-products-eu-"));
        assertThat(calls)
                .anySatisfy(call -> assertThat(call)
                        .containsSubsequence("User:datastore-eu", "--operation", "Read", "--group", odd));
        assertThat(trueup.out().lines().filter(line -> !line.contains("() {")))
                .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(120));
    }

    @Test
    void shouldCreateAWritesTopicOnlyIfAPersonNamesItsReplica() throws Exception {
        String own = "products.writes.eu";
        for (String form : List.of("commands", "strimzi")) {
            String without =
                    printed("", "--output", form, "--strimzi-cluster", "main").out();
            String with = printed("", "--output", form, "--strimzi-cluster", "main", "--create-writes", "eu")
                    .out();

            assertThat(without).contains("# The writes topic " + own).contains("give --create-writes eu.");
            assertThat(with).doesNotContain("give --create-writes");
            assertThat(created(form, without)).isNotEmpty().doesNotContain(own);
            assertThat(created(form, with)).contains(own, "products.repairs.us").doesNotContain("products.writes.us");
        }
    }

    private Set<String> created(String form, String output) throws Exception {
        if (form.equals("strimzi")) {
            return documents(output).stream()
                    .filter(document -> document.path("kind").asText().equals("KafkaTopic"))
                    .map(document -> document.at("/metadata/name").asText())
                    .collect(Collectors.toSet());
        }
        return RecordedScript.run(output, directory).stream()
                .filter(call -> call.get(0).equals("kafka-topics.sh"))
                .map(call -> call.get(call.indexOf("--topic") + 1))
                .collect(Collectors.toSet());
    }

    @Test
    void shouldPrintResourcesOfStrimzi() throws Exception {
        String odd = "yes: #1 'group'";
        List<JsonNode> documents = documents(printed(
                        "topics.partitions=6\nrounds.topic=Rounds_of.Products\nkafka.sasl.mechanism=SCRAM-SHA-512\n",
                        "--output",
                        "strimzi",
                        "--strimzi-cluster",
                        "main",
                        "--principal-people",
                        "User:CN=operator",
                        "--group",
                        "eu=" + odd)
                .out());

        assertThat(documents).allSatisfy(document -> {
            assertThat(document.path("apiVersion").asText()).isEqualTo("kafka.strimzi.io/v1");
            assertThat(document.at("/metadata/labels/strimzi.io~1cluster").asText())
                    .isEqualTo("main");
            assertThat(document.at("/metadata/name").asText()).matches("[a-z0-9]([-a-z0-9.]*[a-z0-9])?");
        });
        assertThat(named(documents, "products.control").path("spec")).isEqualTo(new ObjectMapper().readTree("""
                        {"partitions": 6, "config": {"cleanup.policy": "delete",
                        "message.timestamp.type": "LogAppendTime", "retention.ms": 86400000}}"""));
        assertThat(documents)
                .filteredOn(document -> document.at("/spec/topicName").asText().equals("Rounds_of.Products"))
                .singleElement()
                .satisfies(document ->
                        assertThat(document.at("/metadata/name").asText()).startsWith("rounds-of-products-"));
        JsonNode job = named(documents, "trueup");
        assertThat(job.path("kind").asText()).isEqualTo("KafkaUser");
        assertThat(job.at("/spec/authentication/type").asText()).isEqualTo("scram-sha-512");
        assertThat(job.at("/spec/authorization/type").asText()).isEqualTo("simple");
        assertThat(job.at("/spec/authorization/acls"))
                .contains(new ObjectMapper().readTree("""
                                {"resource": {"type": "topic", "name": "products.control", "patternType": "literal"},
                                "operations": ["Read", "Write", "DescribeConfigs"]}"""), new ObjectMapper().readTree("""
                                {"resource": {"type": "transactionalId", "name": "trueup-products-eu-",
                                "patternType": "prefix"}, "operations": ["Write"]}"""));
        assertThat(named(documents, "operator").at("/spec/authentication/type").asText())
                .isEqualTo("tls");
        assertThat(named(documents, "datastore-eu")
                        .at("/spec/authorization/acls/0/resource/name")
                        .asText())
                .isEqualTo(odd);
    }

    @Test
    void shouldLeaveAuthenticationToAPersonWhereStrimziMakesNoCredentials() throws Exception {
        List<JsonNode> documents = documents(
                printed("", "--output", "strimzi", "--strimzi-cluster", "main").out());

        assertThat(named(documents, "trueup").path("spec").has("authentication"))
                .isFalse();
    }

    private static List<JsonNode> documents(String yaml) throws Exception {
        return new YAMLMapper()
                .readerFor(JsonNode.class).<JsonNode>readValues(yaml).readAll().stream()
                        .filter(document -> document.size() > 0)
                        .toList();
    }

    private static JsonNode named(List<JsonNode> documents, String name) {
        return documents.stream()
                .filter(document -> document.at("/metadata/name").asText().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @ParameterizedTest
    @CsvSource({
        "products.writes.eu, products.writes.eu",
        "0, 0",
        "Products, products-",
        "_products_, products-",
        "a..b, a-b-",
        "a.-b, a-b-",
        "..._, ''",
    })
    void shouldNameResourcesAsKubernetesAllows(String topic, String begin) {
        String name = StrimziYaml.resourceName(topic);

        assertThat(name).startsWith(begin).matches("[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*");
        assertThat(name.equals(topic)).isEqualTo(!begin.endsWith("-") && !begin.isEmpty());
    }

    @Test
    void shouldGiveTopicsWithSimilarNamesAndLongOnesDifferentResources() {
        String longest = "A".repeat(249);

        assertThat(Set.of(
                        StrimziYaml.resourceName("a_b"),
                        StrimziYaml.resourceName("a-_b"),
                        StrimziYaml.resourceName("A-b"),
                        StrimziYaml.resourceName("a-b")))
                .hasSize(4);
        assertThat(StrimziYaml.resourceName(longest)).hasSizeLessThanOrEqualTo(253);
    }

    @Test
    void shouldPrintOneObjectForPrograms() throws Exception {
        JsonNode json = new ObjectMapper()
                .readTree(printed("topics.partitions=6\n", "--output", "json").out());

        assertThat(json.path("partitions").asInt()).isEqualTo(6);
        assertThat(json.at("/topics/0")).isEqualTo(new ObjectMapper().readTree("""
                        {"topic": "products.writes.eu", "use": "writes", "replica": "eu",
                        "namedBy": "replica.eu.writes.topic", "createdBy": "person", "settings": [
                        {"name": "cleanup.policy", "wanted": "compact", "setAtCreation": true, "reason":
                        "the last event of each key stays: values of repairs are read from it, and a lost state is built again"},
                        {"name": "delete.retention.ms", "wanted": "604800000", "setAtCreation": true, "reason":
                        "tombstone.retention: a state that is built again finds the deletes"}]}"""));
        assertThat(json.at("/principals/0/principal").asText()).isEqualTo("User:trueup");
        assertThat(json.at("/principals/0/acls/0")).isEqualTo(new ObjectMapper().readTree("""
                        {"operation": "Read", "resourceType": "topic", "resource": "products.writes.eu",
                        "patternType": "literal", "reason":
                        "Writes topics of the hosted replicas: events, values for repairs, retention and the type of timestamps."}"""));
    }

    @Test
    void shouldSayWhatToCheckWhereNoBrokerIsFound() throws Exception {
        Path file = Files.writeString(
                directory.resolve("trueup.properties"), SETTINGS.replace("kafka-1:9092", "no-such-host.invalid:9092"));

        Invocation trueup = Invocation.of("topics", "-c", file.toString());

        assertThat(trueup.exitCode()).isEqualTo(2);
        assertThat(trueup.err())
                .contains("cannot connect to the brokers at no-such-host.invalid:9092", "Check bootstrap.servers")
                .doesNotContain("do-not-print", "\tat ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--output xml|is not one of text, commands, strimzi, json",
                "--output strimzi|--strimzi-cluster",
                "--output commands --create|give one of the two",
                "--create-writes us|us is not a replica that is hosted",
                "--create-writes mars|those are eu",
                "--group us=g|us is not a replica that is hosted",
                "--principal-datastore mars=User:x|mars is not a replica",
                "--principal-job trueup|such as User:trueup",
                "--output strimzi --strimzi-cluster m --principal-job User:True_up|User:True_up (the job) cannot be",
                "--output strimzi --strimzi-cluster m --principal-job User:CN=a,OU=b|Choose another principal"
            })
    void shouldRefuseWhatCannotBeUsed(String line) throws Exception {
        String[] parts = line.split("\\|", -1);

        Invocation trueup = run("", parts[0].split(" ", -1));

        assertThat(trueup.exitCode()).isEqualTo(2);
        assertThat(trueup.out()).isEmpty();
        assertThat(trueup.err()).contains(parts[1]).doesNotContain("\tat ");
    }
}
