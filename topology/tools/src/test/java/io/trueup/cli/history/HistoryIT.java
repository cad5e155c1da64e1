package io.trueup.cli.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.trueup.avro.SingleObjectCodec;
import io.trueup.broker.EmbeddedBroker;
import io.trueup.broker.TestBroker;
import io.trueup.cli.Invocation;
import io.trueup.config.TrueupConfig;
import io.trueup.job.Job;
import io.trueup.mac.RecordMac;
import io.trueup.report.ConflictKey;
import io.trueup.schema.Choice;
import io.trueup.schema.Condition;
import io.trueup.schema.ConflictEvent;
import io.trueup.schema.ConflictSide;
import io.trueup.schema.ControlMessage;
import io.trueup.schema.Divergence;
import io.trueup.schema.HeaderNames;
import io.trueup.schema.Observed;
import io.trueup.schema.Reference;
import io.trueup.schema.RepairEvent;
import io.trueup.schema.Root;
import io.trueup.schema.WriteEvent;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code trueup history} and {@code trueup repairs} on the topics of a job, on a real broker. */
class HistoryIT {

    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final long CUT_MS = 1_790_000_000_000L;
    private static final SingleObjectCodec<RepairEvent> REPAIRS = SingleObjectCodec.of(RepairEvent.class);
    private static final SingleObjectCodec<WriteEvent> WRITES = SingleObjectCodec.of(WriteEvent.class);
    private static final SingleObjectCodec<ConflictEvent> CONFLICTS = SingleObjectCodec.of(ConflictEvent.class);
    private static final SingleObjectCodec<ControlMessage> CONTROL = SingleObjectCodec.of(ControlMessage.class);

    private final TestBroker broker = TestBroker.shared();
    private final String dataset = TestBroker.unique("orders");
    private final Map<String, String> settings = new HashMap<>();
    private final KafkaProducer<byte[], byte[]> producer = broker.producer();

    @TempDir
    Path directory;

    @AfterEach
    void close() {
        producer.close();
    }

    @Test
    void shouldPrintTheRoundsRepairsAndAnswersOfAJob() throws Exception {
        settings.put("round.interval", "1s");
        settings.put("grace", "300ms");
        settings.put("topics.create", "true");
        settings.put("topics.partitions", "2");
        settings.put("topics.replication.factor", "1");
        settings.put("state.dir", directory.resolve("state").toString());
        String file = configure();
        broker.createTopics(2, dataset + ".writes.eu", dataset + ".writes.us");
        long positionMs = System.currentTimeMillis() - 10_000;
        try (Job job = new Job(TrueupConfig.of(settings))) {
            job.start();
            for (int i = 0; i < 50; i++) {
                write("eu", "order-" + i, i == 7 ? 2 : 1, positionMs, null);
                write("us", "order-" + i, 1, positionMs, null);
                write("eu", "later-" + i, 1, positionMs + 10_000, null); // so that us does not lag
                write("us", "later-" + i, 1, positionMs + 10_000, null);
            }
            ConsumerRecord<byte[], byte[]> repair = await().atMost(PATIENCE)
                    .until(() -> broker.readAll(dataset + ".repairs.us"), records -> !records.isEmpty())
                    .get(0);
            write(
                    "us",
                    "order-7",
                    2,
                    positionMs,
                    REPAIRS.decode("r", repair.value()).getId());
            await().atMost(PATIENCE)
                    .until(() -> Invocation.of("history", "-c", file).out(), out -> out.contains("verified: us 1"));
            shouldAuditBesideTheJob(file);
        }

        Invocation rounds = Invocation.of("history", "--divergent", "--answers", "-c", file);
        Invocation key = Invocation.of("history", "--key", "order-7", "--writes", "-c", file);
        Invocation repairs = Invocation.of("repairs", "-c", file);
        Invocation json = Invocation.of("history", "--output", "json", "-c", file);
        Invocation later = Invocation.of(
                "history", "--since", Instant.now().plusSeconds(60).toString(), "-c", file);

        assertThat(rounds.exitCode()).as(rounds.err()).isZero();
        assertThat(rounds.out())
                .containsPattern("(?m)^CUT +PARTITION +OUTCOME")
                .containsPattern("DIVERGENT +eu,us +\\d+ +\\d+ +STALE 1")
                .containsPattern("us 1 in \\d+\\.\\d s")
                .containsPattern("2 Root, \\d+ Level, 2 Segment: [\\d ]+ bytes")
                .containsPattern("Repairs: us 1; verified: us 1, after at most \\d+\\.\\d s\\.");
        assertThat(key.exitCode()).as(key.err()).isZero();
        assertThat(key.out())
                .containsPattern("WRITE +eu +holds version 2, 9 bytes")
                .containsPattern("HELD +eu +version 2, digest [0-9a-f]{8}; sent for the cut 20")
                .containsPattern("DIFFERS +us +STALE at the cut .*: emitted, supplier eu \\(reported by eu\\)")
                .containsPattern(
                        "REPAIR +us +STALE: version 2 wins over version 1; sent by eu, 9 bytes, attempt 1, as of 20")
                .containsPattern("ANSWER +us +applied, holds version 2, 9 bytes, \\d+\\.\\d s after " + dataset
                        + "\\.repairs\\.us-\\d@0");
        assertThat(repairs.out())
                .containsPattern("us +eu +STALE +order-7 +version 2 +version 1 +9 bytes +20")
                .contains("1 repair event, with values of 9 bytes.", "by kind       STALE 1");
        assertThat(json.out().lines())
                .allMatch(line -> line.startsWith("{\"type\":\"") && line.endsWith("}"))
                .anyMatch(line -> line.contains("\"divergences\":{\"STALE\":1}"))
                .last()
                .asString()
                .startsWith("{\"type\":\"totals\"")
                .contains("\"repairs\":{\"us\":1},\"verified\":{\"us\":1}");
        assertThat(later.out()).isEqualTo("No rounds.\n");
    }

