package io.trueup.cli.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import io.trueup.avro.SingleObjectCodec;
import io.trueup.broker.EmbeddedBroker;
import io.trueup.broker.TestBroker;
import io.trueup.cli.Invocation;
import io.trueup.schema.HeaderNames;
import io.trueup.schema.ScanMarker;
import io.trueup.schema.ScanMarkerKind;
import io.trueup.schema.WriteEvent;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code trueup audit} on a real broker. */
class AuditIT {

    private static final int PARTITIONS = 3;
    private static final long MINUTE = 60_000;
    private static final SingleObjectCodec<WriteEvent> WRITES = SingleObjectCodec.of(WriteEvent.class);

    private static final SingleObjectCodec<ScanMarker> MARKERS = SingleObjectCodec.of(ScanMarker.class);

    private final TestBroker broker = TestBroker.shared();
    private final String dataset = TestBroker.unique("audit");
    private final long startMs = Instant.now().toEpochMilli() - 120 * MINUTE;
    private final KafkaProducer<byte[], byte[]> producer = broker.producer();

    private final List<String> replicas = new ArrayList<>();

    @TempDir
    Path directory;

    @AfterEach
    void close() {
        producer.close();
    }

    @Test
    void shouldListInjectedDivergencesExactlyNowAndAtThreePastTimes() throws Exception {
        createTopics(Map.of("retention.ms", "-1"), "eu", "us", "ap");
        for (int i = 0; i < 300; i++) {
            everywhere("key-" + i, 1, "first " + i, startMs + i);
        }
        long fault = startMs + 10 * MINUTE;
        String missing = at("eu", put("eu", "missing", 1, "only at eu", fault));
        put("ap", "missing", 1, "only at eu", fault + 1);
        String stale = at("ap", put("ap", "key-5", 2, "second", fault));
        put("eu", "key-5", 2, "second", fault + 5);
        String undeleted = at("eu", delete("eu", "key-6", 2, fault));
        delete("us", "key-6", 2, fault + 1);
        everywhere("key-7", 2, "second", fault);
        String corrupt = at("us", put("us", "key-7", 2, "sECOND", fault + 100));
        everywhere("key-8", 2, "second", fault);
        String conflict = at("us", put("us", "key-8", 2, "us", fault + 50));
        put("eu", "key-8", 2, "eu", fault + 60);
        String expiring =
                at("eu", send("eu", "key-9", event(2, "short-lived", fault).setExpiry(startMs + 15 * MINUTE), fault));
        send("ap", "key-9", event(2, "short-lived", fault).setExpiry(startMs + 15 * MINUTE), fault + 1);
        for (String replica : List.of("eu", "us", "ap")) {
            send(replica, "key-10", event(2, "fades", fault).setExpiry(startMs + 15 * MINUTE), fault + 7);
        }
        long later = startMs + 20 * MINUTE;
        put("us", "key-5", 2, "second", later);
        put("us", "key-7", 2, "second", later);
        String staleAgain = at("eu", put("eu", "key-5", 3, "third", later + 1));
        put("us", "key-5", 3, "third", later + 2);
        String last = at("ap", put("ap", "key-11", 9, "only at ap", startMs + 40 * MINUTE));

        assertThat(audit("--at", time(5))).isEqualTo(Set.of());
        Set<String> first = Set.of(
                "missing us MISSING since " + missing,
                "key-5 us STALE since " + stale,
                "key-6 ap UNDELETED since " + undeleted,
                "key-7 us CORRUPT since " + corrupt,
                "key-8 ap,eu,us CONFLICT since " + conflict);
        assertThat(audit("--at", time(12))).isEqualTo(plus(first, "key-9 us STALE since " + expiring));
        assertThat(audit("--at", time(16))).isEqualTo(plus(first, "key-9 us UNDELETED since " + expiring));
        Set<String> mended = plus(first, "key-9 us UNDELETED since " + expiring, "key-5 ap STALE since " + staleAgain);
        mended.remove("key-5 us STALE since " + stale);
        mended.remove("key-7 us CORRUPT since " + corrupt);
        assertThat(audit("--at", time(30))).isEqualTo(mended);
        mended.addAll(Set.of("key-11 eu STALE since " + last, "key-11 us STALE since " + last));
        assertThat(audit()).isEqualTo(mended);
        assertThat(broker.admin().listGroups().all().get())
                .noneMatch(group -> group.groupId().contains("audit"));
    }

