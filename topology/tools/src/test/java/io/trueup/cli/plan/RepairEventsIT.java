package io.trueup.cli.plan;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.trueup.avro.SingleObjectCodec;
import io.trueup.broker.TestBroker;
import io.trueup.cli.Invocation;
import io.trueup.cli.Main;
import io.trueup.config.TrueupConfig;
import io.trueup.schema.Condition;
import io.trueup.schema.HeaderNames;
import io.trueup.schema.RepairEvent;
import io.trueup.schema.WriteEvent;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The repair events of a plan, and what is refused, on a real broker. The topics are written by hand: no datastore answers. */
class RepairEventsIT {

    private static final SingleObjectCodec<WriteEvent> WRITES = SingleObjectCodec.of(WriteEvent.class);
    private static final SingleObjectCodec<RepairEvent> REPAIRS = SingleObjectCodec.of(RepairEvent.class);
    private static final long HOUR = 3_600_000;

    private final TestBroker broker = TestBroker.shared();
    private final String dataset = TestBroker.unique("orders");
    private final long startMs = System.currentTimeMillis() - HOUR;
    private final KafkaProducer<byte[], byte[]> producer = broker.producer();

    @TempDir
    Path directory;

    private Path config;
    private Path plan;

    @AfterEach
    void close() {
        producer.close();
    }

    @Test
    void shouldSendWhatAReconcilerWouldSend() throws Exception {
        configure("eu,us", "resolution=vector");
        send("eu", "order", event(2, "both").setVector(Map.of("a", 2L, "b", 1L)).setVersion(3));
        long expiryMs = System.currentTimeMillis() + HOUR;
        send("eu", "fades", event(1, "soon gone").setExpiry(expiryMs));
        send("us", "order", event(1, "older").setVector(Map.of("a", 1L)));
        send("us", "gone", event(1, "short-lived"));
        send("eu", "gone", event(2, "short-lived").setExpiry(startMs + 1));
        assertThat(audit().exitCode()).isEqualTo(1);
        long beforeMs = System.currentTimeMillis();
        long validityMs = TrueupConfig.load(config, Map.of()).repairValidity().toMillis();

        Invocation repair = repair("--wait", "1ms", "--output", "json");

        assertThat(repair.exitCode()).as("%s", repair).isEqualTo(1);
        List<JsonNode> printed = repair.out().lines().map(RepairEventsIT::json).toList();
        assertThat(printed).hasSize(4);
        assertThat(printed.get(3).get("NO_ANSWER").intValue()).isEqualTo(3);
        assertThat(printed.get(3).at("/targets/us/NO_ANSWER").intValue()).isEqualTo(3);
        long momentMs = Instant.parse(
                        json(Files.readAllLines(plan).get(0)).get("moment").textValue())
                .toEpochMilli();
        RepairEvent order = sent("order");
        assertThat(order.getId())
                .isEqualTo(printed.stream()
                        .filter(line -> line.path("key").asText().equals("order"))
                        .findFirst()
                        .orElseThrow()
                        .get("id")
                        .textValue());
        assertThat(order.getDataset()).isEqualTo(dataset);
        assertThat(order.getTarget()).isEqualTo("us");
        assertThat(order.getSupplier()).isEqualTo("eu");
        assertThat(order.getCut()).isEqualTo(momentMs);
        assertThat(order.getAttempt()).isEqualTo(1);
        assertThat(order.getReason().name()).isEqualTo("STALE");
        assertThat(order.getVersion()).isEqualTo(3);
        assertThat(order.getVector()).isEqualTo(Map.of("a", 2L, "b", 1L));
        assertThat(order.getPosition()).isEqualTo(startMs);
        assertThat(order.getValue()).isEqualTo(ByteBuffer.wrap("both".getBytes(UTF_8)));
        assertThat(order.getReference()).isNull();
        assertThat(order.getCondition()).isEqualTo(Condition.IF_OBSERVED);
        assertThat(order.getObserved().getVersion()).isEqualTo(1);
        assertThat(order.getObserved().getVector()).isEqualTo(Map.of("a", 1L));
        assertThat(order.getObserved().getDeleted()).isFalse();
        assertThat(order.getValidUntil() - validityMs).isBetween(beforeMs, System.currentTimeMillis());
        RepairEvent fades = sent("fades");
        assertThat(fades.getExpiry()).isEqualTo(expiryMs);
        assertThat(fades.getObserved()).isNull();
        assertThat(fades.getCondition()).isEqualTo(Condition.IF_OBSERVED);
        RepairEvent gone = sent("gone");
        assertThat(gone.getDeleted()).as("the entry that wins has expired").isTrue();
        assertThat(gone.getValue()).isNull();
        assertThat(gone.getExpiry()).isNull();
    }

