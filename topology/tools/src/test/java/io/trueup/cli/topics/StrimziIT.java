package io.trueup.cli.topics;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.trueup.cli.Invocation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The resources that {@code trueup topics} prints for Strimzi, and Strimzi's own schemas of them. */
class StrimziIT {

    private static StrimziSchemas schemas;

    @TempDir
    private static Path directory;

    @BeforeAll
    static void generateSchemas() throws Exception {
        schemas = StrimziSchemas.generate(directory);
    }

    private static List<JsonNode> printed(String settings) throws Exception {
        Path file = Files.writeString(directory.resolve("trueup.properties"), """
                        bootstrap.servers=kafka-1:9092
                        dataset=products
                        replicas=eu,us,ap
                        hosted.replicas=eu,us
                        hash.secret=do-not-print-this-secret
                        observations.topic=Products.observations
                        replica.eu.progress=group:products-datastore-eu@products.feed
                        topics.create=true
                        http.listen=127.0.0.1:0
                        http.token=a-token-of-more-than-16-bytes
                        """ + settings.replace(';', '\n'));
        Invocation trueup = Invocation.of(
                "topics",
                "--dry-run",
                "--output",
                "strimzi",
                "--strimzi-cluster",
                "main",
                "--create-writes",
                "eu,us",
                "--principal-people",
                "User:CN=operator",
                "-c",
                file.toString());
        assertThat(trueup.exitCode()).as("%s", trueup).isZero();
        return new YAMLMapper()
                .readerFor(JsonNode.class).<JsonNode>readValues(trueup.out()).readAll().stream()
                        .filter(document -> document.size() > 0)
                        .toList();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "topics.partitions=6;topics.replication.factor=3",
                "kafka.sasl.mechanism=SCRAM-SHA-512",
                "kafka.security.protocol=SSL;mode=observe",
                "streams.processing.guarantee=at_least_once;rounds.topic=Rounds_of.Products"
            })
    void shouldPrintResourcesThatStrimziAccepts(String settings) throws Exception {
        List<JsonNode> resources = printed(settings);

        assertThat(resources)
                .extracting(resource -> resource.path("kind").asText())
                .contains("KafkaTopic", "KafkaUser");
        assertThat(resources).hasSizeGreaterThan(12);
        assertThat(resources)
                .allSatisfy(resource ->
                        assertThat(schemas.errors(resource)).as("%s", resource).isEmpty());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "KafkaTopic | /spec | partitions | 0 | /spec/partitions is below 1",
                "KafkaTopic | /spec | replicas | 32768 | /spec/replicas is above 32767",
                "KafkaTopic | /spec | partition | 1 | /spec/partition is unknown",
                "KafkaTopic | /spec | partitions | \"1\" | /spec/partitions is no integer",
                "KafkaUser | /spec/authorization | type | 'none' | /spec/authorization/type is none of [\"simple\"]",
                "KafkaUser | /spec/authorization/acls/0 | operations | ['Raed'] | /spec/authorization/acls/*/operations/* is none of",
                "KafkaUser | /spec/authorization/acls/0 | operation | 'Read' | /spec/authorization/acls/*/operation is unknown",
                "KafkaUser | /spec/authorization/acls/0 | resource | {name: x} | /spec/authorization/acls/*/resource/type is missing"
            })
    void shouldNoticeWhatStrimziDoesNotAccept(String kind, String place, String member, String value, String error)
            throws Exception {
        JsonNode resource = printed("").stream()
                .filter(document -> document.path("kind").asText().equals(kind))
                .findFirst()
                .orElseThrow();
        ((ObjectNode) resource.at(place)).set(member, new YAMLMapper().readTree(value));

        assertThat(schemas.errors(resource)).singleElement().asString().startsWith(error);
    }

    @Test
    void shouldNoticeAnotherVersion() throws Exception {
        ObjectNode resource = (ObjectNode) printed("").get(0);

        resource.put("apiVersion", "kafka.strimzi.io/v2");

        assertThat(schemas.errors(resource)).containsExactly("there is no version v2");
    }
}