    @Test
    void shouldReportEqualReplicasAndNothingElse() throws Exception {
        createTopics(Map.of("retention.ms", "-1"), "eu", "us");
        for (int i = 0; i < 50; i++) {
            put("eu", "key-" + i, 1, "value " + i, startMs);
            put("us", "key-" + i, 1, "value " + i, startMs + 1);
        }
        put("us", "gone", 1, "x", startMs);
        delete("us", "gone", 2, startMs + 1);

        Invocation equal = run(List.of());

        assertThat(equal.exitCode()).isZero();
        assertThat(equal.out()).startsWith("EQUAL: eu and us hold the same 50 keys (latest, ");
        assertThat(equal.err()).isEmpty();

        JsonNode unknown = json("--at", time(-1));
        assertThat(unknown.get("exitCode").intValue()).isEqualTo(2);
        assertThat(unknown.get("doubts").toString()).contains("later than the moment asked for", topic("us"));

        Path keys = Files.writeString(directory.resolve("keys.txt"), "kye-1\n");
        JsonNode unknownKey = json("--keys-from", keys.toString());
        assertThat(unknownKey.get("exitCode").intValue()).isEqualTo(2);
        assertThat(unknownKey.get("doubts").toString()).contains("None of the 1 keys asked for was ever written");

        Invocation sameTopic = Invocation.of(
                "audit",
                "--bootstrap-server",
                broker.bootstrapServers(),
                "--replica",
                "eu=" + topic("eu"),
                "--replica",
                "us=" + topic("eu"));
        assertThat(sameTopic.exitCode()).isEqualTo(2);
        assertThat(sameTopic.out()).contains("eu and us name one and the same topic");
    }

    @Test
    void shouldNotCountWritesInFlightAsDifferences() throws Exception {
        createTopics(Map.of("retention.ms", "-1"), "eu", "us");
        long nowMs = System.currentTimeMillis();
        everywhere("settled", 1, "value", startMs);
        // so far ahead as a clock may be: they are in flight for the next 55 s, however slow this machine is
        put("eu", "new", 1, "on its way", nowMs + 25_000);
        put("eu", "settled", 2, "on its way", nowMs + 25_000);

        Invocation live = run(List.of());

        assertThat(live.exitCode()).as(live.out()).isZero();
        assertThat(live.out())
                .startsWith("EQUAL: eu and us hold the same 2 keys, apart from 2 with writes in flight (latest, ")
                .contains("Note: 2 keys differ only by writes in flight, less than 30s old");
        JsonNode json = json();
        assertThat(json.get("divergentKeys").intValue()).isZero();
        assertThat(json.get("inFlightKeys").intValue()).isEqualTo(2);
        assertThat(json.get("settle").textValue()).isEqualTo("30s");
        assertThat(audit("--settle", "0s")).hasSize(2);
        assertThat(json("--at", "1m").get("inFlightKeys").intValue()).isZero();
        assertThat(audit("--at", "1m")).isEmpty();
        assertThat(json("--limit", "1").get("doubts").toString())
                .contains("Of 2 keys that differ, 1 were examined, which differ by writes in flight")
                .contains("Raise --limit");

        put("eu", "lost", 1, "never arrives", nowMs - 45_000);
        JsonNode lost = json();
        assertThat(lost.get("exitCode").intValue()).isEqualTo(1);
        assertThat(lost.get("divergentKeys").intValue()).isEqualTo(1);
        assertThat(lost.get("inFlightKeys").intValue()).isEqualTo(2);
        assertThat(lost.get("divergent").get(0).get("key").textValue()).isEqualTo("lost");
        assertThat(json("--settle", "30m").get("inFlightKeys").intValue()).isEqualTo(3);
    }

    @Test
    void shouldNotLetKeysInFlightTakeTheirPlacesInTheListFromKeysThatDiffer() throws Exception {
        createTopics(Map.of("retention.ms", "-1"), "eu", "us");
        for (int i = 0; i < 30; i++) {
            put("eu", "in flight " + i, 1, "value", System.currentTimeMillis());
        }
        String last = IntStream.range(0, 1_000)
                .mapToObj(i -> "lost " + i)
                .filter(key -> partition(key.getBytes(UTF_8)) == PARTITIONS - 1)
                .findFirst()
                .orElseThrow();
        put("eu", last, 1, "value", startMs);

        JsonNode found = json("--limit", "20", "--threads", "1", "--partitions", "0," + (PARTITIONS - 1));

        assertThat(found.get("divergent")).hasSize(1);
        assertThat(found.get("divergent").get(0).get("key").textValue()).isEqualTo(last);
    }

