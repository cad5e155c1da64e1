package io.trueup.cli.plan;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.trueup.avro.SingleObjectCodec;
import io.trueup.broker.TestBroker;
import io.trueup.cli.Invocation;
import io.trueup.config.TrueupConfig;
import io.trueup.job.Job;
import io.trueup.replica.Replica;
import io.trueup.replica.ReplicaConfig;
import io.trueup.replica.table.Datastore;
import io.trueup.schema.HeaderNames;
import io.trueup.schema.RoundReport;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Audit, review, repair: with reference datastores on a real broker, and without a job unless a test starts one. */
class RepairIT {

    private static final int PARTITIONS = 2;
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    private static final SingleObjectCodec<RoundReport> REPORTS = SingleObjectCodec.of(RoundReport.class);

    private final TestBroker broker = TestBroker.shared();
    private final String dataset = TestBroker.unique("orders");
    private final KafkaProducer<byte[], byte[]> producer = broker.promptProducer();
    private final Map<String, Replica> replicas = new TreeMap<>();

    @TempDir
    Path directory;

    private Path config;
    private Path plan;

    @BeforeEach
    void start() throws Exception {
        plan = directory.resolve("plan.jsonl");
        config = Files.write(
                directory.resolve("trueup.properties"),
                List.of(
                        "bootstrap.servers=" + broker.bootstrapServers(),
                        "dataset=" + dataset,
                        "replicas=eu,us",
                        "resolution.primary=eu",
                        "hash.secret=do-not-print-this-secret",
                        "round.interval=1s",
                        "grace=200ms",
                        "topics.create=true",
                        "state.dir=" + directory.resolve("state")));
        broker.createTopics(1, dataset + ".dead-letters");
        for (String name : List.of("eu", "us")) {
            broker.createTopics(PARTITIONS, feed(name), dataset + ".writes." + name, dataset + ".repairs." + name);
            Replica replica = new Replica(ReplicaConfig.of(Map.of(
                    "name",
                    name,
                    "group.id",
                    dataset + "-" + name,
                    "bootstrap.servers",
                    broker.bootstrapServers(),
                    "feed.topic",
                    feed(name),
                    "writes.topic",
                    dataset + ".writes." + name,
                    "repairs.topic",
                    dataset + ".repairs." + name,
                    "dead.letter.topic",
                    dataset + ".dead-letters",
                    "jdbc.url",
                    url(name),
                    "kafka.fetch.max.wait.ms",
                    "50")));
            replica.start();
            replicas.put(name, replica);
        }
    }

    @AfterEach
    void stop() {
        replicas.values().forEach(Replica::close);
        producer.close();
    }

