package io.trueup.cli.topics;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.trueup.avro.SingleObjectCodec;
import io.trueup.broker.SecuredBroker;
import io.trueup.broker.TestBroker;
import io.trueup.cli.Invocation;
import io.trueup.config.TrueupConfig;
import io.trueup.failure.AclWords;
import io.trueup.job.Job;
import io.trueup.schema.WriteEvent;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import kafka.admin.ConfigCommand;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AccessControlEntryFilter;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourcePatternFilter;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.Exit;
import org.apache.kafka.tools.AclCommand;
import org.apache.kafka.tools.TopicCommand;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code trueup topics} on a broker with SASL, TLS and an authorizer, where each principal may do what is printed and nothing else. */
class TopicsIT {

    private static final String PASSWORD = "password-of-each-user";
    private static final SingleObjectCodec<WriteEvent> WRITES = SingleObjectCodec.of(WriteEvent.class);
    private static final long BEFORE_MS = 60_000;

    private static SecuredBroker secured;
    private static TestBroker broker;

    @TempDir
    Path directory;

    private String dataset;

    @BeforeAll
    static void startBroker() throws Exception {
        Map<String, String> passwords = new HashMap<>();
        List.of("admin", "trueup", "operator", "datastore-eu", "datastore-us")
                .forEach(user -> passwords.put(user, PASSWORD));
        secured = SecuredBroker.authorizing(passwords, "super.users=User:ANONYMOUS;User:admin");
        broker = secured.open();
    }

    @AfterAll
    static void stopBroker() {
        secured.close();
    }

    @BeforeEach
    void name() throws Exception {
        broker.admin().deleteAcls(List.of(AclBindingFilter.ANY)).all().get();
        dataset = TestBroker.unique("products").replace("-", "");
    }

    @Test
    void shouldLetEveryPrincipalWorkWithExactlyWhatTheScriptCreates() throws Exception {
        String script = topics(
                        "trueup",
                        "--dry-run",
                        "--output",
                        "commands",
                        "--command-config",
                        client("admin"),
                        "--create-writes",
                        "eu,us",
                        "--feed",
                        dataset + ".feed")
                .out();
        broker.createTopics(2, dataset + ".feed");

        List<List<String>> calls = RecordedScript.run(script, directory);
        execute(calls);

        // The ACLs of people are the last: once the broker knows them, it knows all.
        await().untilAsserted(() -> {
            Invocation before = topics("operator");
            assertThat(before.exitCode()).as("%s", before).isZero();
            assertThat(before.out()).containsPattern("entries-changelog +absent ");
        });
        try (Job job = new Job(TrueupConfig.load(Path.of(configuration("trueup")), Map.of()));
                KafkaProducer<byte[], byte[]> eu = datastore("datastore-eu");
                KafkaProducer<byte[], byte[]> us = datastore("datastore-us")) {
            job.start();
            for (int i = 0; i < 20; i++) {
                write(eu, "eu", "same-" + i);
                write(us, "us", "same-" + i);
            }
            write(eu, "eu", "lost");
            await().atMost(Duration.ofMinutes(2))
                    .untilAsserted(() -> assertThat(broker.readAll(dataset + ".repairs.us"))
                            .extracting(record -> new String(record.key(), UTF_8))
                            .contains("lost"));
            assertThat(job.status().failure()).isEmpty();
        }
        // The changelogs that Kafka Streams has created are as expected, and what the tools have created, too.
        Invocation after = topics("operator");
        assertThat(after.exitCode()).as("%s", after).isZero();
        assertThat(after.out())
                .contains("fits")
                .doesNotContain("absent", "differs", "missing", "What is missing is created by");
        execute(calls.subList(0, 10));
    }

    @Test
    void shouldCreateWhatIsMissingAndAWritesTopicOnlyIfAPersonNamesIt() throws Exception {
        broker.createTopics(3, dataset + ".writs.eu");

        Invocation missing = topics("admin");
        Invocation created = topics("admin", "--create");

        assertThat(missing.exitCode()).isEqualTo(1);
        assertThat(missing.out())
                .containsPattern(dataset + "\\.control +missing ")
                .contains("(did you mean " + dataset + ".writs.eu?)", "give --create-writes eu.")
                .contains("What is missing is created by: trueup topics --create");
        assertThat(created.exitCode()).isEqualTo(1);
        assertThat(created.out())
                .contains("Created " + dataset + ".control with 2 partitions: control messages.")
                .containsPattern(dataset + "\\.control +fits ")
                .containsPattern(dataset + "\\.writes\\.us +missing ");
        assertThat(names())
                .contains(dataset + ".repairs.eu", dataset + ".dead-letters")
                .doesNotContain(dataset + ".writes.eu", dataset + ".writes.us");

        Invocation both = topics("admin", "--create", "--create-writes", "eu,us", "--output", "json");
        assertThat(both.exitCode()).as("%s", both).isZero();
        JsonNode json = new ObjectMapper().readTree(both.out());
        assertThat(json.path("created"))
                .extracting(JsonNode::asText)
                .containsExactly(dataset + ".writes.eu", dataset + ".writes.us");
        assertThat(json.path("topics"))
                .extracting(topic -> topic.path("state").asText())
                .containsOnly("fits", "absent");
    }