    @Test
    void shouldAuditCompactedTopicsNowButNotAsOfATimeBeforeTheCompaction() throws Exception {
        createTopics(
                Map.of(
                        "cleanup.policy", "compact",
                        "segment.ms", "100",
                        "min.cleanable.dirty.ratio", "0.001",
                        "max.compaction.lag.ms", "100"),
                "eu",
                "us",
                "scanned-eu",
                "scanned-us");
        List<String> scanned = replicas.subList(2, 4);
        String lost = IntStream.range(0, 1_000)
                .mapToObj(i -> "lost-" + i)
                .filter(key -> partition(key.getBytes(UTF_8)) == partition("hot".getBytes(UTF_8)))
                .findFirst()
                .orElseThrow();
        for (String replica : scanned) {
            put(replica, lost, 1, "x", startMs);
        }
        long since = marker("scanned-us", "first", ScanMarkerKind.START, -1);
        marker("scanned-us", "first", ScanMarkerKind.END, since);
        marker("scanned-us", "second", ScanMarkerKind.START, -1);
        JsonNode dropped = json(scanned);
        for (int round = 1; round <= 30; round++) {
            for (String replica : replicas) {
                put(replica, "hot", round, "round " + round, startMs + round * MINUTE);
            }
        }
        put("eu", "only-eu", 1, "x", startMs + 31 * MINUTE);
        await().atMost(Duration.ofSeconds(60)).until(() -> {
            for (String replica : replicas) {
                put(replica, "hot", 31, "last", startMs + 40 * MINUTE);
            }
            return isCompacted("eu") && isCompacted("scanned-us");
        });

        List<String> others = replicas.subList(0, 2);
        JsonNode now = json(others);
        JsonNode past = json(others, "--at", time(10));
        JsonNode scan = json(scanned);

        assertThat(dropped.get("divergent").get(0).get("key").textValue()).isEqualTo(lost);
        assertThat(scan.get("divergent"))
                .as("us seems to hold a key that its scan did not find")
                .isEmpty();
        assertThat(scan.get("verdict").textValue()).isEqualTo("UNKNOWN");
        assertThat(scan.get("doubts").toString()).contains("begins a scan", topic("scanned-us"));

        assertThat(now.get("exitCode").intValue()).isEqualTo(1);
        assertThat(now.get("divergent")).hasSize(1);
        assertThat(now.get("divergent").get(0).get("key").textValue()).isEqualTo("only-eu");
        assertThat(past.get("verdict").textValue()).isEqualTo("UNKNOWN");
        assertThat(past.get("doubts").toString()).contains("compacted away").contains(topic("eu"));
    }

    @Test
    void shouldIgnoreAbortedWritesAndReportAnOpenTransaction() throws Exception {
        createTopics(Map.of("retention.ms", "-1"), "eu", "us");
        put("us", "key", 1, "committed", startMs);
        try (KafkaProducer<byte[], byte[]> transactional = transactional()) {
            transactional.beginTransaction();
            var unused = transactional.send(event("eu", "key", 1, "committed"));
            transactional.commitTransaction();
            transactional.beginTransaction();
            unused = transactional.send(event("eu", "key", 2, "aborted"));
            unused = transactional.send(event("eu", "phantom", 1, "aborted"));
            transactional.flush();
            transactional.abortTransaction();

            assertThat(audit()).isEmpty();
            put("eu", "key", 1, "committed", startMs + MINUTE);
            put("us", "key", 1, "committed", startMs + MINUTE);
            JsonNode earlier = json("--at", time(0));
            assertThat(json("--at", time(0), "--never-compacted")
                            .get("exitCode")
                            .intValue())
                    .isZero();
            assertThat(earlier.get("doubts").toString()).contains("--never-compacted");

            transactional.beginTransaction();
            unused = transactional.send(event("eu", "key", 3, "undecided"));
            transactional.flush();
            JsonNode open = json("--patience", "1s");

            assertThat(open.get("exitCode").intValue()).isEqualTo(2);
            assertThat(open.get("doubts").toString())
                    .contains("open transaction")
                    .contains(topic("eu"));
            transactional.commitTransaction();
        }
        assertThat(audit("--never-compacted")).hasSize(1).allMatch(line -> line.startsWith("key us STALE"));
    }