    /** The roots of the audit are those of the job. */
    private void shouldAuditBesideTheJob(String file) throws Exception {
        Invocation audit = Invocation.of("audit", "--settle", "0s", "-c", file, "--output", "json");
        assertThat(audit.exitCode()).as(audit.out() + audit.err()).isZero();
        JsonNode result = new ObjectMapper().readTree(audit.out());
        assertThat(result.get("verdict").textValue()).isEqualTo("EQUAL");
        Set<String> roots = new TreeSet<>();
        long keys = 0;
        for (JsonNode partition : result.get("partitions")) {
            keys += partition.get("keys").longValue();
            roots.add(partition.get("replica").textValue() + "-"
                    + partition.get("partition").intValue() + " "
                    + partition.get("root").textValue());
        }
        assertThat(roots).hasSize(4);
        assertThat(keys).isEqualTo(200);
        await().atMost(PATIENCE).until(this::rootsOfTheJob, sent -> sent.containsAll(roots));
    }

    private Set<String> rootsOfTheJob() throws Exception {
        Set<String> roots = new TreeSet<>();
        for (ConsumerRecord<byte[], byte[]> record : broker.readAll(dataset + ".control")) {
            ControlMessage message = CONTROL.decode("c", record.value());
            if (message.getBody() instanceof Root root) {
                roots.add(message.getReplica() + "-" + message.getPartition() + " "
                        + HexFormat.of().formatHex(root.getHash().bytes()));
            }
        }
        return roots;
    }