    @Test
    void shouldSendAReferenceToALargeValueButNotInThePlainFormat() throws Exception {
        configure("eu,plain,us", "repair.value.max.bytes=10", "replica.plain.repairs.format=plain");
        long offset = put("eu", "large", 1, "more than ten bytes");
        put("eu", "small", 1, "few bytes");
        send("eu", "digest", event(1, null).setValueDigest(ByteBuffer.wrap(new byte[16])));
        assertThat(audit().exitCode()).isEqualTo(1);

        Invocation repair = repair("--wait", "1ms");

        assertThat(repair.exitCode()).as("%s", repair).isEqualTo(1);
        assertThat(repair.out()
                        .lines()
                        .filter(line -> line.contains("NOT SENT: its value is larger than repair.value.max.bytes")))
                .hasSize(2)
                .allMatch(line -> line.contains(" at plain, MISSING"));
        assertThat(repair.out())
                .contains("plain   0        0         1          2\n", "us      0        0         3          0\n");
        assertThat(broker.readAll(dataset + ".repairs.plain")).singleElement().satisfies(record -> {
            assertThat(record.key()).isEqualTo("small".getBytes(UTF_8));
            assertThat(record.value()).isEqualTo("few bytes".getBytes(UTF_8));
            assertThat(record.headers().lastHeader(HeaderNames.CONDITION).value())
                    .isEqualTo("IF_OBSERVED".getBytes(UTF_8));
        });
        RepairEvent large = sent("large");
        assertThat(large.getValue()).isNull();
        assertThat(large.getReference().getReplica()).isEqualTo("eu");
        assertThat(large.getReference().getTopic()).isEqualTo(dataset + ".writes.eu");
        assertThat(large.getReference().getOffset()).isEqualTo(offset);
        assertThat(sent("digest").getReference()).isNotNull();
        assertThat(sent("small").getValue()).isNotNull();
    }

    @Test
    void shouldNotSendWhatTheTopicsDoNotConfirm() throws Exception {
        configure("eu,us");
        for (String key :
                List.of("retention", "version", "offset", "deleted", "position", "observed", "twice", "fine")) {
            put("us", key, 1, "old");
            put("eu", key, 2, "new");
        }
        assertThat(audit().exitCode()).isEqualTo(1);
        edit("version", "\"version\":2", "\"version\":3");
        edit("offset", "\"offset\":\\d+,\"version\":2", "\"offset\":1,\"version\":2");
        edit("deleted", "\"deleted\":false}", "\"deleted\":true}");
        edit("position", "\"position\":\"\\d{4}", "\"position\":\"1999");
        edit("observed", "\"version\":1", "\"version\":0");
        List<String> lines = new ArrayList<>(Files.readAllLines(plan));
        lines.add(line("twice"));
        Files.write(plan, lines);
        broker.admin()
                .deleteRecords(Map.of(new TopicPartition(dataset + ".writes.eu", 0), RecordsToDelete.beforeOffset(1)))
                .all()
                .get();

        Invocation dry = repair("--dry-run");
        assertThat(dry.exitCode()).as("%s", dry).isEqualTo(1);
        assertThat(dry.out()).contains("us      3            6\n");
        assertThat(repairs("us")).isEmpty();
        Invocation repair = repair("--wait", "1ms");

        String eu = dataset + ".writes.eu-0@";
        assertThat(repair.exitCode()).as("%s", repair).isEqualTo(1);
        assertThat(repair.err()).isEmpty();
        assertNotSent(
                repair, "retention", "the entry that wins: " + eu + "0 was deleted by the retention of the topic");
        assertNotSent(repair, "version", "the entry that wins: " + eu + "1 has version 2, and the plan 3");
        assertNotSent(repair, "offset", "the entry that wins: " + eu + "1 is a write event of another key");
        assertNotSent(repair, "deleted", "the entry that wins: " + eu + "3 is live, and in the plan deleted");
        assertNotSent(repair, "position", "the entry that wins: " + eu + "4 has another position than the plan");
        assertNotSent(
                repair,
                "observed",
                "the entry that us held: " + dataset + ".writes.us-0@5 has version 1, and the plan 0");
        assertThat(repair.out()).containsPattern("line 10: twice .* NOT SENT: line 8 is for the same key and target\n");
        assertThat(repairs("us"))
                .extracting(record -> new String(record.key(), UTF_8))
                .containsExactlyInAnyOrder("twice", "fine");
    }