    @Test
    void shouldNameWhatDiffersAndCreateNothingWherePartitionsDiffer() throws Exception {
        broker.createTopics(2, Map.of("retention.ms", "60000"), dataset + ".writes.eu", dataset + ".repairs.us");
        broker.createTopics(3, dataset + ".writes.us");

        Invocation differs = topics("admin");
        Invocation refused = topics("admin", "--create");

        assertThat(differs.exitCode()).isEqualTo(1);
        assertThat(differs.out())
                .containsPattern(" differs +cleanup\\.policy +compact +delete ")
                .containsPattern(" differs +retention\\.ms +at least 86400000 +60000 ")
                .containsPattern(dataset + "\\.writes\\.us +differs .*\n +differs +partitions +2 +3 ")
                .contains("Create " + dataset + ".writes.us again with 2 partitions");
        assertThat(refused.exitCode()).isEqualTo(2);
        assertThat(refused.err()).contains("nothing is created", dataset + ".writes.us with 3");
        assertThat(names()).doesNotContain(dataset + ".control");

        correct(differs, "kafka-configs.sh ");
        assertThat(topics("admin").out())
                .containsPattern(dataset + "\\.writes\\.eu +fits ")
                .containsPattern(dataset + "\\.repairs\\.us +fits ");
    }

    /** Runs the commands of the output, by which a super user corrects settings or ACLs. */
    private void correct(Invocation differs, String tool) throws Exception {
        String client = client("admin");
        List<String> commands =
                differs.out().lines().filter(line -> line.startsWith(tool)).toList();
        assertThat(commands).hasSizeGreaterThan(1);
        for (List<String> command : RecordedScript.run(String.join("\n", commands), directory)) {
            List<String> call = new ArrayList<>(command);
            call.addAll(List.of("--command-config", client));
            execute(List.of(call));
        }
    }

    @Test
    void shouldTakeTheNumberOfPartitionsFromTheTopicsThatExist() throws Exception {
        broker.createTopics(3, dataset + ".writes.us");
        Path file = Path.of(configuration("admin"));
        Files.writeString(file, Files.readString(file).replace("topics.partitions=2\n", ""));

        Invocation commands = Invocation.of("topics", "-c", file.toString(), "--output", "commands");

        assertThat(commands.exitCode()).isEqualTo(1);
        assertThat(commands.out())
                .contains("topic --topic " + dataset + ".control --partitions 3 ")
                .contains("# The writes topic " + dataset + ".writes.eu")
                .doesNotContain("# The writes topic " + dataset + ".writes.us");
    }

    @Test
    void shouldNameEveryAclThatThePersonLacks() throws Exception {
        Invocation nothing = topics("operator");
        assertThat(nothing.exitCode()).isEqualTo(2);
        assertThat(nothing.err().lines())
                .hasSize(10)
                .allSatisfy(line -> assertThat(line).contains("needs Describe on topic ", dataset));

        String script = topics("trueup", "--dry-run", "--output", "commands", "--command-config", client("admin"))
                .out();
        execute(RecordedScript.run(script.substring(script.indexOf("# ACLs of people")), directory));
        await().untilAsserted(() -> {
            Invocation create = topics("operator", "--create");
            assertThat(create.exitCode()).isEqualTo(2);
            assertThat(create.err())
                    .contains("needs Create on topic " + dataset + ".control (control.topic)", "--operation Create")
                    .doesNotContain(PASSWORD, "\tat ");
        });
    }