    @Test
    void shouldRepairExactlyTheLinesThatAPersonHasLeft() throws Exception {
        plantDifferences();

        Invocation audit = audit("--plan", plan.toString());

        assertThat(audit.exitCode()).as("%s", audit).isEqualTo(1);
        assertThat(audit.out()).contains("Plan: 7 repairs written to " + plan + ".\n");
        List<String> lines = Files.readAllLines(plan);
        assertThat(lines).hasSize(8);
        assertThat(json(lines.get(0)).get("dataset").textValue()).isEqualTo(dataset);
        assertThat(lines.stream().skip(1).map(RepairIT::kind))
                .containsExactlyInAnyOrder(
                        "missing MISSING at us := 1",
                        "hex:ff00 MISSING at us := 1",
                        "unwanted MISSING at us := 1",
                        "stale STALE at us := 2 over 1",
                        "changed STALE at us := 2 over 1",
                        "undeleted UNDELETED at us := deleted 2 over 1",
                        "corrupt CORRUPT at us := 1 over 1");
        Files.write(
                plan, lines.stream().filter(line -> !line.contains("unwanted")).toList());
        Map<String, String> before = table("us");
        feed("us", "changed", "third", 3);
        awaitTable("us", "changed", "third@3");

        Invocation dry = repair("--dry-run");
        assertThat(dry.exitCode()).as("%s", dry).isZero();
        assertThat(dry.out()).isEqualTo("""
                TARGET  CAN BE SENT  NOT SENT
                us      6            0
                Dry run: nothing was sent.
                """);
        assertThat(broker.readAll(dataset + ".repairs.us")).isEmpty();

        Invocation repair = repair();
        assertThat(repair.exitCode()).as("%s", repair).isEqualTo(1);
        assertThat(repair.err()).isEmpty();
        assertThat(repair.out())
                .matches("line [2-7]: changed \\(partition [01]\\) at us, STALE: DECLINED, it holds version 3\n"
                        + "TARGET  APPLIED  DECLINED  NO ANSWER  NOT SENT\n"
                        + "us      5        1         0          0\n");
        Map<String, String> expected = new TreeMap<>(before);
        expected.put("missing", "only at eu@1");
        expected.put("\ufffd\0", "only at eu@1");
        expected.put("stale", "second@2");
        expected.put("corrupt", "right@1");
        expected.put("changed", "third@3");
        expected.remove("undeleted");
        assertThat(table("us")).isEqualTo(expected);

        assertThat(findings()).containsExactlyInAnyOrder("unwanted us MISSING", "changed eu STALE");
        assertThat(broker.readAll(dataset + ".dead-letters")).isEmpty();
        Invocation events = Invocation.of("repairs", "-c", config.toString(), "--count");
        assertThat(events.out()).as("%s", events).contains("6 repair events");

        // the target answers each repair with what it holds, which is the winning entry by now
        Invocation again = repair("--output", "json");
        assertThat(again.exitCode()).as("%s", again).isEqualTo(1);
        List<JsonNode> objects = again.out().lines().map(RepairIT::json).toList();
        assertThat(objects.stream()
                        .limit(6)
                        .map(object -> object.get("key").textValue() + " "
                                + object.get("outcome").textValue()))
                .containsExactlyInAnyOrder(
                        "missing APPLIED",
                        "hex:ff00 APPLIED",
                        "stale APPLIED",
                        "undeleted APPLIED",
                        "corrupt APPLIED",
                        "changed DECLINED");
        JsonNode summary = objects.get(6);
        assertThat(summary.get("APPLIED").intValue()).isEqualTo(5);
        assertThat(summary.get("DECLINED").intValue()).isEqualTo(1);
        assertThat(summary.get("partial").booleanValue()).isFalse();
        assertThat(table("us")).isEqualTo(expected);
    }

    @Test
    void shouldLeaveARunningJobQuiet() throws Exception {
        plantDifferences();
        TrueupConfig job = TrueupConfig.load(config, Map.of("TRUEUP_MODE", "observe"));
        try (Job running = new Job(job)) {
            running.start();
            await().atMost(TIMEOUT).until(() -> rounds() > 3L * 2 * PARTITIONS);
            assertThat(audit("--plan", plan.toString()).exitCode()).isEqualTo(1);

            Invocation repair = repair();

            assertThat(repair.exitCode()).as("%s", repair).isZero();
            assertThat(findings()).isEmpty();
            await().atMost(TIMEOUT).until(() -> reported(RoundReport::getVerified) == 7);
            long reported = rounds();
            await().atMost(TIMEOUT).until(() -> rounds() > reported + 4L * 2 * PARTITIONS);
            assertThat(running.status().failure()).isEmpty();
        }
        assertThat(reported(RoundReport::getVerified))
                .as("its ids are those of a reconciler")
                .isEqualTo(7);
        assertThat(reported(RoundReport::getDeclined)).isZero();
        assertThat(reported(RoundReport::getMalformed)).isZero();
        assertThat(broker.readAll(dataset + ".repairs.us")).hasSize(7);
        assertThat(broker.readAll(dataset + ".dead-letters")).isEmpty();
        String history = Invocation.of("history", "-c", config.toString()).out();
        assertThat(history).contains("EQUAL");
        Invocation repaired = Invocation.of("history", "-c", config.toString(), "--key", "stale");
        assertThat(repaired.out()).as("%s", repaired).contains("REPAIR", "ANSWER", "applied");
    }