    private static void assertNotSent(Invocation repair, String key, String reason) {
        assertThat(repair.out().lines().filter(line -> line.contains(": " + key + " (partition 0) at us, STALE: ")))
                .singleElement()
                .asString()
                .endsWith("NOT SENT: " + reason);
    }

    @Test
    void shouldRefuseAPlanThatDoesNotFitAndSendNothing() throws Exception {
        configure("eu,feed,us", "replica.feed.role=source", "resolution=primary:feed");
        put("feed", "first", 2, "new");
        put("feed", "second", 2, "new");
        for (String replica : List.of("eu", "us")) {
            put(replica, "first", 1, "old");
        }
        assertThat(audit().exitCode()).isEqualTo(1);
        String whole = Files.readString(plan);
        assertThat(whole.lines()).hasSize(5);

        assertRefused(
                whole,
                dataset + "\",\"moment",
                "others\",\"moment",
                "it is a plan of dataset others, and the configuration is of");
        assertRefused(whole, "\"fingerprint\":\"\\w", "\"fingerprint\":\"X", "had another hash.secret");
        assertRefused(
                whole, "\"moment\":\"20..", "\"moment\":\"2020", "is longer ago than repair.validity; audit again");
        assertRefused(whole, "\"moment\":\"20..", "\"moment\":\"2999", "lies in the future; check the clocks");
        assertRefused(
                whole,
                "\"target\":\"us\"",
                "\"target\":\"ap\"",
                "there is no replica ap; the replicas are eu, feed, us");
        assertRefused(
                whole, "\"target\":\"us\"", "\"target\":\"feed\"", "replica feed is a source, which is never repaired");
        assertRefused(whole, "\"replica\":\"feed\"", "\"replica\":\"jp\"", "there is no replica jp");
        assertRefused(
                whole, "\"replica\":\"feed\"", "\"replica\":\"eu\"", "the entry that wins is that of the target, eu");
        assertRefused(whole, "writes.feed", "writes.other", "in the configuration " + dataset + ".writes.feed");
        assertRefused(whole, "writes.us", "writes.eu", "the writes topic of replica us is");
        assertRefused(whole, "\"partition\":0", "\"partition\":7", "has 1 partitions, and no partition 7");
        assertRefused(whole, "\"reason\":\"STALE\"", "\"reason\":\"CONFLICT\"", "`trueup conflicts choose`");
        Files.writeString(plan, whole.substring(0, whole.length() - 20));
        assertRefused("line 5: it is no JSON object");

        Files.writeString(plan, whole);
        configure(
                "eu,feed,us",
                "replica.feed.role=source",
                "resolution=primary:feed",
                "hash.secret=another-secret-of-it");
        assertRefused("had another hash.secret, resolution, compare or value.canonical");
        assertThat(repairs("eu")).isEmpty();
        assertThat(repairs("us")).isEmpty();
    }

