package io.trueup.replica;

import static io.trueup.replica.ReplicaFixture.PATIENCE;
import static io.trueup.replica.ReplicaFixture.bytes;
import static io.trueup.replica.ReplicaFixture.header;
import static io.trueup.replica.ReplicaFixture.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.trueup.broker.TestBroker;
import io.trueup.reconcile.Divergence;
import io.trueup.reconcile.EntrySummary;
import io.trueup.repair.RepairFormat;
import io.trueup.repair.ValueReference;
import io.trueup.replica.entry.FeedRecord;
import io.trueup.replica.entry.StoredEntry;
import io.trueup.replica.entry.VersionVector;
import io.trueup.replica.format.WriteEvents;
import io.trueup.replica.table.Datastore;
import io.trueup.replica.table.JdbcSettings;
import io.trueup.replica.table.Table;
import io.trueup.schema.HeaderNames;
import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import io.trueup.tree.Write;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.config.ConfigException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReplicaIT {

    private static final long FOREVER = Long.MAX_VALUE - 1;

    @TempDir
    private Path directory;

    private ReplicaFixture stage;

    @BeforeEach
    void build() {
        stage = new ReplicaFixture(directory);
    }

    @AfterEach
    void close() {
        stage.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"trueup", "plain"})
    void shouldHoldAndTellTheLastWriteOfEachKey(String format) {
        stage.with("writes.format", format);
        Map<String, String> expected = new TreeMap<>();
        for (int i = 0; i < 500; i++) {
            String key = "k" + i % 100;
            boolean delete = i % 7 == 0;
            long version = stage.feed(key, delete ? null : "v" + i);
            expected.put(key, "v" + i + "@" + version);
            if (delete) {
                expected.remove(key);
            }
        }

        try (Replica replica = stage.start()) {
            stage.awaitCaughtUp(replica);

            assertThat(stage.table()).isEqualTo(expected);
            assertThat(stage.lastTold()).isEqualTo(expected);
            assertThat(stage.told()).as("every applied write is told").hasSize(500);
            assertThat(replica.status().applied()).isEqualTo(500);
        }
    }

    @Test
    void shouldTellPositionAndExpiryOfTheFeed() {
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(stage.feed, 1, bytes("k"), bytes("v"));
        record.headers()
                .add("trueup.version", bytes("-7"))
                .add("trueup.position", bytes("1234"))
                .add("trueup.expiry", bytes("99999999999999"));
        stage.send(record);

        try (Replica replica = stage.start()) {
            stage.awaitCaughtUp(replica);
        }

        ReplicaFixture.Told told = stage.told().get(0);
        assertThat(told.record().partition()).isEqualTo(1);
        assertThat(told.write().version()).isEqualTo(-7);
        assertThat(told.write().positionMs()).isEqualTo(1234);
        assertThat(told.write().expiryMs()).isEqualTo(99999999999999L);
    }

    @Test
    void shouldIgnoreDuplicatesAndOlderWritesAndTellWhatIsHeld() {
        stage.feed("k", "new", 9);
        stage.feed("k", "old", 3);
        stage.feed("k", "other", 9);
        stage.feed("gone", null, 5);
        stage.feed("gone", "back", 4);

        try (Replica replica = stage.start()) {
            stage.awaitCaughtUp(replica);

            assertThat(stage.table()).isEqualTo(Map.of("k", "new@9"));
            assertThat(stage.lastTold()).isEqualTo(Map.of("k", "new@9"));
        }
    }

    @Test
    void shouldChangeNothingWhenStartedWithOldOffsets() {
        for (int i = 0; i < 200; i++) {
            stage.feed("k" + i % 50, i % 9 == 0 ? null : "v" + i);
        }
        try (Replica replica = stage.start()) {
            stage.awaitCaughtUp(replica);
        }
        Map<String, String> before = stage.table();
        stage.rewindGroup();

        try (Replica replica = stage.start()) {
            stage.awaitCaughtUp(replica);

            assertThat(replica.status().applied()).isZero();
            assertThat(replica.status().declined()).isEqualTo(200);
            assertThat(stage.table()).isEqualTo(before);
            assertThat(stage.lastTold()).isEqualTo(before);
        }
    }

    @Test
    void shouldTellWhatACrashKeptFromBeingToldAfterTheCommit() {
        long first = stage.feed("a", "1");
        long second = stage.feed("b", "2");
        try (Table table = Table.open(stage.config().location())) {
            table.apply(
                    List.of(
                            new FeedRecord(
                                    stage.feed,
                                    ReplicaFixture.partition("a"),
                                    first,
                                    bytes("a"),
                                    bytes("1"),
                                    first,
                                    1,
                                    StoredEntry.NEVER),
                            new FeedRecord(
                                    stage.feed,
                                    ReplicaFixture.partition("b"),
                                    second,
                                    bytes("b"),
                                    bytes("2"),
                                    second,
                                    1,
                                    StoredEntry.NEVER)),
                    List.of(),
                    Map.of(),
                    0);
        }

        try (Replica replica = stage.start()) {
            stage.awaitCaughtUp(replica);

            assertThat(replica.status().applied()).isZero();
            assertThat(stage.lastTold()).isEqualTo(Map.of("a", "1@" + first, "b", "2@" + second));
        }
    }

    @Test
    void shouldReadTheFeedAgainAsFarAsNeededWhenItsDatabaseIsLostOrRestored() throws IOException {
        Path database = directory.resolve("eu.db");
        Path backup = directory.resolve("backup.db");
        Map<String, String> expected = new HashMap<>();
        feed(expected, "first");
        try (Replica replica = stage.start()) {
            stage.awaitCaughtUp(replica);
        }
        Files.copy(database, backup);
        feed(expected, "second");
        try (Replica replica = stage.start()) {
            stage.awaitCaughtUp(replica);
        }

        Files.copy(backup, database, StandardCopyOption.REPLACE_EXISTING);
        try (Replica replica = stage.start()) {
            await().atMost(PATIENCE).until(() -> replica.status().applied() >= 50);
            assertThat(stage.table()).isEqualTo(expected);
            assertThat(replica.status().declined()).as("no more than needed").isZero();
        }
        Files.delete(database);
        try (Replica replica = stage.start()) {
            await().atMost(PATIENCE).until(() -> replica.status().applied() >= 100);
            assertThat(stage.table()).isEqualTo(expected);
        }
        assertThat(stage.lastTold()).isEqualTo(expected);
    }

    private void feed(Map<String, String> expected, String value) {
        for (int i = 0; i < 50; i++) {
            expected.put("k" + i, value + "@" + stage.feed("k" + i, value));
        }
    }

    @Test
    void shouldGoOnWhereItWasStoppedAbruptly() {
        Map<String, String> expected = new HashMap<>();
        for (int round = 0; round < 5; round++) {
            Replica replica = stage.start();
            for (int i = 0; i < 300; i++) {
                String key = "k" + i % 60;
                expected.put(key, "r" + round + "i" + i + "@" + stage.feed(key, "r" + round + "i" + i));
            }
            replica.stop();
            assertThat(replica.status().state()).isEqualTo(Replica.State.ENDED);
        }

        try (Replica replica = stage.start()) {
            stage.awaitCaughtUp(replica);

            assertThat(stage.table()).isEqualTo(expected);
            assertThat(stage.lastTold()).isEqualTo(expected);
        }
    }

    @Test
    void shouldShareOnePostgresqlDatabaseAmongItsInstances() throws IOException {
        try (EmbeddedPostgres server = EmbeddedPostgres.start()) {
            stage.with("jdbc.url", "jdbc:postgresql://127.0.0.1:" + server.getPort() + "/postgres")
                    .with("jdbc.user", "postgres")
                    .with("jdbc.table", "places");
            Map<String, String> expected = new HashMap<>();
            feed(expected, "first");
            try (Replica one = stage.start();
                    Replica two = stage.start()) {
                await().atMost(PATIENCE).until(() -> {
                    feed(expected, "more");
                    return one.status().applied() > 0 && two.status().applied() > 0;
                });
                stage.awaitCaughtUp(one);

                assertThat(stage.table()).isEqualTo(expected);
                assertThat(stage.lastTold()).isEqualTo(expected);
            }
        }
    }

    @Test
    void shouldNeitherReadNorTellWhilePaused() {
        stage.feed("k", "before");
        try (Replica replica = stage.start()) {
            stage.awaitCaughtUp(replica);
            replica.pause();
            Map<?, Long> ends = stage.ends(stage.writes);

            long version = stage.feed("k", "after");
            await().during(java.time.Duration.ofMillis(800))
                    .atMost(PATIENCE)
                    .until(() -> stage.ends(stage.writes).equals(ends));
            assertThat(stage.table().get("k")).startsWith("before");
            assertThat(replica.status().state()).isEqualTo(Replica.State.PAUSED);

            replica.resume();
            stage.awaitCaughtUp(replica);
            assertThat(stage.lastTold()).isEqualTo(Map.of("k", "after@" + version));
        }
    }

    @Test
    void shouldDoWithTheFeedWhatItsIntakeDecides() {
        Intake intake = record -> switch (text(record.key())) {
            case "lost" -> Intake.Decision.DROP;
            case "garbled" -> Intake.Decision.replace(bytes("garbage"));
            default -> Intake.Decision.APPLY;
        };
        stage.feed("lost", "v", 1);
        stage.feed("garbled", "v", 2);
        stage.feed("good", "v", 3);

        try (Replica replica = stage.start(intake)) {
            stage.awaitCaughtUp(replica);

            assertThat(stage.table()).isEqualTo(Map.of("garbled", "garbage@2", "good", "v@3"));
            assertThat(stage.lastTold()).isEqualTo(stage.table());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"trueup", "plain"})
    void shouldApplyRepairsAndAnswerEachOne(String format) {
        stage.with("repairs.format", format).with("writes.format", format);
        stage.feed("stale", "old", 4);
        stage.feed("newer", "kept", 9);
        stage.feed("corrupt", "garbage", 5);
        stage.feed("undeleted", "zombie", 5);
        stage.feed("moved", "mine", 7);
        try (Replica replica = stage.start()) {
            stage.awaitCaughtUp(replica);
            repair(format, "r1", "stale", "v", 5, null, FOREVER);
            repair(format, "r2", "newer", "v", 5, null, FOREVER);
            repair(format, "r3", "corrupt", "v", 5, null, FOREVER);
            repair(format, "r4", "undeleted", null, 6, null, FOREVER);
            repair(format, "r5", "missing", "v", 5, null, FOREVER);
            repair(format, "r6", "moved", "v", 5, seen(6), FOREVER);
            repair(format, "r7", "moved", "theirs", 5, seen(7), FOREVER);
            repair(format, "r8", "never", "v", 5, null, 1);
            stage.awaitCaughtUp(replica);

            assertAnswer("r1", 5, "v");
            assertAnswer("r2", 9, "kept");
            assertAnswer("r3", 5, "v");
            assertAnswer("r4", 6, null);
            assertAnswer("r5", 5, "v");
            assertAnswer("r6", 7, "mine");
            assertAnswer("r7", 5, "theirs");
            assertAnswer("r8", Long.MIN_VALUE, null);
            assertThat(stage.answer("r1").positionMs())
                    .as("position of the winner")
                    .isEqualTo(77);
            assertThat(stage.table())
                    .isEqualTo(Map.of(
                            "stale",
                            "v@5",
                            "newer",
                            "kept@9",
                            "corrupt",
                            "v@5",
                            "missing",
                            "v@5",
                            "moved",
                            "theirs@5"));
            assertThat(stage.lastTold()).isEqualTo(stage.table());
            assertThat(replica.status().repaired()).isEqualTo(5);
            assertThat(replica.status().repairsDeclined()).isEqualTo(3);

            stage.feed("undeleted", "zombie", 5);
            stage.awaitCaughtUp(replica);
            assertThat(stage.table()).doesNotContainKey("undeleted");
        }
    }

    @Test
    void shouldFetchTheValueOfAReferenceFromItsPeer() {
        Path peer = directory.resolve("us.db");
        try (Table table = Table.open(JdbcSettings.of("jdbc:sqlite:" + peer))) {
            table.apply(
                    List.of(new FeedRecord("f", 0, 0, bytes("big"), bytes("large"), 5, 1, StoredEntry.NEVER)),
                    List.of(),
                    Map.of(),
                    0);
        }
        stage.with("peer.us.jdbc.url", "jdbc:sqlite:" + peer);
        try (Replica replica = stage.start()) {
            reference("r1", "big", 5, "us");
            reference("r2", "big", 6, "us");
            reference("r3", "big", 9, "ap");

            assertAnswer("r1", 5, "large");
            assertAnswer("r2", 5, "large");
            assertAnswer("r3", 5, "large");
            assertThat(replica.status().unresolved()).isEqualTo(2);
            assertThat(replica.status().repaired()).isEqualTo(1);
        }
    }

    @Test
    void shouldPutMalformedRecordsAsideAndGoOn() {
        ProducerRecord<byte[], byte[]> badVersion = new ProducerRecord<>(stage.feed, 1, bytes("k"), bytes("v"));
        badVersion.headers().add("trueup.version", bytes("seven"));
        long offset = stage.send(badVersion);
        stage.send(new ProducerRecord<>(stage.feed, 2, null, bytes("no key")));
        stage.send(new ProducerRecord<>(stage.repairs, 3, bytes("k"), bytes("no repair")));
        repairOf("us", "r1", "k");
        stage.feed("good", "v", 1);

        try (Replica replica = stage.start()) {
            stage.awaitCaughtUp(replica);

            assertThat(stage.table()).isEqualTo(Map.of("good", "v@1"));
            assertThat(replica.status().deadLetters()).isEqualTo(4);
        }
        List<ConsumerRecord<byte[], byte[]>> letters = stage.deadLetters();
        assertThat(letters).hasSize(4);
        ConsumerRecord<byte[], byte[]> letter = letters.stream()
                .filter(candidate ->
                        header(candidate, HeaderNames.DEAD_LETTER_REASON).contains("seven"))
                .findFirst()
                .orElseThrow();
        assertThat(letter.key()).isEqualTo(bytes("k"));
        assertThat(letter.value()).isEqualTo(bytes("v"));
        assertThat(header(letter, "trueup.version")).isEqualTo("seven");
        assertThat(header(letter, HeaderNames.DEAD_LETTER_TOPIC)).isEqualTo(stage.feed);
        assertThat(header(letter, HeaderNames.DEAD_LETTER_PARTITION)).isEqualTo("1");
        assertThat(header(letter, HeaderNames.DEAD_LETTER_OFFSET)).isEqualTo(Long.toString(offset));
        assertThat(letters)
                .extracting(candidate -> header(candidate, HeaderNames.DEAD_LETTER_REASON))
                .anyMatch(reason -> reason.contains("no key"))
                .anyMatch(reason -> reason.contains("single-object encoding"))
                .anyMatch(reason -> reason.contains("replica us"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"trueup", "plain"})
    void shouldTellProgressOfIdlePartitionsIntoACompactedTopic(String format) {
        try (ReplicaFixture compacted = new ReplicaFixture(directory, Map.of("cleanup.policy", "compact"))) {
            compacted.with("writes.format", format);
            assertThatThrownBy(() -> compacted
                            .producer
                            .send(new ProducerRecord<>(compacted.writes, 0, null, bytes("no key")))
                            .get())
                    .as("why progress events have a key")
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(InvalidRecordException.class);
            compacted.feed("k", "v");
            long startMs = System.currentTimeMillis();

            try (Replica replica = compacted.start()) {
                await().atMost(PATIENCE).untilAsserted(() -> {
                    Map<Integer, List<Long>> progress = compacted.progress();
                    assertThat(progress).containsOnlyKeys(0, 1, 2, 3);
                    assertThat(progress)
                            .allSatisfy((partition, positions) -> assertThat(positions)
                                    .hasSizeGreaterThan(2)
                                    .isSorted()
                                    .allMatch(
                                            position -> position >= startMs && position <= System.currentTimeMillis()));
                });
                assertThat(replica.status().failures()).isZero();
                long toldAt = System.currentTimeMillis();
                await().atMost(PATIENCE)
                        .until(() -> compacted.progress().get(0).stream().anyMatch(position -> position > toldAt));
            }
        }
    }

    @Test
    void shouldNotTellProgressOfAPartitionBeforeItsWritesAreTold() {
        for (int i = 0; i < 2_000; i++) {
            var unused = stage.producer.send(new ProducerRecord<>(stage.feed, 0, bytes("k" + i), bytes("v")));
        }
        stage.producer.flush();
        stage.with("batch.records.max", "50").with("progress.interval", "50ms");

        try (Replica replica = stage.start()) {
            await().atMost(PATIENCE).until(() -> stage.progress().containsKey(0));
            long lastWrite = stage.told().stream()
                    .mapToLong(told -> told.record().offset())
                    .max()
                    .orElseThrow();
            assertThat(stage.told()).hasSize(2_000);
            assertThat(replica.status().applied()).isEqualTo(2_000);
            long firstProgress = TestBroker.shared().readAll(stage.writes).stream()
                    .filter(record -> record.partition() == 0 && WriteEvents.isProgressKey(record.key()))
                    .mapToLong(ConsumerRecord::offset)
                    .min()
                    .orElseThrow();
            assertThat(firstProgress).isGreaterThan(lastWrite);
        }
    }

    @Test
    void shouldPurgeExpiredValuesAndOldTombstonesWithoutTellingOfIt() {
        int keys = 2_500;
        for (int i = 0; i < keys; i++) {
            ProducerRecord<byte[], byte[]> expiring = new ProducerRecord<>(stage.feed, 0, bytes("e" + i), bytes("v"));
            expiring.headers().add("trueup.position", bytes("1000")).add("trueup.expiry", bytes("2000"));
            var unused = stage.producer.send(expiring);
            unused = stage.producer.send(new ProducerRecord<>(stage.feed, 1, bytes("d" + i), null));
        }
        stage.feed("kept", "v", 1);
        try (Replica replica = stage.start()) {
            stage.awaitCaughtUp(replica);
            assertThat(replica.status().buried() + replica.status().forgotten()).isZero();
        }
        assertThat(rows()).isEqualTo(2L * keys + 1);
        stage.with("purge.interval", "50ms").with("expired.retention", "50ms").with("tombstone.retention", "50ms");

        try (Replica replica = stage.start()) {
            await().atMost(PATIENCE).until(() -> rows() == 1);
            await().atMost(PATIENCE).until(() -> replica.status().forgotten() == 2L * keys);
            assertThat(replica.status().buried()).isEqualTo(keys);
            assertThat(replica.status().failures()).isZero();

            stage.feed("late", "v", 1);
            stage.awaitCaughtUp(replica);
        }

        assertThat(stage.told()).as("a purge is no write").hasSize(2 * keys + 2);
        assertThat(stage.table()).isEqualTo(Map.of("kept", "v@1", "late", "v@1"));
    }

    private long rows() {
        try (Datastore datastore = Datastore.open(stage.config().location())) {
            return datastore.rowsByPartition().values().stream()
                    .mapToLong(Long::longValue)
                    .sum();
        }
    }

    @Test
    void shouldKeepTellAndRepairByVersionVectors() {
        vector("k", "eu", "eu=1");
        vector("k", "later", "eu=1,us=1");
        vector("k", "concurrent", "eu=2");
        vector("k", "again", "eu=1,us=1");
        vector("bad", "v", "eu");
        try (Replica replica = stage.start()) {
            stage.awaitCaughtUp(replica);
            assertThat(stage.table()).isEqualTo(Map.of("k", "later@2"));
            assertThat(replica.status().applied()).isEqualTo(2);
            assertThat(replica.status().declined()).isEqualTo(2);
            assertThat(stage.told().stream().map(ReplicaFixture.Told::write))
                    .filteredOn(write -> text(write.key()).equals("k"))
                    .extracting(write -> text(write.value()) + " " + write.vector())
                    .startsWith("eu eu=1", "later eu=1,us=1")
                    .doesNotContain("concurrent eu=2");

            repair("r1", "k", "eu=2", null);
            repair("r2", "k", "eu=2,us=1", null);
            repair("r3", "k", "eu=3,us=1", "eu=2");
            repair("r4", "k", "us=1", "eu=2,us=1");
            repair("r5", "none", "us=1", "us=9");
            stage.awaitCaughtUp(replica);

            assertVector("r1", "later", "eu=1,us=1");
            assertVector("r2", "r2", "eu=2,us=1");
            assertVector("r3", "r2", "eu=2,us=1");
            assertVector("r4", "r4", "us=1");
            Write nothing = stage.answer("r5");
            assertThat(nothing.deleted()).isTrue();
            assertThat(nothing.vector()).isEqualTo(io.trueup.tree.VersionVector.of(Map.of()));
            assertThat(stage.lastTold()).isEqualTo(stage.table());
        }
        assertThat(stage.deadLetters())
                .hasSize(1)
                .allSatisfy(letter -> assertThat(header(letter, HeaderNames.DEAD_LETTER_REASON))
                        .contains("trueup.vector", "not name=counter"));
    }

    private void vector(String key, String value, String vector) {
        ProducerRecord<byte[], byte[]> record =
                new ProducerRecord<>(stage.feed, ReplicaFixture.partition(key), bytes(key), bytes(value));
        record.headers().add(HeaderNames.VECTOR, bytes(vector));
        stage.send(record);
    }

    private void assertVector(String id, String value, String vector) {
        Write answer = stage.answer(id);
        assertThat(text(answer.value())).as(id).isEqualTo(value);
        assertThat(answer.vector()).as(id).hasToString(vector);
    }

    /** A repair with a vector, whose value is its id. */
    private void repair(String id, String key, String vector, String observed) {
        io.trueup.tree.VersionVector winner = treeVector(vector);
        io.trueup.tree.VersionVector seen = observed == null ? null : treeVector(observed);
        io.trueup.reconcile.Repair repair = new io.trueup.reconcile.Repair(
                id,
                bytes(key),
                Hash128.ZERO,
                "eu",
                "us",
                Divergence.STALE,
                new io.trueup.reconcile.Repair.Winner(winner.total(), winner, 77, false, Entry.NEVER, 0),
                new io.trueup.reconcile.Repair.Condition(
                        observed != null,
                        seen == null
                                ? null
                                : new EntrySummary(
                                        Hash128.ZERO, seen.total(), seen, 0, 0, Entry.NEVER, false, Hash128.ZERO)),
                0,
                1,
                FOREVER);
        stage.repair(RepairFormat.of("trueup", "places", "eu", stage.repairs)
                .encode(repair, ReplicaFixture.partition(key), bytes(id), null)
                .orElseThrow());
    }

    private static io.trueup.tree.VersionVector treeVector(String text) {
        return io.trueup.tree.VersionVector.of(VersionVector.parse(text).counters());
    }

    @Test
    void shouldSayWhichTopicIsMissingOrPartitionedInAnotherWay() {
        String other = TestBroker.unique("other");
        TestBroker.shared().createTopics(2, other);

        assertThatThrownBy(() -> stage.with("repairs.topic", other).start())
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("repairs.topic")
                .hasMessageContaining("2 partitions, the feed has 4");
        assertThatThrownBy(() -> stage.with("repairs.topic", "nowhere").start())
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("repairs.topic")
                .hasMessageContaining("nowhere");
    }

    private void assertAnswer(String id, long version, String value) {
        Write answer = stage.answer(id);
        assertThat(answer.version()).as(id).isEqualTo(version);
        assertThat(answer.deleted()).as(id).isEqualTo(value == null);
        assertThat(answer.value() == null ? null : text(answer.value())).as(id).isEqualTo(value);
    }

    private void repair(
            String format, String id, String key, String value, long version, EntrySummary observed, long untilMs) {
        stage.repair(RepairFormat.of(format, "places", "eu", stage.repairs)
                .encode(
                        decided("eu", id, key, value == null, version, observed, untilMs),
                        ReplicaFixture.partition(key),
                        value == null ? null : bytes(value),
                        null)
                .orElseThrow());
    }

    private void reference(String id, String key, long version, String source) {
        stage.repair(RepairFormat.of("trueup", "places", "eu", stage.repairs)
                .encode(
                        decided("eu", id, key, false, version, null, FOREVER),
                        ReplicaFixture.partition(key),
                        null,
                        new ValueReference(source, "writes", 0))
                .orElseThrow());
    }

    private void repairOf(String target, String id, String key) {
        stage.repair(RepairFormat.of("trueup", "places", target, stage.repairs)
                .encode(
                        decided(target, id, key, false, 1, null, FOREVER),
                        ReplicaFixture.partition(key),
                        bytes("v"),
                        null)
                .orElseThrow());
    }

    /** A repair as the job decides it, with position 77. */
    private static io.trueup.reconcile.Repair decided(
            String target, String id, String key, boolean deleted, long version, EntrySummary observed, long untilMs) {
        return new io.trueup.reconcile.Repair(
                id,
                bytes(key),
                Hash128.ZERO,
                target,
                "us",
                Divergence.STALE,
                new io.trueup.reconcile.Repair.Winner(version, null, 77, deleted, Entry.NEVER, 0),
                new io.trueup.reconcile.Repair.Condition(observed != null, observed),
                0,
                1,
                untilMs);
    }

    private static EntrySummary seen(long version) {
        return new EntrySummary(Hash128.ZERO, version, 0, 0, Entry.NEVER, false, Hash128.ZERO);
    }
}
