package io.trueup.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.avro.SingleObjectCodec;
import io.trueup.broker.SecuredBroker;
import io.trueup.broker.TestBroker;
import io.trueup.config.TrueupConfig;
import io.trueup.failure.AclWords;
import io.trueup.provision.AclPurpose;
import io.trueup.provision.NeededAcl;
import io.trueup.provision.NeededAcls;
import io.trueup.report.ConflictKey;
import io.trueup.schema.ConflictEvent;
import io.trueup.schema.ConflictSide;
import io.trueup.schema.WriteEvent;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.acl.AclBinding;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The commands for people on a broker with an authorizer: each with the ACLs that {@code trueup topics} prints for it,
 * and with one less. The reference datastore with those of a datastore.
 */
class CommandAclIT {

    private static final String OPERATOR = "operator";
    private static final String DATASTORE = "datastore-eu";
    private static final String PASSWORD = "password-of-the-operator";
    private static final String PLAN = "PLAN";
    private static final SingleObjectCodec<ConflictEvent> CONFLICTS = SingleObjectCodec.of(ConflictEvent.class);
    private static final SingleObjectCodec<WriteEvent> WRITES = SingleObjectCodec.of(WriteEvent.class);
    private static final List<String> REPLICAS = List.of("eu", "us", "ap");

    private static SecuredBroker secured;
    private static TestBroker broker;

    @TempDir
    static Path directory;

    private static String file;

    @BeforeAll
    static void start() throws Exception {
        secured = SecuredBroker.authorizing(Map.of(OPERATOR, PASSWORD, DATASTORE, PASSWORD));
        broker = secured.open();
        file = configure(
                "trueup.properties",
                OPERATOR,
                "dataset=products\nreplicas=eu,us,ap\nhash.secret=do-not-print-this-secret\nstate.dir=" + directory);
        broker.createTopics(
                1,
                Stream.concat(
                                REPLICAS.stream()
                                        .flatMap(name ->
                                                Stream.of("products.writes." + name, "products.repairs." + name)),
                                Stream.of(
                                        "products.control",
                                        "products.rounds",
                                        "products.conflicts",
                                        "products.feed",
                                        "products.dead-letters",
                                        "trueup-products-ap-entries-changelog",
                                        "trueup-products-eu-entries-changelog",
                                        "trueup-products-us-entries-changelog"))
                        .toArray(String[]::new));
        try (KafkaProducer<byte[], byte[]> producer = broker.producer()) {
            producer.send(new ProducerRecord<>(
                            "products.conflicts", new ConflictKey("eu", 0, bytes("tea")).encode(), conflict()))
                    .get();
            producer.send(new ProducerRecord<>("products.writes.eu", bytes("lost"), write()))
                    .get();
        }
        List<NeededAcl> ofAudits = acls("audit");
        secured.grant(bindings(OPERATOR, ofAudits));
        Invocation planned = run("audit --settle 0s --plan " + PLAN);
        secured.revoke(bindings(OPERATOR, ofAudits));
        assertThat(planned.out()).contains("Plan: 2 repairs written to ");
    }