    @Test
    void shouldReportThatTheBeginningIsDeleted() throws Exception {
        String file = configure();
        createTopics();
        for (int i = 0; i < 3; i++) {
            send(".repairs.us", bytes("tea pot"), CUT_MS + i, REPAIRS.encode("r", repair(Divergence.STALE)));
        }
        TopicPartition partition = new TopicPartition(dataset + ".repairs.us", 1);
        broker.admin()
                .deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(2)))
                .all()
                .get();

        String gone = "They now begin at " + dataset + ".repairs.us-1@2.";
        assertThat(Invocation.of("repairs", "-c", file).err()).contains("is deleted", gone);
        assertThat(Invocation.of("history", "-c", file).err()).contains(gone);
        assertThat(Invocation.of("history", "--output", "json", "-c", file).out())
                .contains("\"deletedBefore\":{\"" + dataset + ".repairs.us-1\":2}");
        assertThat(Invocation.of(
                                "repairs",
                                "--since",
                                Instant.ofEpochMilli(CUT_MS + 3).toString(),
                                "-c",
                                file)
                        .err())
                .isEmpty();
    }

    @Test
    void shouldFailWithAMessageWhereNoBrokerAnswers() throws Exception {
        String file = configure();
        Path elsewhere = directory.resolve("elsewhere.properties");
        Files.writeString(elsewhere, Files.readString(Path.of(file)).replace(broker.bootstrapServers(), "127.0.0.1:1"));
        for (List<String> command : List.of(List.of("history"), List.of("history", "--key", "k"), List.of("repairs"))) {
            List<String> arguments = new ArrayList<>(command);
            arguments.addAll(List.of("--patience", "1s", "-c", elsewhere.toString()));
            Invocation unanswered = Invocation.of(arguments.toArray(String[]::new));
            assertThat(unanswered.exitCode()).isEqualTo(2);
            assertThat(unanswered.err())
                    .contains("no answer about topic " + dataset, "from the brokers at 127.0.0.1:1")
                    .doesNotContain("\tat ");
        }
        Invocation audit = Invocation.of("audit", "--patience", "1s", "-c", elsewhere.toString());
        assertThat(audit.exitCode()).isEqualTo(2);
        assertThat(audit.out()).contains("COULD NOT TELL", "on 127.0.0.1:1", "no answer within 1.0 s");
    }

    @Test
    void shouldFailWithAMessageWhereTheBrokersStopWhileItFollows() throws Exception {
        try (EmbeddedBroker other = EmbeddedBroker.start();
                Admin admin = Admin.create(Map.of("bootstrap.servers", other.bootstrapServers()))) {
            admin.createTopics(List.of(
                            new NewTopic(dataset + ".repairs.eu", 2, (short) 1),
                            new NewTopic(dataset + ".repairs.us", 2, (short) 1)))
                    .all()
                    .get();
            String file = configure();
            Path elsewhere = directory.resolve("elsewhere.properties");
            Files.writeString(
                    elsewhere,
                    Files.readString(Path.of(file)).replace(broker.bootstrapServers(), other.bootstrapServers()));
            await().atMost(PATIENCE)
                    .until(() ->
                            Invocation.of("repairs", "-c", elsewhere.toString()).exitCode() == 0);
            StringWriter err = new StringWriter();
            int[] exitCode = {-1};
            Thread follower = new Thread(() -> exitCode[0] = Invocation.commandLine()
                    .setErr(new PrintWriter(err))
                    .execute("repairs", "--follow", "--patience", "2s", "-c", elsewhere.toString()));
            follower.start();
            other.kill();
            follower.join(PATIENCE.toMillis());

            assertThat(exitCode[0]).isEqualTo(2);
            assertThat(err.toString()).contains("from the brokers at " + other.bootstrapServers());
        }
    }

    @Test
    void shouldListFilterCountAndFollowRepairsOfBothFormatsAndSkipMalformedRecords() throws Exception {
        settings.put("replica.eu.repairs.format", "plain");
        String file = configure();
        createTopics();
        byte[] bytesOnly = {(byte) 0xfe, 1};
        send(".repairs.us", bytes("tea pot"), CUT_MS + 1_000, REPAIRS.encode("r", repair(Divergence.STALE)));
        send(".repairs.us", bytesOnly, CUT_MS + 3_000, REPAIRS.encode("r", reference()));
        send(".repairs.us", bytes("broken"), CUT_MS + 4_000, bytes("no repair"));
        sendPlain("lost", CUT_MS + 2_000);

        Invocation all = Invocation.of("repairs", "-c", file);
        Invocation one = Invocation.of("repairs", "--key", "hex:fe01", "--key-hex", "--output", "json", "-c", file);
        Invocation counted = Invocation.of("repairs", "--count", "--target", "eu", "--kind", "missing", "-c", file);
        Invocation spanned = Invocation.of(
                "repairs",
                "--since",
                Instant.ofEpochMilli(CUT_MS + 1_500).toString(),
                "--until",
                Instant.ofEpochMilli(CUT_MS + 2_500).toString(),
                "-c",
                file);

        assertThat(all.exitCode())
                .as("what the malformed record says is not known")
                .isEqualTo(2);
        assertThat(spanned.exitCode()).as("it lies outside of the range").isZero();
        assertThat(all.out().lines().skip(1).map(line -> line.replaceAll(" {2,}", "|")))
                .startsWith(
                        "2026-09-21T14:13:21Z|" + dataset
                                + ".repairs.us-1@0|us|eu|STALE|tea pot|eu=3,us=1|eu=2,us=1|1 byte|2026-09-21T14:13:20Z|2|2026-09-21T15:13:20Z"
                                        .replace("|eu=", "|version eu="),
                        "2026-09-21T14:13:22Z|" + dataset
                                + ".repairs.eu-1@0|eu|us|MISSING|lost|version 5|nothing|3 bytes|2026-09-21T14:13:20Z|1|2026-09-21T15:13:20Z",
                        "2026-09-21T14:13:23Z|" + dataset
                                + ".repairs.us-1@1|us|eu|CORRUPT|hex:fe01|version 4|deleted, version 4|at eu: w-1@17|2026-09-21T14:13:20Z|1|2026-09-21T15:13:20Z",
                        "",
                        "3 repair events, 1 of them repeated, with values of 4 bytes.",
                        "by kind|CORRUPT 1 · MISSING 1 · STALE 1",
                        "by target|eu 1 · us 2",
                        "by supplier|eu 2 · us 1",
                        "by partition|1 3");
        assertThat(all.err())
                .contains(
                        "1 record could not be read, so this history is not whole:",
                        dataset + ".repairs.us-1@2: not in Avro's single-object encoding");
        assertThat(one.out().lines())
                .hasSize(2)
                .first()
                .asString()
                .contains("\"keyHex\":\"fe01\"", "\"kind\":\"CORRUPT\"", "\"reference\":\"eu: w-1@17\"");
        assertThat(counted.out()).startsWith("1 repair event, with values of 3 bytes.\n");
        assertThat(spanned.out()).contains("lost").doesNotContain("tea pot", "hex:fe01");
        shouldFollow(file);
    }

    private void shouldFollow(String file) throws Exception {
        StringWriter out = new StringWriter();
        int[] exitCode = {-1};
        Thread follower = new Thread(() -> exitCode[0] = Invocation.commandLine()
                .setOut(new PrintWriter(out))
                .execute("repairs", "--follow", "--target", "us", "-c", file));
        follower.start();
        try {
            await().atMost(PATIENCE).until(() -> out.toString().contains("hex:fe01"));
            send(".repairs.us", bytes("new one"), CUT_MS + 9_000, REPAIRS.encode("r", repair(Divergence.STALE)));
            await().atMost(PATIENCE).until(() -> out.toString().contains("new one"));
        } finally {
            follower.interrupt();
            follower.join(PATIENCE.toMillis());
        }
        assertThat(exitCode[0]).as("a record could not be read").isEqualTo(2);
        assertThat(out.toString()).contains("3 repair events").doesNotContain("lost");
    }

    @Test
    void shouldPrintTheConflictsAndChoicesOfAKey() throws Exception {
        String file = configure();
        createTopics();
        send(".conflicts", bytes("tea pot"), CUT_MS + 1_000, conflict("eu"));
        send(".conflicts", bytes("tea pot"), CUT_MS + 2_000, conflict("eu"));
        send(".control", bytes("/1"), CUT_MS + 2_900, choice());
        sendSigned(".control", bytes("/1"), CUT_MS + 3_000, choice(), RecordMac.Use.CONTROL);
        send(".rounds", bytes("eu"), CUT_MS + 3_100, bytes("a report"));
        sendSigned(".rounds", bytes("eu"), CUT_MS + 3_200, bytes("a report"), RecordMac.Use.CONTROL);
        send(".repairs.us", bytes("tea pot"), CUT_MS + 4_000, REPAIRS.encode("r", repair(Divergence.CONFLICT)));
        send(".writes.us", bytes("tea pot"), CUT_MS + 4_500, answer(Map.of("eu", 3L, "us", 1L)));
        send(".writes.us", bytes("tea pot"), CUT_MS + 4_600, answer(Map.of("eu", 3L, "us", 4L)));
        send(".writes.us", bytes("other"), CUT_MS + 4_700, answer(Map.of("eu", 1L)));
        send(".conflicts", new ConflictKey("us", 1, bytes("tea pot")).encode(), CUT_MS + 4_800, conflict("us"));
        send(".conflicts", new ConflictKey("us", 1, bytes("tea pot")).encode(), CUT_MS + 4_900, null);
        send(".conflicts", bytes("tea pot"), CUT_MS + 5_000, null);

        Invocation key = Invocation.of("history", "--key", "tea pot", "--partition", "1", "-c", file);
        Invocation rounds = Invocation.of("history", "-c", file);
        Invocation none = Invocation.of("history", "--key", "other key", "--partition", "0", "-c", file);

        assertThat(key.exitCode()).as(key.err()).isEqualTo(2);
        assertThat(key.out().lines().skip(1).map(line -> line.replaceAll(" {2,}", "|")))
                .containsExactly(
                        "2026-09-21T14:13:21Z|" + dataset
                                + ".conflicts-1@0|CONFLICT|no entry wins: eu holds version eu=3,us=1, digest 01234567; as of 2026-09-21T14:13:20Z, reported by eu",
                        "2026-09-21T14:13:23Z|" + dataset
                                + ".control-1@1|CHOSEN|eu|a person chose for tea pot what eu holds, version 4",
                        "2026-09-21T14:13:24Z|" + dataset
                                + ".repairs.us-1@0|REPAIR|us|CONFLICT: version eu=3,us=1 wins over version eu=2,us=1; sent by eu, 1 byte, attempt 2, as of 2026-09-21T14:13:20Z, valid until 2026-09-21T15:13:20Z",
                        "2026-09-21T14:13:24.500Z|" + dataset
                                + ".writes.us-1@0|ANSWER|us|applied, holds version eu=3,us=1, 2 bytes, 0.5 s after "
                                + dataset + ".repairs.us-1@0",
                        "2026-09-21T14:13:24.600Z|" + dataset
                                + ".writes.us-1@1|ANSWER|us|declined, has a newer entry, holds version eu=3,us=4, 2 bytes, 0.6 s after "
                                + dataset + ".repairs.us-1@0",
                        "2026-09-21T14:13:24.800Z|" + dataset
                                + ".conflicts-1@2|CONFLICT|no entry wins: eu holds version eu=3,us=1, digest 01234567; as of 2026-09-21T14:13:20Z, reported by us",
                        "2026-09-21T14:13:25Z|" + dataset + ".conflicts-1@4|SETTLED|the conflict is settled");
        assertThat(rounds.out())
                .containsPattern("CONFLICT +tea pot: eu holds version eu=3,us=1, digest 01234567")
                .containsOnlyOnce("CHOSEN")
                .containsPattern("CHOSEN +a person chose for tea pot what eu holds, version 4")
                .containsPattern("SETTLED +tea pot")
                .endsWith("\nNo rounds.\n");
        assertThat(rounds.err())
                .contains(
                        "3 records could not be read, so this history is not whole:",
                        dataset + ".control-1@0: it has no MAC. Either",
                        dataset + ".rounds-1@0: it has no MAC. Either",
                        dataset + ".rounds-1@1: it has a MAC of no secret that is known here. Either",
                        "add the former secret at the end of control.secrets")
                .doesNotContain("do-not-print");
        assertThat(none.out())
                .as("records that could not be read may be events of the key")
                .isEmpty();
        assertThat(none.exitCode()).isEqualTo(2);
    }

    @Test
    void shouldReportMissingTopicsAndUnusableOptions() throws Exception {
        String file = configure();

        for (String command : List.of("history", "repairs")) {
            Invocation missing = Invocation.of(command, "-c", file);
            Invocation time = Invocation.of(command, "--since", "noon", "-c", file);
            Invocation ends = Invocation.of(command, "--follow", "--until", "1h", "-c", file);
            Invocation unknownReplica = Invocation.of(command, "--replica", "jp", "-c", file);

            assertThat(missing.exitCode()).isEqualTo(2);
            assertThat(missing.err())
                    .contains("topic " + dataset, "does not exist on " + broker.bootstrapServers())
                    .doesNotContain("\tat ", "do-not-print");
            assertThat(time.exitCode()).isEqualTo(2);
            assertThat(time.err()).contains("--since: 'noon' is neither a time such as");
            assertThat(ends.exitCode()).isEqualTo(2);
            assertThat(ends.err()).contains("--follow has no end");
            assertThat(unknownReplica.exitCode()).isEqualTo(2);
            assertThat(unknownReplica.err()).contains("there is no replica jp; the replicas are eu, us");
        }
        createTopics();
        Invocation partition = Invocation.of("repairs", "--partition", "7", "-c", file);
        assertThat(partition.exitCode()).isEqualTo(2);
        assertThat(partition.err()).contains("has no partition 7; they are numbered from 0 to 1");
    }

    private String configure() throws Exception {
        settings.put("bootstrap.servers", broker.bootstrapServers());
        settings.put("dataset", dataset);
        settings.put("replicas", "eu,us");
        settings.put("hash.secret", "do-not-print-this-secret");
        StringBuilder text = new StringBuilder();
        settings.forEach((key, value) -> text.append(key + "=" + value + "\n"));
        return Files.writeString(directory.resolve("trueup.properties"), text).toString();
    }

    private void createTopics() {
        broker.createTopics(
                2,
                dataset + ".control",
                dataset + ".rounds",
                dataset + ".conflicts",
                dataset + ".writes.eu",
                dataset + ".writes.us",
                dataset + ".repairs.eu",
                dataset + ".repairs.us");
    }

    private void write(String replica, String key, long version, long positionMs, String repairId) {
        WriteEvent event = WriteEvent.newBuilder()
                .setVersion(version)
                .setPosition(positionMs)
                .setValue(ByteBuffer.wrap(bytes("value of " + key).clone(), 0, 9))
                .setRepairId(repairId)
                .build();
        var unused = producer.send(
                new ProducerRecord<>(dataset + ".writes." + replica, bytes(key), WRITES.encode("w", event)));
        producer.flush();
    }

    private void send(String topic, byte[] key, long timeMs, byte[] value) throws Exception {
        producer.send(new ProducerRecord<>(dataset + topic, 1, timeMs, key, value))
                .get();
    }

    private void sendSigned(String topic, byte[] key, long timeMs, byte[] value, RecordMac.Use use) throws Exception {
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(dataset + topic, 1, timeMs, key, value);
        new RecordMac(TrueupConfig.of(settings).controlSecrets(), use).sign(key, value, record.headers());
        producer.send(record).get();
    }

    private void sendPlain(String key, long timeMs) throws Exception {
        ProducerRecord<byte[], byte[]> record =
                new ProducerRecord<>(dataset + ".repairs.eu", 1, timeMs, bytes(key), bytes("tea"));
        Map.of(
                        HeaderNames.REPAIR_ID, "r",
                        HeaderNames.REASON, "MISSING",
                        HeaderNames.VERSION, "5",
                        HeaderNames.POSITION, "7",
                        HeaderNames.TARGET, "eu",
                        HeaderNames.SUPPLIER, "us",
                        HeaderNames.ROUND, Long.toString(CUT_MS),
                        HeaderNames.ATTEMPT, "1",
                        HeaderNames.CONDITION, "UNLESS_NEWER",
                        HeaderNames.VALID_UNTIL, Long.toString(CUT_MS + 3_600_000))
                .forEach((name, value) -> record.headers().add(name, bytes(value)));
        producer.send(record).get();
    }

    private RepairEvent repair(Divergence reason) {
        return event(reason)
                .setAttempt(2)
                .setVector(Map.of("eu", 3L, "us", 1L))
                .setObserved(new Observed(3L, Map.of("eu", 2L, "us", 1L), false))
                .setValue(ByteBuffer.wrap(bytes("v")))
                .build();
    }

    private RepairEvent reference() {
        return event(Divergence.CORRUPT)
                .setObserved(new Observed(4L, null, true))
                .setReference(new Reference("eu", "w", 17L))
                .build();
    }

    private RepairEvent.Builder event(Divergence reason) {
        return RepairEvent.newBuilder()
                .setId("r")
                .setDataset(dataset)
                .setTarget("us")
                .setSupplier("eu")
                .setPartition(1)
                .setCut(CUT_MS)
                .setReason(reason)
                .setVersion(4)
                .setPosition(CUT_MS)
                .setCondition(Condition.UNLESS_NEWER)
                .setValidUntil(CUT_MS + 3_600_000);
    }

    private byte[] conflict(String reporter) {
        ConflictSide side = ConflictSide.newBuilder()
                .setReplicas(List.of("eu"))
                .setVersion(4)
                .setVector(Map.of("eu", 3L, "us", 1L))
                .setPosition(CUT_MS)
                .setAppendTime(CUT_MS)
                .setDeleted(false)
                .setDigest("0123456789abcdef0123456789abcdef")
                .build();
        return CONFLICTS.encode(
                "c",
                ConflictEvent.newBuilder()
                        .setDataset(dataset)
                        .setPartition(1)
                        .setKeyHash("00")
                        .setCut(CUT_MS)
                        .setReporter(reporter)
                        .setSides(List.of(side))
                        .build());
    }

    private byte[] choice() {
        Choice choice = new Choice(ByteBuffer.wrap(bytes("tea pot")), "eu", 4L, null, null, Long.MAX_VALUE);
        return CONTROL.encode("c", new ControlMessage(dataset, "", 1, CUT_MS, 0L, 0L, choice));
    }

    private static byte[] answer(Map<String, Long> vector) {
        return WRITES.encode(
                "w",
                WriteEvent.newBuilder()
                        .setVersion(0)
                        .setVector(vector)
                        .setPosition(CUT_MS)
                        .setValue(ByteBuffer.wrap(bytes("vv")))
                        .setRepairId("r")
                        .build());
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