    private long reported(ToLongFunction<RoundReport> number) throws Exception {
        long sum = 0;
        for (ConsumerRecord<byte[], byte[]> record : broker.readAll(dataset + ".rounds")) {
            sum += number.applyAsLong(REPORTS.decode("", record.value()));
        }
        return sum;
    }

    private long rounds() {
        return broker.readAll(dataset + ".rounds").size();
    }

    /** Twenty keys are equal; seven differ, each in another way. */
    private void plantDifferences() throws Exception {
        for (String name : replicas.keySet()) {
            for (int i = 0; i < 20; i++) {
                feed(name, "equal-" + i, "value", 1);
            }
            for (String key : List.of("stale", "changed", "undeleted")) {
                feed(name, key, "first", 1);
            }
            feed(name, "corrupt", name.equals("eu") ? "right" : "wrong", 1);
        }
        for (String key : List.of("missing", "unwanted")) {
            feed("eu", key, "only at eu", 1);
        }
        send("eu", new byte[] {(byte) 0xff, 0}, "only at eu", 1);
        feed("eu", "stale", "second", 2);
        feed("eu", "changed", "second", 2);
        feed("eu", "undeleted", null, 2);
        awaitTable("eu", "changed", "second@2");
        await().atMost(TIMEOUT).until(() -> written("eu") == 30 && written("us") == 24);
    }

    private long written(String name) {
        return broker.readAll(dataset + ".writes." + name).stream()
                .filter(record -> !Arrays.equals(record.key(), HeaderNames.progressKey()))
                .count();
    }

    private void feed(String name, String key, String value, long version) throws Exception {
        send(name, key.getBytes(UTF_8), value, version);
    }

    private void send(String name, byte[] key, String value, long version) throws Exception {
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(
                feed(name),
                Math.floorMod(Arrays.hashCode(key), PARTITIONS),
                key,
                value == null ? null : value.getBytes(UTF_8));
        record.headers().add(HeaderNames.VERSION, Long.toString(version).getBytes(UTF_8));
        producer.send(record).get();
    }

    private void awaitTable(String name, String key, String content) {
        await().atMost(TIMEOUT).until(() -> table(name).get(key), found -> found != null && found.equals(content));
    }

    private Map<String, String> table(String name) {
        Map<String, String> table = new TreeMap<>();
        try (Datastore datastore = Datastore.open(url(name))) {
            datastore.forEach(
                    System.currentTimeMillis(),
                    entry -> table.put(
                            new String(entry.key(), UTF_8), new String(entry.value(), UTF_8) + "@" + entry.version()));
        }
        return table;
    }

    private List<String> findings() throws Exception {
        JsonNode result = json(audit("--output", "json").out());
        List<String> findings = new ArrayList<>();
        for (JsonNode key : result.get("divergent")) {
            for (JsonNode finding : key.get("findings")) {
                findings.add(
                        key.get("key").textValue() + " " + finding.get("target").textValue() + " "
                                + finding.get("kind").textValue());
            }
        }
        return findings;
    }

    private static String kind(String line) {
        JsonNode repair = json(line);
        JsonNode observed = repair.get("observed");
        return repair.get("key").textValue() + " " + repair.get("reason").textValue() + " at "
                + repair.get("target").textValue() + " := "
                + (repair.at("/winner/deleted").booleanValue() ? "deleted " : "") + repair.at("/winner/version")
                + (observed.isNull() ? "" : " over " + observed.get("version"));
    }

    private Invocation audit(String... options) {
        return Invocation.of(with(options, "audit", "-c", config.toString(), "--settle", "0s"));
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

    private String feed(String name) {
        return dataset + ".feed." + name;
    }

    private String url(String name) {
        return "jdbc:sqlite:" + directory.resolve(name + ".db");
    }
}