    @AfterAll
    static void stop() {
        secured.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "status",
                "conflicts",
                "conflicts choose tea --replica eu",
                "approve --target us",
                "pause --replica us",
                "complete --replica eu",
                "probe tea --wait 2s",
                "history",
                "history --key lost",
                "repairs",
                "audit --settle 0s",
                "repair --wait 1ms --plan " + PLAN,
                "topics",
                "reset --replica eu --execute"
            })
    void shouldNeedItsAclsAndNameOneThatIsMissing(String command) throws Exception {
        List<NeededAcl> acls = acls(command);
        assertThat(acls).isNotEmpty();
        secured.grant(bindings(OPERATOR, acls));
        for (NeededAcl acl : acls) {
            secured.revoke(bindings(OPERATOR, List.of(acl)));
            Invocation denied = run(command);
            secured.grant(bindings(OPERATOR, List.of(acl)));
            assertThat(denied.exitCode()).as("without %s: %s", acl, denied).isNotZero();
            assertThat((denied.out() + denied.err()).lines().filter(CommandAclIT::isRefusal))
                    .as("without %s: %s", acl, denied)
                    .singleElement()
                    .asString()
                    .contains(
                            AclWords.operation(acl.operation()), acl.resource().name());
            assertThat(denied.err()).doesNotContain("\tat ", PASSWORD);
        }
        Invocation allowed = run(command);
        secured.revoke(bindings(OPERATOR, acls));

        assertThat(allowed.exitCode()).as("%s", allowed).isEqualTo(exitCode(command));
        assertThat(allowed.err()).isEmpty();
        assertThat(allowed.out().lines()).noneMatch(CommandAclIT::isRefusal);
    }

    @Test
    void shouldRunTheReferenceDatastoreWithTheAclsOfADatastore() throws Exception {
        String datastore = configure("replica.properties", DATASTORE, """
                name=eu
                group.id=products-datastore-eu
                feed.topic=products.feed
                writes.topic=products.writes.eu
                repairs.topic=products.repairs.eu
                dead.letter.topic=products.dead-letters
                jdbc.url=jdbc:sqlite:%s
                """.formatted(directory.resolve("eu.db")));
        List<NeededAcl> acls = needed().datastore("eu", "products-datastore-eu", Optional.of("products.feed"));
        secured.grant(bindings(DATASTORE, acls));
        for (NeededAcl acl : acls) {
            secured.revoke(bindings(DATASTORE, List.of(acl)));
            feedAndBreak();
            Invocation denied = Invocation.of("replica", "-c", datastore);
            secured.grant(bindings(DATASTORE, List.of(acl)));
            assertThat(denied.exitCode()).as("without %s: %s", acl, denied).isEqualTo(2);
            assertThat(denied.err()).contains(acl.resource().name()).doesNotContain("\tat ", PASSWORD);
        }
        feedAndBreak();
        StringWriter err = new StringWriter();
        Thread replica = new Thread(
                () -> Invocation.commandLine().setErr(new PrintWriter(err)).execute("replica", "-c", datastore));
        replica.start();
        await().atMost(Duration.ofMinutes(1)).untilAsserted(() -> {
            assertThat(broker.readAll("products.writes.eu"))
                    .as(err.toString())
                    .anySatisfy(record -> assertThat(record.key()).isEqualTo(bytes("green")));
            assertThat(broker.readAll("products.dead-letters")).isNotEmpty();
        });
        replica.interrupt();
        replica.join();

        Invocation scrub = Invocation.of("scrub", "-c", datastore);
        assertThat(scrub.exitCode()).as("%s", scrub).isZero();
        assertThat(scrub.out()).contains("Scanned 1 row");
        secured.revoke(bindings(
                DATASTORE,
                acls.stream()
                        .filter(acl -> acl.purpose() == AclPurpose.OWN_WRITES)
                        .toList()));
        Invocation denied = Invocation.of("scrub", "-c", datastore);
        secured.revoke(bindings(DATASTORE, acls));
        assertThat(denied.exitCode()).isEqualTo(2);
        assertThat(denied.err()).contains("products.writes.eu").doesNotContain("\tat ", PASSWORD);
    }

    /** No job runs, no replica answers the probe or the repairs, the replicas differ, and the topics have other settings than a job would give them. */
    private static int exitCode(String command) {
        return switch (command.split(" ", -1)[0]) {
            case "probe", "status" -> 2;
            case "audit", "repair", "topics" -> 1;
            default -> 0;
        };
    }

    /** A record of the feed, and a repair that cannot be read. */
    private static void feedAndBreak() throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = broker.producer()) {
            producer.send(new ProducerRecord<>("products.feed", bytes("green"), bytes("tea")))
                    .get();
            producer.send(new ProducerRecord<>("products.repairs.eu", bytes("broken"), bytes("no repair")))
                    .get();
        }
    }

    /** Writes a file of settings for a user. */
    private static String configure(String name, String user, String settings) throws Exception {
        StringBuilder text = new StringBuilder(settings).append("\n");
        secured.client(user, PASSWORD)
                .forEach((key, value) ->
                        text.append((key.startsWith("bootstrap") ? "" : "kafka.") + key + "=" + value + "\n"));
        return Files.writeString(directory.resolve(name), text).toString();
    }

    private static NeededAcls needed() {
        return new NeededAcls(TrueupConfig.load(Path.of(file), Map.of()));
    }

    /** The purposes name commands. A reset concerns one replica, and the plan repairs two. */
    private static List<NeededAcl> acls(String command) {
        return needed().people().stream()
                .filter(acl -> Stream.of(acl.purpose().text().split(", ", -1)).anyMatch(name -> isNamed(name, command)))
                .filter(acl ->
                        !command.startsWith("reset") || acl.resource().name().startsWith("trueup-products-eu"))
                .filter(acl ->
                        !command.startsWith("repair ") || !acl.resource().name().equals("products.repairs.eu"))
                .toList();
    }

    private static List<AclBinding> bindings(String user, List<NeededAcl> acls) {
        return acls.stream().map(acl -> acl.binding("User:" + user)).toList();
    }

    private static boolean isNamed(String name, String command) {
        String[] words = command.split(" ", -1);
        boolean ofTwoWords = command.startsWith("conflicts choose") || command.startsWith("history --key");
        return name.equals(ofTwoWords ? words[0] + " " + words[1] : words[0]);
    }

    private static boolean isRefusal(String line) {
        return line.contains("Not authorized") || line.contains("Not allowed");
    }

    private static Invocation run(String command) {
        String plan = directory.resolve("plan.jsonl").toString();
        return Invocation.of((command.replace(PLAN, plan) + " -c " + file).split(" ", -1));
    }

    private static byte[] conflict() {
        ConflictEvent event = ConflictEvent.newBuilder()
                .setDataset("products")
                .setPartition(0)
                .setKeyHash("00")
                .setCut(1)
                .setReporter("eu")
                .setSides(List.of(side("eu"), side("us")))
                .build();
        return CONFLICTS.encode("products.conflicts", event);
    }

    private static ConflictSide side(String replica) {
        return ConflictSide.newBuilder()
                .setReplicas(List.of(replica))
                .setVersion(1)
                .setPosition(1)
                .setAppendTime(1)
                .setDeleted(false)
                .setDigest("0123456789abcdef0123456789abcdef")
                .build();
    }

    private static byte[] write() {
        WriteEvent event = WriteEvent.newBuilder()
                .setVersion(1)
                .setPosition(1)
                .setValue(ByteBuffer.wrap(bytes("value")))
                .build();
        return WRITES.encode("products.writes.eu", event);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }
}