    @Test
    void shouldAuditKeysAndValuesOfAllSizes() throws Exception {
        createTopics(Map.of("retention.ms", "-1", "max.message.bytes", "3000000"), "eu", "us");
        String longKey = "k".repeat(64 * 1024);
        byte[] bytesOnly = {(byte) 0xff, (byte) 0xfe, 0, 1};
        byte[] large = new byte[1 << 20];
        try (KafkaProducer<byte[], byte[]> big = new KafkaProducer<>(
                Map.of("bootstrap.servers", broker.bootstrapServers(), "max.request.size", 3_000_000),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            for (String replica : replicas) {
                for (int i = 0; i < 10_000; i++) {
                    var unused = big.send(event(replica, "busy", i, "version " + i));
                }
                var unused = big.send(event(replica, "k", 1, "short"));
                unused = big.send(event(replica, longKey, 1, "long"));
                unused = big.send(record(replica, bytesOnly, 1, "bytes".getBytes(UTF_8)));
                unused = big.send(record(replica, "large".getBytes(UTF_8), 1, large));
            }
            big.flush();
            assertThat(audit()).isEmpty();
            large[large.length - 1] = 1;
            big.send(record("us", "large".getBytes(UTF_8), 1, large)).get();
            big.send(event("us", "busy", 10_001, "once more")).get();
            big.send(record("us", bytesOnly, 2, "other bytes".getBytes(UTF_8))).get();
            big.send(event("us", longKey, 2, "longer")).get();
            big.send(event("us", "k", 2, "shorter")).get();
        }

        JsonNode found = json();

        assertThat(found.get("exitCode").intValue()).isEqualTo(1);
        Map<String, String> kinds = new TreeMap<>();
        found.get("divergent")
                .forEach(key -> kinds.put(
                        key.get("key").textValue(),
                        key.get("findings").get(0).get("kind").textValue()));
        assertThat(kinds)
                .isEqualTo(Map.of(
                        "busy", "STALE", "k", "STALE", longKey, "STALE", "hex:fffe0001", "STALE", "large", "CONFLICT"));
        Path keys = Files.writeString(directory.resolve("keys.txt"), "busy\nhex:fffe0001\n");
        assertThat(json("--keys-from", keys.toString()).get("divergent")).hasSize(2);
    }

    @Test
    void shouldFindEveryKeyThatItPrintsAndNameTheKeysThatItDoesNotFind() throws Exception {
        createTopics(Map.of("retention.ms", "-1"), "eu", "us");
        List<String> keys = List.of("hex:00", "hex:", "hex:xyz", "\0", "", " hex:00", "plain");
        for (String key : keys) {
            put("eu", key, 1, "value", startMs);
        }
        JsonNode all = json();
        List<String> printed = new ArrayList<>();
        all.get("divergent").forEach(key -> printed.add(key.get("key").textValue()));
        Path file = Files.write(directory.resolve("keys.txt"), printed);

        JsonNode asked = json("--keys-from", file.toString());

        assertThat(printed)
                .containsExactlyInAnyOrder(
                        "hex:6865783a3030", "hex:6865783a", "hex:6865783a78797a", "hex:00", "hex:", " hex:00", "plain");
        assertThat(asked.get("divergent")).hasSize(keys.size());
        assertThat(asked.get("keysNeverWritten")).isEmpty();

        Files.writeString(file, "plain\nplane\nhex:01\n");
        JsonNode misspelled = json("--keys-from", file.toString());
        assertThat(misspelled.get("divergent")).hasSize(1);
        assertThat(misspelled.get("keysNeverWritten").toString()).isEqualTo("[\"plane\",\"hex:01\"]");
        assertThat(misspelled.get("notes").toString())
                .contains("2 keys asked for occur in no record that was read: plane, hex:01.");
    }

    @Test
    void shouldNotReportEqualWhereItCannotKnow() throws Exception {
        createTopics(Map.of("retention.ms", "-1"), "eu", "us");
        Place first = put("eu", "key", 1, "value", startMs);
        put("us", "key", 1, "value", startMs);

        assertThat(json().get("exitCode").intValue()).isZero();

        send("us", "broken".getBytes(UTF_8), new byte[] {1, 2, 3}, startMs);
        Place readable = put("us", "broken", 1, "value", startMs);
        put("eu", "broken", 1, "value", startMs);
        JsonNode unreadable = json();
        assertThat(unreadable.get("exitCode").intValue()).isEqualTo(2);
        assertThat(unreadable.get("doubts").toString())
                .contains("1 record", at("us", new Place(readable.partition(), readable.offset() - 1)));

        broker.admin()
                .deleteRecords(Map.of(
                        new TopicPartition(topic("eu"), first.partition()),
                        RecordsToDelete.beforeOffset(first.offset() + 1)))
                .all()
                .get();
        Invocation truncated = run(List.of());
        assertThat(truncated.exitCode()).isEqualTo(2);
        assertThat(truncated.out())
                .startsWith("COULD NOT TELL whether eu and us are equal")
                .contains(topic("eu") + "-" + first.partition() + " begins at offset " + (first.offset() + 1));

        broker.createTopics(PARTITIONS + 1, dataset + ".other");
        Invocation counts = Invocation.of(
                "audit",
                "--bootstrap-server",
                broker.bootstrapServers(),
                "--replica",
                "eu=" + topic("eu"),
                "--replica",
                "us=" + dataset + ".other");
        assertThat(counts.exitCode()).isEqualTo(2);
        assertThat(counts.out()).contains("different numbers of partitions");

        Invocation nothing = Invocation.of(
                "audit",
                "--bootstrap-server",
                broker.bootstrapServers(),
                "--replica",
                "eu=" + topic("eu"),
                "--replica",
                "us=" + dataset + ".nothing");
        assertThat(nothing.exitCode()).isEqualTo(2);
        assertThat(nothing.out()).contains(dataset + ".nothing does not exist");
    }

    @Test
    void shouldCompareTwoClustersAndTheRootsOfEarlierAudits() throws Exception {
        createTopics(Map.of("retention.ms", "-1"), "eu", "us");
        String roots = directory.resolve("roots.txt").toString();
        try (EmbeddedBroker other = EmbeddedBroker.start(
                        "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
                        "allow.everyone.if.no.acl.found=true");
                Admin admin = Admin.create(Map.of("bootstrap.servers", other.bootstrapServers()));
                KafkaProducer<byte[], byte[]> far = new KafkaProducer<>(
                        Map.of("bootstrap.servers", other.bootstrapServers()),
                        new ByteArraySerializer(),
                        new ByteArraySerializer())) {
            admin.createTopics(List.of(new NewTopic(topic("us"), PARTITIONS, (short) 1)))
                    .all()
                    .get();
            for (int i = 0; i < 100; i++) {
                put("eu", "key-" + i, 1, "value", startMs);
                put("us", "key-" + i, 1, "value", startMs);
                ProducerRecord<byte[], byte[]> record = event("us", "key-" + i, 1, "value");
                far.send(record).get();
            }
            Path file = Files.writeString(
                    directory.resolve("us.properties"), "bootstrap.servers=" + other.bootstrapServers() + "\n");
            List<String> both = List.of("--replica", "far=" + topic("us") + "@" + file, "--roots", roots);

            Invocation same = run(both);
            assertThat(same.exitCode()).as(same.out() + same.err()).isZero();

            far.send(event("us", "key-7", 2, "newer")).get();
            Invocation differs = run(both);
            assertThat(differs.exitCode()).isEqualTo(1);
            assertThat(differs.out()).startsWith("DIVERGENT: 1 key differs among eu, far and us");

            for (AclOperation denied : List.of(AclOperation.READ, AclOperation.DESCRIBE)) {
                admin.createAcls(List.of(deny(topic("us"), denied))).all().get();
                await().untilAsserted(() -> {
                    Invocation refused = run(List.of("--replica", "far=" + topic("us") + "@" + file));
                    assertThat(refused.exitCode()).isEqualTo(2);
                    assertThat(refused.out()).contains(topic("us"), other.bootstrapServers(), "ACL operation");
                });
            }
        }
        put("us", "key-7", 2, "newer", startMs + 1);
        Invocation verified = run(List.of("--verify", roots));
        assertThat(verified.exitCode()).isEqualTo(1);
        assertThat(verified.out())
                .contains("ROOTS DIFFER from " + roots + ": us/" + partition("key-7".getBytes(UTF_8)));

        Invocation again = run(List.of("--at", roots, "--verify", roots));
        assertThat(again.exitCode()).as(again.out() + again.err()).isZero();
        assertThat(again.out()).startsWith("EQUAL").contains("ROOTS ARE EQUAL to " + roots);

        String moment = directory.resolve("moment.txt").toString();
        assertThat(run(List.of("--at", time(1), "--roots", moment)).exitCode()).isEqualTo(1);
        assertThat(run(List.of("--at", time(1), "--verify", moment)).out()).contains("ROOTS ARE EQUAL to " + moment);
        Invocation noOffsets = run(List.of("--at", moment));
        assertThat(noOffsets.exitCode()).isEqualTo(2);
        assertThat(noOffsets.err()).contains("which has no offsets", "as of " + time(1));
    }

    @Test
    void shouldWriteItsResultInEveryFormat() throws Exception {
        createTopics(Map.of("retention.ms", "-1"), "eu", "us");
        broker.createTopics(PARTITIONS, dataset + ".repairs");
        String since = at("eu", put("eu", "<b>, \"key\"", 1, "value", startMs));
        producer.send(new ProducerRecord<>(
                        dataset + ".repairs",
                        partition("<b>, \"key\"".getBytes(UTF_8)),
                        startMs + MINUTE,
                        "<b>, \"key\"".getBytes(UTF_8),
                        new byte[] {1}))
                .get();

        String csv = run(List.of("--output", "csv")).out();
        String text = run(List.of("--repairs", "us=" + dataset + ".repairs")).out();
        Path page = directory.resolve("audit.html");
        Invocation html = run(List.of("--output", "html", page.toString()));

        broker.admin()
                .deleteRecords(Map.of(
                        new TopicPartition(dataset + ".repairs", partition("<b>, \"key\"".getBytes(UTF_8))),
                        RecordsToDelete.beforeOffset(1)))
                .all()
                .get();
        String unknown = run(List.of("--repairs", "us=" + dataset + ".repairs")).out();
        assertThat(unknown)
                .contains(
                        "it is not known whether a repair event was sent since, because",
                        "no repairs topic of eu is given",
                        "begins at offset 1: earlier records were deleted");
        Invocation misspelled = run(List.of("--repairs", "us=" + dataset + ".repairz"));
        assertThat(misspelled.exitCode()).isEqualTo(2);
        assertThat(misspelled.err()).startsWith("trueup: --repairs: Topic " + dataset + ".repairz does not exist on ");
        assertThat(misspelled.out()).isEmpty();
        String complete = run(List.of("--repairs", "us=" + topic("eu"), "--repairs", "eu=" + topic("us")))
                .out();
        assertThat(complete).contains("; one repair event, " + since + " for us:");
        assertThat(csv.lines().toList()).hasSize(3);
        assertThat(csv).contains("\"<b>, \"\"key\"\"\"", since);
        assertThat(text)
                .contains("<b>, \"key\"", "MISSING", since, "one repair event, " + dataset + ".repairs-", "for us");
        assertThat(html.out()).startsWith("DIVERGENT: 1 key differs").contains("Written to " + page);
        assertThat(Files.readString(page))
                .contains("\\u003cb>, \\\"key\\\"")
                .doesNotContain("<b>", "http://", "https://");
    }

    @Test
    void shouldShowValuesSideBySide() throws Exception {
        createTopics(Map.of("retention.ms", "-1"), "eu", "us");
        put("eu", "order", 2, "{\"total\":7,\"customer\":\"Anna\"}", startMs);
        put("us", "order", 1, "{\"total\":6,\"customer\":\"Anna\"}", startMs);
        put("us", "order", 2, "{\"total\":7.0,\"customer\":\"Anna\"}", startMs);
        put("eu", "new", 1, "=1", startMs);

        JsonNode json = json("--values");

        Map<String, JsonNode> keys = new TreeMap<>();
        json.get("divergent").forEach(key -> keys.put(key.get("key").textValue(), key));
        assertThat(keys.get("order").get("fields").toString())
                .isEqualTo("[{\"field\":\"total\",\"values\":{\"eu\":7,\"us\":7.0}}]");
        assertThat(keys.get("order").get("encodings").toString()).isEqualTo("{\"eu\":\"JSON\",\"us\":\"JSON\"}");
        assertThat(keys.get("order").get("entries").get("us").get("value").textValue())
                .isEqualTo("{\"total\":7.0,\"customer\":\"Anna\"}");
        assertThat(keys.get("new").get("entries").get("eu").get("value").textValue())
                .isEqualTo("=1");
        assertThat(run(List.of("--values")).out())
                .contains("\n  FIELD  eu  us\n  total  7   7.0\n", "\n  FIELD    eu\n  (value)  \"=1\"\n");
        assertThat(run(List.of("--values", "--output", "csv")).out()).contains(",\"'=1\"", "\"{\"\"total\"\":7.0,");
        assertThat(run(List.of()).out()
                        + run(List.of("--output", "json")).out()
                        + run(List.of("--output", "csv")).out())
                .as("values are shown only where they are asked for")
                .doesNotContain("Anna", "=1");
    }

    @Test
    void shouldWriteNoCellThatASpreadsheetRuns() throws Exception {
        createTopics(Map.of("retention.ms", "-1"), "eu", "us");
        List<String> keys = List.of("=1+1", "+1", "-1", "@SUM(A1)", "\uff1d1", "'quoted", "''", "a=1", "\t1", "\r1");
        for (String key : keys) {
            put("eu", key, -7, "value", startMs);
        }

        List<Map<String, String>> lines = new ArrayList<>();
        new CsvMapper()
                .readerForMapOf(String.class)
                .with(CsvSchema.emptySchema().withHeader())
                .<Map<String, String>>readValues(run(List.of("--output", "csv")).out())
                .forEachRemaining(lines::add);

        assertThat(lines).hasSize(2 * keys.size());
        assertThat(lines)
                .flatExtracting(line -> line.entrySet().stream()
                        .filter(cell -> !cell.getKey().equals("version"))
                        .map(Map.Entry::getValue)
                        .toList())
                .noneMatch(cell -> cell.matches("(?s)[=+\\-@\t\r\uff1d].*"));
        assertThat(lines.stream().map(line -> line.get("version")).collect(Collectors.toSet()))
                .as("numbers are no formulas")
                .isEqualTo(Set.of("-7", ""));
        Set<String> read = lines.stream()
                .map(line -> line.get("key").replaceFirst("^'", ""))
                .collect(Collectors.toSet());
        Set<String> expected = new TreeSet<>();
        json().get("divergent").forEach(key -> expected.add(key.get("key").textValue()));
        assertThat(read).isEqualTo(expected).contains("=1+1", "'quoted", "''", "hex:0931");
    }

    @Test
    void shouldCountKeysBeyondTheLimitAndSaySoInEveryFormat() throws Exception {
        createTopics(Map.of("retention.ms", "-1"), "eu", "us");
        for (int i = 0; i < 20; i++) {
            put("eu", "key-" + i, 1, "only at eu", startMs);
        }
        String counted = "5 listed of 20 keys that differ: the others are only counted. Raise --limit to list more.";

        JsonNode json = json("--limit", "5");
        String text = run(List.of("--limit", "5")).out();
        String csv = run(List.of("--limit", "5", "--output", "csv")).out();
        Path page = directory.resolve("audit.html");
        Invocation html = run(List.of("--limit", "5", "--output", "html", page.toString()));

        assertThat(json.get("exitCode").intValue()).isEqualTo(1);
        assertThat(json.get("divergentKeys").intValue()).isEqualTo(20);
        assertThat(json.get("listedKeys").intValue()).isEqualTo(5);
        assertThat(json.get("divergent")).hasSize(5);
        assertThat(json.get("notes").toString()).contains(counted);
        assertThat(text).startsWith("DIVERGENT: 20 keys differ").contains(counted);
        assertThat(csv.lines().toList()).hasSize(1 + 5 * replicas.size());
        assertThat(html.out()).startsWith("DIVERGENT: 20 keys differ").contains(counted);
        assertThat(Files.readString(page)).contains(counted);
    }

    @Test
    void shouldFindTheSameDifferencesWithLittleMemory() throws Exception {
        createTopics(Map.of("retention.ms", "-1"), "eu", "us");
        for (int i = 0; i < 3_000; i++) {
            for (String replica : replicas) {
                if (i % 1000 != 5 || replica.equals("eu")) {
                    var unused = producer.send(event(replica, "key-" + i, 1, "value " + i));
                }
            }
        }
        producer.flush();

        JsonNode whole = json();
        JsonNode divided = json("--memory", "64k", "--threads", "1");

        assertThat(found(whole)).hasSize(3).isEqualTo(found(divided));
        assertThat(whole.get("effort").get("passes").intValue()).isEqualTo(PARTITIONS);
        assertThat(divided.get("effort").get("passes").intValue()).isGreaterThan(2 * PARTITIONS);
        assertThat(divided.get("effort").get("largestTables").longValue()).isLessThanOrEqualTo(64 * 1024);
        for (int i = 0; i < 2 * PARTITIONS; i++) {
            assertThat(divided.get("partitions").get(i).get("root"))
                    .isEqualTo(whole.get("partitions").get(i).get("root"));
        }
    }

    private boolean isCompacted(String replica) throws Exception {
        TopicPartition hot = new TopicPartition(topic(replica), partition("hot".getBytes(UTF_8)));
        long end = broker.admin()
                .listOffsets(Map.of(hot, OffsetSpec.latest()))
                .all()
                .get()
                .get(hot)
                .offset();
        return broker.readAll(hot.topic()).size() < end - 5;
    }

    /** Sends the marker of a scan without rows to the partition of the hot key, and returns its offset. */
    private long marker(String replica, String scan, ScanMarkerKind kind, long since) throws Exception {
        return producer.send(new ProducerRecord<>(
                        topic(replica),
                        partition("hot".getBytes(UTF_8)),
                        startMs,
                        HeaderNames.scanKey(),
                        MARKERS.encode("", new ScanMarker(scan, kind, since, 0L))))
                .get()
                .offset();
    }

    private static AclBinding deny(String topic, AclOperation operation) {
        return new AclBinding(
                new ResourcePattern(ResourceType.TOPIC, topic, PatternType.LITERAL),
                new AccessControlEntry("User:ANONYMOUS", "*", operation, AclPermissionType.DENY));
    }

    private KafkaProducer<byte[], byte[]> transactional() {
        KafkaProducer<byte[], byte[]> transactional = new KafkaProducer<>(
                Map.of("bootstrap.servers", broker.bootstrapServers(), "transactional.id", dataset),
                new ByteArraySerializer(),
                new ByteArraySerializer());
        transactional.initTransactions();
        return transactional;
    }

    private ProducerRecord<byte[], byte[]> event(String replica, String key, long version, String value) {
        return record(replica, key.getBytes(UTF_8), version, value.getBytes(UTF_8));
    }

    private ProducerRecord<byte[], byte[]> record(String replica, byte[] key, long version, byte[] value) {
        WriteEvent event = WriteEvent.newBuilder()
                .setVersion(version)
                .setPosition(startMs)
                .setValue(ByteBuffer.wrap(value))
                .build();
        return new ProducerRecord<>(topic(replica), partition(key), startMs, key, WRITES.encode("", event));
    }

    private void createTopics(Map<String, String> configuration, String... names) {
        for (String name : names) {
            replicas.add(name);
            broker.createTopics(PARTITIONS, configuration, topic(name));
        }
    }

    private String topic(String replica) {
        return dataset + "." + replica;
    }

    private void everywhere(String key, long version, String value, long timeMs) throws Exception {
        for (int i = 0; i < replicas.size(); i++) {
            put(replicas.get(i), key, version, value, timeMs + i);
        }
    }

    private static int partition(byte[] key) {
        return Math.floorMod(Arrays.hashCode(key), PARTITIONS);
    }

    private String at(String replica, Place place) {
        return topic(replica) + "-" + place.partition() + "@" + place.offset();
    }

    private record Place(int partition, long offset) {}

    private Place put(String replica, String key, long version, String value, long timeMs) throws Exception {
        return send(replica, key, event(version, value, timeMs), timeMs);
    }

    private Place delete(String replica, String key, long version, long timeMs) throws Exception {
        return send(
                replica,
                key,
                WriteEvent.newBuilder().setVersion(version).setPosition(timeMs).setDeleted(true),
                timeMs);
    }

    private static WriteEvent.Builder event(long version, String value, long positionMs) {
        return WriteEvent.newBuilder()
                .setVersion(version)
                .setPosition(positionMs)
                .setValue(ByteBuffer.wrap(value.getBytes(UTF_8)));
    }

    private Place send(String replica, String key, WriteEvent.Builder event, long timeMs) throws Exception {
        return send(replica, key.getBytes(UTF_8), WRITES.encode("", event.build()), timeMs);
    }

    private Place send(String replica, byte[] key, byte[] value, long timeMs) throws Exception {
        int partition = partition(key);
        long offset = producer.send(new ProducerRecord<>(topic(replica), partition, timeMs, key, value))
                .get()
                .offset();
        return new Place(partition, offset);
    }

    private String time(int minutes) {
        return Instant.ofEpochMilli(startMs + minutes * MINUTE).toString();
    }

    private static Set<String> plus(Set<String> set, String... more) {
        Set<String> all = new TreeSet<>(set);
        all.addAll(List.of(more));
        return all;
    }

    private Invocation run(List<String> more) {
        return run(replicas, more);
    }

    private Invocation run(List<String> audited, List<String> more) {
        List<String> arguments = new ArrayList<>(List.of("audit", "--bootstrap-server", broker.bootstrapServers()));
        audited.forEach(replica -> arguments.addAll(List.of("--replica", replica + "=" + topic(replica))));
        arguments.addAll(more);
        return Invocation.of(arguments.toArray(String[]::new));
    }

    private JsonNode json(String... more) throws Exception {
        return json(replicas, more);
    }

    private JsonNode json(List<String> audited, String... more) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("--output", "json"));
        arguments.addAll(List.of(more));
        Invocation audit = run(audited, arguments);
        JsonNode result = new ObjectMapper().readTree(audit.out());
        assertThat(result.get("exitCode").intValue()).isEqualTo(audit.exitCode());
        return result;
    }

    /** Key, target, kind and origin of every finding of an audit without doubts. */
    private Set<String> audit(String... more) throws Exception {
        JsonNode result = json(more);
        assertThat(result.get("doubts")).isEmpty();
        Set<String> found = found(result);
        assertThat(result.get("verdict").textValue()).isEqualTo(found.isEmpty() ? "EQUAL" : "DIVERGENT");
        return found;
    }

    private static Set<String> found(JsonNode result) {
        Set<String> found = new TreeSet<>();
        for (JsonNode key : result.get("divergent")) {
            JsonNode since = key.get("since");
            assertThat(since.get("exact").booleanValue()).isTrue();
            for (JsonNode finding : key.get("findings")) {
                found.add(
                        key.get("key").textValue() + " " + finding.get("target").textValue() + " "
                                + finding.get("kind").textValue() + " since "
                                + since.get("topic").textValue() + "-"
                                + since.get("topicPartition").intValue() + "@"
                                + since.get("offset").longValue());
            }
        }
        assertThat(found.stream().map(line -> line.split(" ", -1)[0]).collect(Collectors.toSet()))
                .hasSize(result.get("divergentKeys").intValue());
        return found;
    }
}