    @Test
    void shouldNameEachAclThatIsMissingDeniedOrTooWide() throws Exception {
        String[] check = {"--check-acls", "--feed", dataset + ".feed", "--create-writes", "eu,us"};
        String script = topics(
                        "trueup",
                        "--dry-run",
                        "--output",
                        "commands",
                        "--command-config",
                        client("admin"),
                        "--create-writes",
                        "eu,us",
                        "--feed",
                        dataset + ".feed")
                .out();
        execute(RecordedScript.run(script, directory));
        Invocation exact = topics("admin", check);
        assertThat(exact.exitCode()).as("%s", exact).isZero();
        assertThat(exact.out())
                .contains(
                        "User:trueup may do what it needs, and no more.\n",
                        "User:operator may do what it needs, and no more.\n")
                .doesNotContain("missing:", "denied:", "too wide:");

        Collection<AclBinding> granted =
                broker.admin().describeAcls(ofDataset()).values().get();
        assertThat(granted).hasSizeGreaterThan(60);
        for (AclBinding acl : granted) {
            boolean implied = isImplied(acl, granted);
            secured.revoke(List.of(acl));
            JsonNode without = json(topics("admin", with(check, "--output", "json")), implied ? 0 : 1);
            secured.grant(List.of(acl));
            assertThat(found(without, "missing"))
                    .as("without %s", acl)
                    .isEqualTo(implied ? List.of() : List.of(words(acl)));
            assertThat(found(without, "tooWide")).isEmpty();
        }

        AclBinding all =
                acl("User:trueup", AclOperation.ALL, dataset + ".", PatternType.PREFIXED, AclPermissionType.ALLOW);
        AclBinding everyone =
                acl("User:*", AclOperation.READ, dataset + ".control", PatternType.LITERAL, AclPermissionType.ALLOW);
        AclBinding denial =
                acl("User:*", AclOperation.WRITE, dataset + ".rounds", PatternType.LITERAL, AclPermissionType.DENY);
        secured.grant(List.of(all, everyone, denial));
        secured.revoke(List.of(granted.stream()
                .filter(acl -> !isImplied(acl, granted))
                .findFirst()
                .orElseThrow()));
        Invocation wrong = topics("admin", check);
        assertThat(wrong.exitCode()).isEqualTo(1);
        assertThat(wrong.out())
                .contains(
                        "  denied: Write on topic " + dataset + ".rounds, by an ACL that denies Write on topic "
                                + dataset + ".rounds, to User:*\n",
                        "  too wide: All on topics that begin with " + dataset + ".\n",
                        "User:*:\n  too wide: Read on topic " + dataset + ".control\n");
        secured.revoke(List.of(denial));
        correct(wrong, "kafka-acls.sh ");
        await().untilAsserted(
                        () -> assertThat(topics("admin", check).exitCode()).isZero());

        Invocation operator = topics("operator", check);
        assertThat(operator.exitCode()).isEqualTo(2);
        assertThat(operator.err())
                .contains("needs Describe on the cluster (to read the ACLs)", "--operation Describe --cluster");
    }

    private AclBindingFilter ofDataset() {
        return new AclBindingFilter(
                ResourcePatternFilter.ANY,
                new AccessControlEntryFilter(null, null, AclOperation.ANY, AclPermissionType.ALLOW));
    }

    private static AclBinding acl(
            String principal, AclOperation operation, String topic, PatternType pattern, AclPermissionType permission) {
        return new AclBinding(
                new ResourcePattern(ResourceType.TOPIC, topic, pattern),
                new AccessControlEntry(principal, "*", operation, permission));
    }

    /** People have ACLs for each command, so Describe may be granted beside what implies it. */
    private static boolean isImplied(AclBinding acl, Collection<AclBinding> granted) {
        return acl.entry().operation() == AclOperation.DESCRIBE
                && granted.stream()
                        .filter(other -> other.pattern().equals(acl.pattern()))
                        .filter(other ->
                                other.entry().principal().equals(acl.entry().principal()))
                        .anyMatch(other -> Set.of(AclOperation.READ, AclOperation.WRITE, AclOperation.DELETE)
                                .contains(other.entry().operation()));
    }

    private static String words(AclBinding acl) {
        return acl.entry().principal() + " " + AclWords.operation(acl.entry().operation()) + " "
                + acl.pattern().name();
    }

    private static List<String> found(JsonNode json, String what) {
        List<String> found = new ArrayList<>();
        json.path("aclsOfBrokers")
                .forEach(principal -> principal
                        .path(what)
                        .forEach(acl -> found.add(principal.path("principal").asText() + " "
                                + acl.path("operation").asText() + " "
                                + acl.path("resource").asText())));
        return found;
    }

    private static JsonNode json(Invocation trueup, int exitCode) throws Exception {
        assertThat(trueup.exitCode()).as("%s", trueup).isEqualTo(exitCode);
        return new ObjectMapper().readTree(trueup.out());
    }