    /** Changes the plan everywhere a pattern occurs, the last line first. */
    private void assertRefused(String whole, String pattern, String replacement, String message) throws Exception {
        String changed = whole.replaceAll(pattern, Matcher.quoteReplacement(replacement));
        assertThat(changed).as(pattern).isNotEqualTo(whole);
        Files.writeString(plan, changed);
        assertRefused(message);
    }

    private void assertRefused(String message) {
        Invocation repair = repair("--wait", "1ms");
        assertThat(repair.exitCode()).as("%s", repair).isEqualTo(2);
        assertThat(repair.err())
                .startsWith("trueup: --plan: " + plan + " ")
                .contains(message)
                .hasLineCount(1);
        assertThat(repair.out()).isEmpty();
    }

    @Test
    void shouldRefuseThePlanOfAnAuditThatCouldNotTellUnlessAPersonInsists() throws Exception {
        configure("eu,us");
        put("eu", "lost", 1, "value");
        producer.send(new ProducerRecord<>(dataset + ".writes.us", 0, "x".getBytes(UTF_8), "no event".getBytes(UTF_8)))
                .get();

        Invocation audit = audit();

        assertThat(audit.exitCode()).as("%s", audit).isEqualTo(2);
        assertThat(audit.out())
                .contains("Plan: 1 repair written to " + plan
                        + ". No line for 1 key in flight. The audit could not tell whether the replicas are equal:"
                        + " `trueup repair` refuses the plan, unless with --despite-doubts.");
        assertThat(json(Files.readAllLines(plan).get(0)).get("doubts")).hasSize(1);
        assertRefused("is of an audit that could not tell whether the replicas are equal: ");
        assertThat(repairs("us")).isEmpty();
        assertThat(repair("--despite-doubts", "--wait", "1ms").out())
                .contains("us      0        0         1          0");
        assertThat(repairs("us")).hasSize(1);
    }

    @Test
    void shouldSayWhatHasNoLine() throws Exception {
        configure("eu,us");
        put("eu", "conflict", 1, "this");
        put("us", "conflict", 1, "that");
        for (String key : List.of("a", "b", "c")) {
            put("eu", key, 1, "value");
        }
        producer.send(new ProducerRecord<>(
                        dataset + ".writes.eu",
                        0,
                        System.currentTimeMillis(),
                        "new".getBytes(UTF_8),
                        WRITES.encode("", event(1, "in flight").build())))
                .get();

        Invocation audit =
                Invocation.of("audit", "-c", config.toString(), "--plan", plan.toString(), "--output", "json");
        assertThat(audit.err())
                .isEqualTo("Plan: 3 repairs written to " + plan + ". No line for 1 conflict, 1 key in flight.\n");
        assertThat(json(audit.out()).get("divergentKeys").intValue()).isEqualTo(4);
        assertThat(Files.readAllLines(plan)).hasSize(4);

        Path second = directory.resolve("second.jsonl");
        Invocation limited = Invocation.of(
                "audit", "-c", config.toString(), "--plan", second.toString(), "--limit", "2", "--settle", "0s");
        assertThat(limited.out()).contains(" Only 2 of 5 keys that differ are listed, and only they have lines.");
    }

    @Test
    void shouldWriteAPlanOnlyToANewFileAndOfAConfiguredDataset() throws Exception {
        configure("eu,us");
        put("eu", "key", 1, "value");
        put("us", "key", 1, "value");
        assertThat(audit().exitCode()).isZero();
        assertThat(repair().out()).isEqualTo("The plan has no repairs: nothing is sent.\n");
        assertThat(repair("--dry-run").exitCode()).isZero();

        assertAuditRefused("--plan: " + plan + " exists already", "-c", config.toString());
        assertThat(Files.readAllLines(plan)).hasSize(1);
        Files.delete(plan);
        assertAuditRefused("give its configuration with --config", "--bootstrap-server", broker.bootstrapServers());
        assertAuditRefused("leave out --replica", "-c", config.toString(), "--replica", "eu=" + dataset + ".writes.us");
        assertAuditRefused("leave out --at", "-c", config.toString(), "--at", "1m");
        assertThat(plan).doesNotExist();
    }

