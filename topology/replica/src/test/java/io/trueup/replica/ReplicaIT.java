package io.trueup.replica;

import static io.trueup.replica.ReplicaFixture.TIMEOUT;
import static io.trueup.replica.ReplicaFixture.bytes;
import static io.trueup.replica.ReplicaFixture.header;
import static io.trueup.replica.ReplicaFixture.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.trueup.avro.RecordCodecs;
import io.trueup.broker.TestBroker;
import io.trueup.reconcile.rule.Divergence;
import io.trueup.reconcile.rule.EntrySummary;
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
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
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

    private ReplicaFixture fixture;

    @BeforeEach
    void build() {
        fixture = new ReplicaFixture(directory);
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"trueup", "plain"})
    void shouldStoreAndReportTheLastWriteOfEachKey(String format) {
        fixture.with("writes.format", format);
        Map<String, String> expected = new TreeMap<>();
        for (int i = 0; i < 500; i++) {
            String key = "k" + i % 100;
            boolean delete = i % 7 == 0;
            long version = fixture.feed(key, delete ? null : "v" + i);
            expected.put(key, "v" + i + "@" + version);
            if (delete) {
                expected.remove(key);
            }
        }

        try (Replica replica = fixture.start()) {
            fixture.awaitCaughtUp(replica);

            assertThat(fixture.table()).isEqualTo(expected);
            assertThat(fixture.lastReported()).isEqualTo(expected);
            assertThat(fixture.writeEvents())
                    .as("an event for every applied write")
                    .hasSize(500);
            assertThat(replica.status().applied()).isEqualTo(500);
        }
    }

    @Test
    void shouldReportPositionAndExpiryOfTheFeed() {
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(fixture.feed, 1, bytes("k"), bytes("v"));
        record.headers()
                .add("trueup.version", bytes("-7"))
                .add("trueup.position", bytes("1234"))
                .add("trueup.expiry", bytes("99999999999999"));
        fixture.send(record);

        try (Replica replica = fixture.start()) {
            fixture.awaitCaughtUp(replica);
        }

        ReplicaFixture.SentWrite event = fixture.writeEvents().get(0);
        assertThat(event.record().partition()).isEqualTo(1);
        assertThat(event.write().version()).isEqualTo(-7);
        assertThat(event.write().positionMs()).isEqualTo(1234);
        assertThat(event.write().expiryMs()).isEqualTo(99999999999999L);
    }

    @Test
    void shouldIgnoreDuplicatesAndOlderWritesAndReportTheHeldEntry() {
        fixture.feed("k", "new", 9);
        fixture.feed("k", "old", 3);
        fixture.feed("k", "other", 9);
        fixture.feed("gone", null, 5);
        fixture.feed("gone", "back", 4);

        try (Replica replica = fixture.start()) {
            fixture.awaitCaughtUp(replica);

            assertThat(fixture.table()).isEqualTo(Map.of("k", "new@9"));
            assertThat(fixture.lastReported()).isEqualTo(Map.of("k", "new@9"));
        }
    }

    @Test
    void shouldChangeNothingWhenStartedWithOldOffsets() {
        for (int i = 0; i < 200; i++) {
            fixture.feed("k" + i % 50, i % 9 == 0 ? null : "v" + i);
        }
        try (Replica replica = fixture.start()) {
            fixture.awaitCaughtUp(replica);
        }
        Map<String, String> before = fixture.table();
        fixture.rewindGroup();

        try (Replica replica = fixture.start()) {
            fixture.awaitCaughtUp(replica);

            assertThat(replica.status().applied()).isZero();
            assertThat(replica.status().declined()).isEqualTo(200);
            assertThat(fixture.table()).isEqualTo(before);
            assertThat(fixture.lastReported()).isEqualTo(before);
        }
    }

    @Test
    void shouldSendTheWriteEventsThatACrashPreventedAfterTheCommit() {
        long first = fixture.feed("a", "1");
        long second = fixture.feed("b", "2");
        try (Table table = Table.open(fixture.config().jdbc())) {
            table.apply(
                    List.of(
                            new FeedRecord(
                                    fixture.feed,
                                    ReplicaFixture.partition("a"),
                                    first,
                                    bytes("a"),
                                    bytes("1"),
                                    first,
                                    1,
                                    StoredEntry.NEVER),
                            new FeedRecord(
                                    fixture.feed,
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

        try (Replica replica = fixture.start()) {
            fixture.awaitCaughtUp(replica);

            assertThat(replica.status().applied()).isZero();
            assertThat(fixture.lastReported()).isEqualTo(Map.of("a", "1@" + first, "b", "2@" + second));
        }
    }

    @Test
    void shouldReadTheFeedAgainFromWhereItsLostOrRestoredDatabaseEnds() throws IOException {
        Path database = directory.resolve("eu.db");
        Path backup = directory.resolve("backup.db");
        Map<String, String> expected = new HashMap<>();
        feed(expected, "first");
        try (Replica replica = fixture.start()) {
            fixture.awaitCaughtUp(replica);
        }
        Files.copy(database, backup);
        feed(expected, "second");
        try (Replica replica = fixture.start()) {
            fixture.awaitCaughtUp(replica);
        }

        Files.copy(backup, database, StandardCopyOption.REPLACE_EXISTING);
        try (Replica replica = fixture.start()) {
            await().atMost(TIMEOUT).until(() -> replica.status().applied() >= 50);
            assertThat(fixture.table()).isEqualTo(expected);
            assertThat(replica.status().declined()).as("no more than needed").isZero();
        }
        Files.delete(database);
        try (Replica replica = fixture.start()) {
            await().atMost(TIMEOUT).until(() -> replica.status().applied() >= 100);
            assertThat(fixture.table()).isEqualTo(expected);
        }
        assertThat(fixture.lastReported()).isEqualTo(expected);
    }

    private void feed(Map<String, String> expected, String value) {
        for (int i = 0; i < 50; i++) {
            expected.put("k" + i, value + "@" + fixture.feed("k" + i, value));
        }
    }

    @Test
    void shouldContinueWhereItWasStoppedAbruptly() {
        Map<String, String> expected = new HashMap<>();
        for (int round = 0; round < 5; round++) {
            Replica replica = fixture.start();
            for (int i = 0; i < 300; i++) {
                String key = "k" + i % 60;
                expected.put(key, "r" + round + "i" + i + "@" + fixture.feed(key, "r" + round + "i" + i));
            }
            replica.stop();
            assertThat(replica.status().state()).isEqualTo(Replica.State.ENDED);
        }

        try (Replica replica = fixture.start()) {
            fixture.awaitCaughtUp(replica);

            assertThat(fixture.table()).isEqualTo(expected);
            assertThat(fixture.lastReported()).isEqualTo(expected);
        }
    }

    @Test
    void shouldGoOnWhenARebalanceRefusesItsOffsets() {
        ReplicaConfig config = fixture.with("progress.interval", "1h").config();
        RecordCodecs codecs = RecordCodecs.embedded();
        RebalancedConsumer consumer = new RebalancedConsumer();
        TopicPartition partition = new TopicPartition(fixture.feed, 0);
        Worker worker = new Worker(
                config,
                Table.open(config.jdbc()),
                Intake.FAITHFUL,
                new Counters(),
                codecs,
                Worker.writeEvents(config, codecs),
                () -> consumer);
        try {
            consumer.updateBeginningOffsets(Map.of(partition, 0L));
            consumer.rebalance(List.of(partition));
            assertThat(worker.cycle()).isTrue();

            consumer.refusing = true;
            consumer.addRecord(write(0, "a"));
            assertThat(worker.cycle()).isTrue();
            assertThat(consumer.committed(Set.of(partition)).get(partition)).isNull();

            consumer.refusing = false;
            consumer.addRecord(write(1, "b"));
            assertThat(worker.cycle()).isTrue();
            assertThat(consumer.committed(Set.of(partition)).get(partition).offset())
                    .isEqualTo(2);
        } finally {
            worker.close();
        }
        assertThat(fixture.seen()).extracting(seen -> text(seen.record().key())).containsExactly("a", "b");
    }

    private ConsumerRecord<byte[], byte[]> write(long offset, String key) {
        return new ConsumerRecord<>(
                fixture.feed,
                0,
                offset,
                1_000,
                TimestampType.CREATE_TIME,
                1,
                1,
                bytes(key),
                bytes("v"),
                new RecordHeaders(),
                Optional.empty());
    }

    /** Its commits can be refused because of a rebalance. */
    private static final class RebalancedConsumer extends MockConsumer<byte[], byte[]> {

        private boolean refusing;

        RebalancedConsumer() {
            super("earliest");
        }

        @Override
        public synchronized void commitSync(Map<TopicPartition, OffsetAndMetadata> offsets) {
            if (refusing) {
                throw new RebalanceInProgressException("the group is rebalancing");
            }
            super.commitSync(offsets);
        }

        @Override
        public Map<TopicPartition, Long> endOffsets(Collection<TopicPartition> partitions, Duration timeout) {
            return Map.of();
        }
    }

    @Test
    void shouldShareOnePostgresqlDatabaseAmongItsInstances() throws IOException {
        try (EmbeddedPostgres server = EmbeddedPostgres.start()) {
            fixture.with("jdbc.url", "jdbc:postgresql://127.0.0.1:" + server.getPort() + "/postgres")
                    .with("jdbc.user", "postgres")
                    .with("jdbc.table", "places");
            Map<String, String> expected = new HashMap<>();
            feed(expected, "first");
            try (Replica one = fixture.start();
                    Replica two = fixture.start()) {
                await().atMost(TIMEOUT).until(() -> {
                    feed(expected, "more");
                    return one.status().applied() > 0 && two.status().applied() > 0;
                });
                fixture.awaitCaughtUp(one);

                assertThat(fixture.table()).isEqualTo(expected);
                assertThat(fixture.lastReported()).isEqualTo(expected);
            }
        }
    }

    @Test
    void shouldNeitherReadNorSendWhilePaused() {
        fixture.feed("k", "before");
        try (Replica replica = fixture.start()) {
            fixture.awaitCaughtUp(replica);
            replica.pause();
            Map<?, Long> ends = fixture.ends(fixture.writes);

            long version = fixture.feed("k", "after");
            await().during(java.time.Duration.ofMillis(800))
                    .atMost(TIMEOUT)
                    .until(() -> fixture.ends(fixture.writes).equals(ends));
            assertThat(fixture.table().get("k")).startsWith("before");
            assertThat(replica.status().state()).isEqualTo(Replica.State.PAUSED);

            replica.resume();
            fixture.awaitCaughtUp(replica);
            assertThat(fixture.lastReported()).isEqualTo(Map.of("k", "after@" + version));
        }
    }

    @Test
    void shouldFollowTheDecisionsOfItsIntake() {
        Intake intake = record -> switch (text(record.key())) {
            case "lost" -> Intake.Decision.DROP;
            case "garbled" -> Intake.Decision.replace(bytes("garbage"));
            default -> Intake.Decision.APPLY;
        };
        fixture.feed("lost", "v", 1);
        fixture.feed("garbled", "v", 2);
        fixture.feed("good", "v", 3);

        try (Replica replica = fixture.start(intake)) {
            fixture.awaitCaughtUp(replica);

            assertThat(fixture.table()).isEqualTo(Map.of("garbled", "garbage@2", "good", "v@3"));
            assertThat(fixture.lastReported()).isEqualTo(fixture.table());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"trueup", "plain"})
    void shouldApplyRepairsAndAnswerEachOne(String format) {
        fixture.with("repairs.format", format).with("writes.format", format);
        fixture.feed("stale", "old", 4);
        fixture.feed("newer", "kept", 9);
        fixture.feed("corrupt", "garbage", 5);
        fixture.feed("undeleted", "zombie", 5);
        fixture.feed("moved", "mine", 7);
        try (Replica replica = fixture.start()) {
            fixture.awaitCaughtUp(replica);
            repair(format, "r1", "stale", "v", 5, null, FOREVER);
            repair(format, "r2", "newer", "v", 5, null, FOREVER);
            repair(format, "r3", "corrupt", "v", 5, null, FOREVER);
            repair(format, "r4", "undeleted", null, 6, null, FOREVER);
            repair(format, "r5", "missing", "v", 5, null, FOREVER);
            repair(format, "r6", "moved", "v", 5, seen(6), FOREVER);
            repair(format, "r7", "moved", "theirs", 5, seen(7), FOREVER);
            repair(format, "r8", "never", "v", 5, null, 1);
            fixture.awaitCaughtUp(replica);

            assertAnswer("r1", 5, "v");
            assertAnswer("r2", 9, "kept");
            assertAnswer("r3", 5, "v");
            assertAnswer("r4", 6, null);
            assertAnswer("r5", 5, "v");
            assertAnswer("r6", 7, "mine");
            assertAnswer("r7", 5, "theirs");
            assertAnswer("r8", Long.MIN_VALUE, null);
            assertThat(fixture.answer("r1").positionMs())
                    .as("position of the winner")
                    .isEqualTo(77);
            assertThat(fixture.table())
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
            assertThat(fixture.lastReported()).isEqualTo(fixture.table());
            assertThat(replica.status().repaired()).isEqualTo(5);
            assertThat(replica.status().repairsDeclined()).isEqualTo(3);

            fixture.feed("undeleted", "zombie", 5);
            fixture.awaitCaughtUp(replica);
            assertThat(fixture.table()).doesNotContainKey("undeleted");
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
        fixture.with("peer.us.jdbc.url", "jdbc:sqlite:" + peer);
        try (Replica replica = fixture.start()) {
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
    void shouldSendMalformedRecordsToTheDeadLetterTopicAndContinue() {
        ProducerRecord<byte[], byte[]> badVersion = new ProducerRecord<>(fixture.feed, 1, bytes("k"), bytes("v"));
        badVersion.headers().add("trueup.version", bytes("seven"));
        long offset = fixture.send(badVersion);
        fixture.send(new ProducerRecord<>(fixture.feed, 2, null, bytes("no key")));
        fixture.send(new ProducerRecord<>(fixture.repairs, 3, bytes("k"), bytes("no repair")));
        repairOf("us", "r1", "k");
        fixture.feed("good", "v", 1);

        try (Replica replica = fixture.start()) {
            fixture.awaitCaughtUp(replica);

            assertThat(fixture.table()).isEqualTo(Map.of("good", "v@1"));
            assertThat(replica.status().deadLetters()).isEqualTo(4);
        }
        List<ConsumerRecord<byte[], byte[]>> letters = fixture.deadLetters();
        assertThat(letters).hasSize(4);
        ConsumerRecord<byte[], byte[]> letter = letters.stream()
                .filter(candidate ->
                        header(candidate, HeaderNames.DEAD_LETTER_REASON).contains("seven"))
                .findFirst()
                .orElseThrow();
        assertThat(letter.key()).isEqualTo(bytes("k"));
        assertThat(letter.value()).isEqualTo(bytes("v"));
        assertThat(header(letter, "trueup.version")).isEqualTo("seven");
        assertThat(header(letter, HeaderNames.DEAD_LETTER_TOPIC)).isEqualTo(fixture.feed);
        assertThat(header(letter, HeaderNames.DEAD_LETTER_PARTITION)).isEqualTo("1");
        assertThat(header(letter, HeaderNames.DEAD_LETTER_OFFSET)).isEqualTo(Long.toString(offset));
        assertThat(letters)
                .extracting(candidate -> header(candidate, HeaderNames.DEAD_LETTER_REASON))
                .anyMatch(reason -> reason.contains("no key"))
                .anyMatch(reason -> reason.contains("single-object encoding"))
                .anyMatch(reason -> reason.contains("replica us"));
    }

    @Test
    void shouldLeaveOutOfADeadLetterWhatItsProducerOrItsTopicRefuses() {
        String small = fixture.feed + "-small";
        TestBroker.shared().createTopics(1, Map.of("max.message.bytes", "20000"), small);
        fixture.with("dead.letter.topic", small).with("kafka.max.request.size", "50000");
        for (int bytes : new int[] {10, 30_000, 100_000}) {
            ProducerRecord<byte[], byte[]> bad =
                    new ProducerRecord<>(fixture.feed, 1, bytes("with-" + bytes), new byte[bytes]);
            bad.headers().add("trueup.version", bytes("seven"));
            fixture.send(bad);
        }
        fixture.send(new ProducerRecord<>(fixture.repairs, 3, new byte[20_000], bytes("no repair")));
        fixture.feed("good", "v", 1);

        try (Replica replica = fixture.start()) {
            fixture.awaitCaughtUp(replica);

            assertThat(fixture.table()).isEqualTo(Map.of("good", "v@1"));
            assertThat(replica.status().deadLetters()).isEqualTo(4);
            assertThat(replica.status().failures()).isZero();
        }
        assertThat(TestBroker.shared().readAll(small))
                .extracting(letter -> (letter.key() == null ? null : text(letter.key())) + " "
                        + (letter.value() == null ? "without" : "with")
                        + header(letter, HeaderNames.DEAD_LETTER_REASON).replaceFirst("^[^;]*;?", ""))
                .containsExactlyInAnyOrder(
                        "with-10 with",
                        "with-30000 without left out of this dead letter, which would be too large: the value of 30000 bytes,"
                                + " the headers",
                        "with-100000 without left out of this dead letter, which would be too large: the value of 100000"
                                + " bytes, the headers",
                        "null without left out of this dead letter, which would be too large: the value of 9 bytes, the"
                                + " key of 20000 bytes");
    }

    @ParameterizedTest
    @ValueSource(strings = {"trueup", "plain"})
    void shouldSendProgressOfIdlePartitionsToACompactedTopic(String format) {
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
                await().atMost(TIMEOUT).untilAsserted(() -> {
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
                long sentAtMs = System.currentTimeMillis();
                await().atMost(TIMEOUT)
                        .until(() -> compacted.progress().get(0).stream().anyMatch(position -> position > sentAtMs));
            }
        }
    }

    @Test
    void shouldNotSendProgressOfAPartitionBeforeItsWriteEvents() {
        for (int i = 0; i < 2_000; i++) {
            var unused = fixture.producer.send(new ProducerRecord<>(fixture.feed, 0, bytes("k" + i), bytes("v")));
        }
        fixture.producer.flush();
        fixture.with("batch.records.max", "50").with("progress.interval", "50ms");

        try (Replica replica = fixture.start()) {
            await().atMost(TIMEOUT).until(() -> fixture.progress().containsKey(0));
            long lastWrite = fixture.writeEvents().stream()
                    .mapToLong(event -> event.record().offset())
                    .max()
                    .orElseThrow();
            assertThat(fixture.writeEvents()).hasSize(2_000);
            assertThat(replica.status().applied()).isEqualTo(2_000);
            long firstProgress = TestBroker.shared().readAll(fixture.writes).stream()
                    .filter(record -> record.partition() == 0 && WriteEvents.isProgressKey(record.key()))
                    .mapToLong(ConsumerRecord::offset)
                    .min()
                    .orElseThrow();
            assertThat(firstProgress).isGreaterThan(lastWrite);
        }
    }

    @Test
    void shouldPurgeExpiredValuesAndOldTombstonesWithoutWriteEvents() {
        int keys = 2_500;
        for (int i = 0; i < keys; i++) {
            ProducerRecord<byte[], byte[]> expiring = new ProducerRecord<>(fixture.feed, 0, bytes("e" + i), bytes("v"));
            expiring.headers().add("trueup.position", bytes("1000")).add("trueup.expiry", bytes("2000"));
            var unused = fixture.producer.send(expiring);
            unused = fixture.producer.send(new ProducerRecord<>(fixture.feed, 1, bytes("d" + i), null));
        }
        fixture.feed("kept", "v", 1);
        try (Replica replica = fixture.start()) {
            fixture.awaitCaughtUp(replica);
            assertThat(replica.status().expired() + replica.status().tombstonesPurged())
                    .isZero();
        }
        assertThat(rows()).isEqualTo(2L * keys + 1);
        fixture.with("purge.interval", "50ms").with("expired.retention", "50ms").with("tombstone.retention", "50ms");

        try (Replica replica = fixture.start()) {
            await().atMost(TIMEOUT).until(() -> rows() == 1);
            await().atMost(TIMEOUT).until(() -> replica.status().tombstonesPurged() == 2L * keys);
            assertThat(replica.status().expired()).isEqualTo(keys);
            assertThat(replica.status().failures()).isZero();

            fixture.feed("late", "v", 1);
            fixture.awaitCaughtUp(replica);
        }

        assertThat(fixture.writeEvents()).as("a purge is not a write").hasSize(2 * keys + 2);
        assertThat(fixture.table()).isEqualTo(Map.of("kept", "v@1", "late", "v@1"));
    }

    private long rows() {
        try (Datastore datastore = Datastore.open(fixture.config().jdbc())) {
            return datastore.rowsByPartition().values().stream()
                    .mapToLong(Long::longValue)
                    .sum();
        }
    }

    @Test
    void shouldStoreReportAndRepairByVersionVectors() {
        vector("k", "eu", "eu=1");
        vector("k", "later", "eu=1,us=1");
        vector("k", "concurrent", "eu=2");
        vector("k", "again", "eu=1,us=1");
        vector("bad", "v", "eu");
        try (Replica replica = fixture.start()) {
            fixture.awaitCaughtUp(replica);
            assertThat(fixture.table()).isEqualTo(Map.of("k", "later@2"));
            assertThat(replica.status().applied()).isEqualTo(2);
            assertThat(replica.status().declined()).isEqualTo(2);
            assertThat(fixture.writeEvents().stream().map(ReplicaFixture.SentWrite::write))
                    .filteredOn(write -> text(write.key()).equals("k"))
                    .extracting(write -> text(write.value()) + " " + write.vector())
                    .startsWith("eu eu=1", "later eu=1,us=1")
                    .doesNotContain("concurrent eu=2");

            repair("r1", "k", "eu=2", null);
            repair("r2", "k", "eu=2,us=1", null);
            repair("r3", "k", "eu=3,us=1", "eu=2");
            repair("r4", "k", "us=1", "eu=2,us=1");
            repair("r5", "none", "us=1", "us=9");
            fixture.awaitCaughtUp(replica);

            assertVector("r1", "later", "eu=1,us=1");
            assertVector("r2", "r2", "eu=2,us=1");
            assertVector("r3", "r2", "eu=2,us=1");
            assertVector("r4", "r4", "us=1");
            Write nothing = fixture.answer("r5");
            assertThat(nothing.deleted()).isTrue();
            assertThat(nothing.vector()).isEqualTo(io.trueup.tree.VersionVector.of(Map.of()));
            assertThat(fixture.lastReported()).isEqualTo(fixture.table());
        }
        assertThat(fixture.deadLetters())
                .hasSize(1)
                .allSatisfy(letter -> assertThat(header(letter, HeaderNames.DEAD_LETTER_REASON))
                        .contains("trueup.vector", "not name=counter"));
    }

    private void vector(String key, String value, String vector) {
        ProducerRecord<byte[], byte[]> record =
                new ProducerRecord<>(fixture.feed, ReplicaFixture.partition(key), bytes(key), bytes(value));
        record.headers().add(HeaderNames.VECTOR, bytes(vector));
        fixture.send(record);
    }

    private void assertVector(String id, String value, String vector) {
        Write answer = fixture.answer(id);
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
                                        Hash128.ZERO,
                                        seen.total(),
                                        seen,
                                        0,
                                        0,
                                        Entry.NEVER,
                                        false,
                                        Hash128.ZERO,
                                        false)),
                0,
                1,
                FOREVER);
        fixture.repair(RepairFormat.of("trueup", "places", "eu", fixture.repairs, RecordCodecs.embedded())
                .encode(repair, ReplicaFixture.partition(key), bytes(id), null)
                .orElseThrow());
    }

    private static io.trueup.tree.VersionVector treeVector(String text) {
        return io.trueup.tree.VersionVector.of(VersionVector.parse(text).counters());
    }

    @Test
    void shouldReportWhichTopicIsMissingOrHasOtherPartitions() {
        String other = TestBroker.unique("other");
        TestBroker.shared().createTopics(2, other);

        assertThatThrownBy(() -> fixture.with("repairs.topic", other).start())
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("repairs.topic")
                .hasMessageContaining("2 partitions, the feed has 4");
        assertThatThrownBy(() -> fixture.with("repairs.topic", "nowhere").start())
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("repairs.topic")
                .hasMessageContaining("nowhere");
    }

    private void assertAnswer(String id, long version, String value) {
        Write answer = fixture.answer(id);
        assertThat(answer.version()).as(id).isEqualTo(version);
        assertThat(answer.deleted()).as(id).isEqualTo(value == null);
        assertThat(answer.value() == null ? null : text(answer.value())).as(id).isEqualTo(value);
    }

    private void repair(
            String format, String id, String key, String value, long version, EntrySummary observed, long untilMs) {
        fixture.repair(RepairFormat.of(format, "places", "eu", fixture.repairs, RecordCodecs.embedded())
                .encode(
                        decided("eu", id, key, value == null, version, observed, untilMs),
                        ReplicaFixture.partition(key),
                        value == null ? null : bytes(value),
                        null)
                .orElseThrow());
    }

    private void reference(String id, String key, long version, String source) {
        fixture.repair(RepairFormat.of("trueup", "places", "eu", fixture.repairs, RecordCodecs.embedded())
                .encode(
                        decided("eu", id, key, false, version, null, FOREVER),
                        ReplicaFixture.partition(key),
                        null,
                        new ValueReference(source, "writes", 0))
                .orElseThrow());
    }

    private void repairOf(String target, String id, String key) {
        fixture.repair(RepairFormat.of("trueup", "places", target, fixture.repairs, RecordCodecs.embedded())
                .encode(
                        decided(target, id, key, false, 1, null, FOREVER),
                        ReplicaFixture.partition(key),
                        bytes("v"),
                        null)
                .orElseThrow());
    }

    /** A repair as the job sends it, with position 77. */
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