    private static String[] with(String[] arguments, String... more) {
        return Stream.concat(Stream.of(arguments), Stream.of(more)).toArray(String[]::new);
    }

    @Test
    void shouldSayThatThereAreNoAclsWithoutAnAuthorizer() throws Exception {
        TestBroker open = TestBroker.shared();
        open.createTopics(2, dataset + ".writes.eu", dataset + ".writes.us");
        Path file = Files.writeString(
                directory.resolve("open.properties"),
                "bootstrap.servers=" + open.bootstrapServers() + "\ndataset=" + dataset
                        + "\nreplicas=eu,us\nhash.secret=do-not-print-this-secret\n");

        Invocation trueup = Invocation.of("topics", "--check-acls", "-c", file.toString());

        assertThat(trueup.exitCode()).isEqualTo(2);
        assertThat(trueup.err())
                .contains(open.bootstrapServers() + " have no authorizer")
                .doesNotContain("\tat ");
    }

    @Test
    void shouldReportBrokersThatDoNotAcceptThePassword() throws Exception {
        Path file = Path.of(configuration("operator"));
        Files.writeString(file, Files.readString(file).replace(PASSWORD, "another-password"));

        Invocation refused = Invocation.of("topics", "-c", file.toString());

        assertThat(refused.exitCode()).isEqualTo(2);
        assertThat(refused.err())
                .contains("does not accept the credentials")
                .doesNotContain("another-password", "\tat ");
    }

    private Invocation topics(String user, String... arguments) throws Exception {
        List<String> all = new ArrayList<>(List.of("topics", "-c", configuration(user)));
        all.addAll(List.of(arguments));
        Invocation trueup = Invocation.of(all.toArray(String[]::new));
        assertThat(trueup.out()).doesNotContain(PASSWORD, "do-not-print-this-secret");
        return trueup;
    }

    private String configuration(String user) throws Exception {
        StringBuilder text = new StringBuilder("""
                dataset=%s
                replicas=eu,us
                hash.secret=do-not-print-this-secret
                state.dir=%s
                topics.partitions=2
                topics.replication.factor=1
                round.interval=1s
                grace=200ms
                lag.patience=2s
                """.formatted(dataset, directory));
        secured.client(user, PASSWORD)
                .forEach((key, value) ->
                        text.append((key.startsWith("bootstrap") ? "" : "kafka.") + key + "=" + value + "\n"));
        return Files.writeString(directory.resolve(user + ".trueup.properties"), text)
                .toString();
    }

    /** A file of client properties. */
    private String client(String user) throws Exception {
        StringBuilder text = new StringBuilder();
        secured.client(user, PASSWORD).forEach((key, value) -> text.append(key + "=" + value + "\n"));
        return Files.writeString(directory.resolve(user + ".client.properties"), text)
                .toString();
    }

    /** Calls Kafka's tools in this process. */
    private static void execute(List<List<String>> calls) {
        Exit.setExitProcedure((code, message) -> {
            if (code != 0) {
                throw new AssertionError("Kafka's tool failed with exit code " + code + ": " + message);
            }
        });
        try {
            for (List<String> call : calls) {
                String[] arguments = call.subList(1, call.size()).toArray(String[]::new);
                switch (call.get(0)) {
                    case "kafka-topics.sh" -> TopicCommand.main(arguments);
                    case "kafka-acls.sh" -> AclCommand.main(arguments);
                    case "kafka-configs.sh" -> ConfigCommand.main(arguments);
                    default -> throw new AssertionError(call);
                }
            }
        } finally {
            Exit.resetExitProcedure();
        }
        assertThat(calls).isNotEmpty();
    }

    private static Set<String> names() throws Exception {
        return broker.admin().listTopics().names().get();
    }

    private static KafkaProducer<byte[], byte[]> datastore(String user) {
        return new KafkaProducer<>(
                new HashMap<>(secured.client(user, PASSWORD)), new ByteArraySerializer(), new ByteArraySerializer());
    }

    private void write(KafkaProducer<byte[], byte[]> datastore, String replica, String key) throws Exception {
        String topic = dataset + ".writes." + replica;
        WriteEvent event = WriteEvent.newBuilder()
                .setVersion(1)
                .setPosition(System.currentTimeMillis() - BEFORE_MS)
                .setValue(ByteBuffer.wrap("value".getBytes(UTF_8)))
                .build();
        datastore
                .send(new ProducerRecord<>(topic, key.getBytes(UTF_8), WRITES.encode(topic, event)))
                .get();
    }
}