    private void assertAuditRefused(String message, String... options) {
        Invocation audit = Invocation.of(with(options, "audit", "--plan", plan.toString()));
        assertThat(audit.exitCode()).as("%s", audit).isEqualTo(2);
        assertThat(audit.err()).contains(message).hasLineCount(1);
        assertThat(audit.out()).isEmpty();
    }

    @Test
    void shouldRefuseOptionsAndTopicsThatCannotBeUsed() throws Exception {
        configure("eu,us", "replica.us.repairs.topic=" + dataset + ".nowhere");
        put("eu", "key", 1, "value");
        assertThat(audit().exitCode()).isEqualTo(1);

        Invocation missing = repair();
        assertThat(missing.exitCode()).isEqualTo(2);
        assertThat(missing.err())
                .contains("topic " + dataset + ".nowhere does not exist", "`trueup topics --create`")
                .hasLineCount(1);
        assertThat(missing.out()).isEmpty();
        assertThat(repair("--rate", "0").err()).contains("--rate: use a number from 1 up, not 0");
        assertThat(repair("--wait", "0s").err()).contains("is no time at all");
        assertThat(repair("--output", "xml").err()).contains("neither text nor json");
        assertThat(Invocation.of("repair", "-c", config.toString()).err()).contains("--plan");
    }

    @Test
    void shouldSendManyAndLargeRepairsNoFasterThanAsked() throws Exception {
        configure("eu,us");
        byte[] large = new byte[850_000];
        for (int i = 0; i < 45; i++) {
            send("eu", "large-" + i, event(1, null).setValue(ByteBuffer.wrap(large)));
        }
        for (int i = 0; i < 600; i++) {
            var unused = producer.send(record("eu", "small-" + i, event(1, "value")));
        }
        producer.flush();
        assertThat(audit().exitCode()).isEqualTo(1);
        long beforeNanos = System.nanoTime();

        Invocation repair = repair("--rate", "200", "--wait", "1ms", "--output", "json");

        assertThat(System.nanoTime() - beforeNanos).isGreaterThan(TimeUnit.SECONDS.toNanos(3));
        JsonNode summary =
                json(repair.out().lines().reduce((first, last) -> last).orElseThrow());
        assertThat(summary.get("NO_ANSWER").intValue()).as("%s", repair.err()).isEqualTo(645);
        assertThat(repairs("us")).hasSize(645);
        assertThat(repairs("us").stream().filter(record -> record.value().length > large.length))
                .hasSize(45);
    }

    @Test
    void shouldReportWhatWasSentAfterCtrlC() throws Exception {
        configure("eu,us");
        for (int i = 0; i < 3; i++) {
            put("eu", "key-" + i, 1, "value");
        }
        assertThat(audit().exitCode()).isEqualTo(1);
        Path out = directory.resolve("out");
        Process repair = new ProcessBuilder(
                        "env",
                        "--default-signal=INT", // a shell that runs the tests in the background makes them ignore it
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Main.class.getName(),
                        "repair",
                        "-c",
                        config.toString(),
                        "--plan",
                        plan.toString(),
                        "--rate",
                        "1",
                        "--wait",
                        "10m")
                .redirectOutput(out.toFile())
                .redirectError(directory.resolve("err").toFile())
                .start();
        try {
            await().atMost(Duration.ofMinutes(2)).until(() -> !repairs("us").isEmpty() || !repair.isAlive());
            assertThat(new ProcessBuilder("kill", "-INT", Long.toString(repair.pid()))
                            .start()
                            .waitFor())
                    .isZero();

            assertThat(repair.waitFor(1, TimeUnit.MINUTES)).isTrue();
            assertThat(repair.exitValue())
                    .as(Files.readString(directory.resolve("err")))
                    .isEqualTo(130);
            int sent = repairs("us").size();
            assertThat(Files.readString(out))
                    .contains(
                            "us, MISSING: NO ANSWER\n",
                            "us      0        0         " + sent,
                            "PARTIAL: " + (3 - sent) + " of 3 lines were not reached");
        } finally {
            repair.destroyForcibly();
        }
    }

    private void configure(String replicas, String... settings) throws Exception {
        plan = directory.resolve("plan.jsonl");
        List<String> lines = new ArrayList<>(List.of(
                "bootstrap.servers=" + broker.bootstrapServers(),
                "dataset=" + dataset,
                "replicas=" + replicas,
                "state.dir=" + directory.resolve("state")));
        lines.addAll(List.of(settings));
        if (lines.stream().noneMatch(line -> line.startsWith("hash.secret"))) {
            lines.add("hash.secret=do-not-print-this-secret");
        }
        config = Files.write(directory.resolve("trueup.properties"), lines);
        if (!broker.admin().listTopics().names().get().contains(dataset + ".writes.eu")) {
            for (String name : replicas.split(",", -1)) {
                broker.createTopics(1, dataset + ".writes." + name, dataset + ".repairs." + name);
            }
        }
    }

    private WriteEvent.Builder event(long version, String value) {
        return WriteEvent.newBuilder()
                .setVersion(version)
                .setPosition(startMs)
                .setValue(value == null ? null : ByteBuffer.wrap(value.getBytes(UTF_8)));
    }

    private long put(String replica, String key, long version, String value) throws Exception {
        return send(replica, key, event(version, value));
    }

    private long send(String replica, String key, WriteEvent.Builder event) throws Exception {
        return producer.send(record(replica, key, event)).get().offset();
    }

    private ProducerRecord<byte[], byte[]> record(String replica, String key, WriteEvent.Builder event) {
        return new ProducerRecord<>(
                dataset + ".writes." + replica, 0, startMs, key.getBytes(UTF_8), WRITES.encode("", event.build()));
    }

    private List<ConsumerRecord<byte[], byte[]>> repairs(String target) {
        return broker.readAll(dataset + ".repairs." + target);
    }

    private RepairEvent sent(String key) throws Exception {
        List<RepairEvent> sent = new ArrayList<>();
        for (ConsumerRecord<byte[], byte[]> record : repairs("us")) {
            if (key.equals(new String(record.key(), UTF_8))) {
                sent.add(REPAIRS.decode("", record.value()));
            }
        }
        assertThat(sent).as(key).hasSize(1);
        return sent.get(0);
    }

    private String line(String key) throws Exception {
        return Files.readAllLines(plan).stream()
                .filter(line -> line.startsWith("{\"key\":\"" + key + "\""))
                .findFirst()
                .orElseThrow();
    }

    /** Changes the line of a key. */
    private void edit(String key, String pattern, String replacement) throws Exception {
        List<String> lines = new ArrayList<>();
        for (String line : Files.readAllLines(plan)) {
            boolean isIt = line.startsWith("{\"key\":\"" + key + "\"");
            lines.add(isIt ? line.replaceFirst(pattern, Matcher.quoteReplacement(replacement)) : line);
        }
        Files.write(plan, lines);
    }

    private Invocation audit(String... options) {
        return Invocation.of(with(options, "audit", "-c", config.toString(), "--plan", plan.toString()));
    }

    private Invocation repair(String... options) {
        return Invocation.of(with(options, "repair", "-c", config.toString(), "--plan", plan.toString()));
    }

    private static String[] with(String[] options, String... command) {
        return Stream.concat(Stream.of(command), Stream.of(options)).toArray(String[]::new);
    }

    private static JsonNode json(String text) {
        try {
            return new ObjectMapper().readTree(text);
        } catch (java.io.IOException e) {
            throw new AssertionError(text, e);
        }
    }
}
