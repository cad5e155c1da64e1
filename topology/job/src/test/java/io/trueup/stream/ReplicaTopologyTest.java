package io.trueup.stream;

import static io.trueup.stream.SimulatedReplica.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.SingleObjectCodec;
import io.trueup.command.ConflictsTopicReader;
import io.trueup.config.TrueupConfig;
import io.trueup.control.ControlCodec;
import io.trueup.control.ControlKey;
import io.trueup.mac.RecordMac;
import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.exchange.Message.Level;
import io.trueup.reconcile.exchange.Message.Root;
import io.trueup.reconcile.rule.Evidence;
import io.trueup.report.ConflictKey;
import io.trueup.schema.ConflictEvent;
import io.trueup.schema.ControlMessage;
import io.trueup.schema.Divergence;
import io.trueup.schema.HeaderNames;
import io.trueup.schema.Outcome;
import io.trueup.schema.RepairEvent;
import io.trueup.schema.RoundReport;
import io.trueup.state.RestoreStarts;
import io.trueup.tree.Hash128;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplicaTopologyTest {

    private static final Instant START = Instant.ofEpochMilli(1_790_000_000_100L);
    private static final Duration TICK = Duration.ofMillis(50);
    private static final SingleObjectCodec<RepairEvent> REPAIRS = SingleObjectCodec.of(RepairEvent.class);
    private static final ControlCodec CONTROL = new ControlCodec("cities", SingleObjectCodec.of(ControlMessage.class));

    @TempDir
    Path directory;

    private final Map<String, String> settings = new HashMap<>(Map.of(
            "bootstrap.servers", "localhost:1",
            "dataset", "cities",
            "replicas", "eu,us",
            "hash.secret", "0123456789abcdef0123456789abcdef",
            "round.interval", "2s",
            "grace", "500ms"));

    private final List<SimulatedReplica> replicas = new ArrayList<>();
    private final List<TestRecord<byte[], byte[]>> repairsOfUs = new ArrayList<>();
    private final List<TestRecord<byte[], byte[]>> control = new ArrayList<>();
    private long nowMs = START.toEpochMilli();
    private SimulatedReplica eu;
    private SimulatedReplica us;

    @AfterEach
    void close() {
        replicas.forEach(SimulatedReplica::close);
    }

    @Test
    void shouldSendARootPerRoundUnderItsReplicaAndPartitionStampedWithTheTime() throws Exception {
        eu = open("eu");
        eu.write("k", 1, nowMs, "v");

        passRounds(3);

        assertThat(control).hasSizeBetween(2, 3).allSatisfy(record -> {
            assertThat(new String(record.key(), StandardCharsets.UTF_8)).isEqualTo("eu/0");
            assertThat(CONTROL.decode("c", record.value()).body()).isInstanceOf(Root.class);
            assertThat(record.timestamp()).isGreaterThan(START.toEpochMilli());
        });
        assertThat(((Root) CONTROL.decode("c", control.get(1).value()).body()).entries())
                .isEqualTo(1);
    }

    @Test
    void shouldSendAMissingEntryWithItsValueToTheReplicaThatLacksIt() throws Exception {
        openWithALostWrite();

        passRoundsUntilRepaired();

        assertThat(repairsOfUs).singleElement().satisfies(record -> {
            assertThat(record.key()).isEqualTo(bytes("lost"));
            assertThat(record.timestamp()).isPositive();
        });
        RepairEvent repair = repairOfUs();
        assertThat(repair.getReason()).isEqualTo(Divergence.MISSING);
        assertThat(repair.getVersion()).isEqualTo(7);
        assertThat(repair.getPartition()).isZero();
        assertThat(repair.getValue().array()).isEqualTo(bytes("value"));
        assertThat(repair.getReference()).isNull();
        assertThat(eu.metrics.repairs.sum()).isEqualTo(1);
        assertThat(eu.metrics.references.sum()).isZero();
    }

    @Test
    void shouldReportARepairThatTheTargetAnsweredAsVerified() throws Exception {
        openWithALostWrite();
        passRoundsUntilRepaired();
        us.seeRepair(repairsOfUs.get(0));

        us.write("lost", 7, START.toEpochMilli(), "value");
        us.reports();
        passRounds(2);

        List<RoundReport> reports = us.reports();
        assertThat(reports.stream().mapToLong(RoundReport::getVerified).sum()).isEqualTo(1);
        assertThat(reports.get(reports.size() - 1).getOutcome()).isEqualTo(Outcome.EQUAL);
    }

    /** Kafka Streams opens the same processor again after a rebalance, and after it has found a task corrupted. */
    @Test
    void shouldTickAfterItsTaskHasStartedAgain() throws Exception {
        openWithALostWrite();
        passRounds(1);
        eu.startAgain();
        eu.reports();

        passRounds(3);

        assertThat(eu.reports()).as("rounds since").hasSizeGreaterThanOrEqualTo(2);
    }

    @Test
    void shouldCompareOnWhileTheWallClockIsADayAhead() {
        openWithALostWrite();
        eu.step(Duration.ofDays(1));

        passRoundsUntilRepaired();

        assertThat(repairsOfUs).hasSize(1);
        List<RoundReport> reports = eu.reports();
        RoundReport last = reports.get(reports.size() - 1);
        assertThat(last.getOutcome()).isEqualTo(Outcome.DIVERGENT);
        assertThat(last.getNote())
                .contains(Instant.ofEpochMilli(nowMs).toString().substring(0, 10))
                .contains(Instant.ofEpochMilli(nowMs)
                        .plus(Duration.ofDays(1))
                        .toString()
                        .substring(0, 10));
    }

    @Test
    void shouldContinueAtOnceWhenTheClockHasBeenADayAheadForAShortTime() {
        openWithALostWrite();
        passRounds(1);
        eu.step(Duration.ofDays(1));
        eu.write("seen meanwhile", 1, nowMs, "v");
        us.write("seen meanwhile", 1, nowMs, "v");
        eu.pass(Duration.ofSeconds(3));
        us.pass(Duration.ofSeconds(3));
        nowMs += 3_000;
        eu.step(Duration.ZERO);

        passRoundsUntilRepaired();

        assertThat(repairsOfUs).hasSize(1);
        assertThat(eu.metrics.treesBuilt.sum()).isEqualTo(1);
    }

    @Test
    void shouldBuildTheTreeAgainAndCompareWhenAStepBackIsConfirmedByThePeer() {
        openWithALostWrite(Duration.ofDays(1));
        passRounds(3);
        assertThat(eu.reports())
                .isNotEmpty()
                .allSatisfy(report -> assertThat(report.getOutcome()).isEqualTo(Outcome.ALONE));
        eu.step(Duration.ZERO);

        passRounds(4);
        passRoundsUntilRepaired();

        assertThat(eu.metrics.treesBuilt.sum()).isEqualTo(2);
        assertThat(eu.metrics.readingTasks).hasValue(0);
        assertThat(repairsOfUs).hasSize(1);
    }

    @Test
    void shouldCountRoundsWithoutAComparisonAndShowThemAsAState() {
        settings.put("lag.patience", "8s");
        eu = open("eu");
        passRounds(3);
        assertThat(eu.metrics.notCompared(4)).isEmpty();

        passRounds(3);

        List<RoundReport> reports = eu.reports();
        assertThat(reports)
                .allSatisfy(report ->
                        assertThat(report.getRoundsWithoutComparison()).isEqualTo(reports.indexOf(report) + 1));
        assertThat(eu.metrics.notCompared(eu.context().settings().times().alarmingRounds()))
                .containsEntry(0, reports.size());
    }

    /** With a patience of four rounds. */
    @Test
    void shouldWarnWhenFourRoundsHaveComparedNothingAndAgainAfterFourMore() {
        settings.put("lag.patience", "8s");
        eu = open("eu");
        try (LoggedLines log = LoggedLines.withWarnings()) {
            passRounds(3);
            assertThat(notCompared(log)).isEmpty();
            passRounds(3);
            assertThat(notCompared(log))
                    .singleElement()
                    .asString()
                    .startsWith("eu/0: 4 rounds in a row have compared nothing; the last one is ALONE, silent [us].");
            passRounds(5);
            assertThat(notCompared(log)).last().asString().startsWith("eu/0: 8 rounds in a row have compared nothing");
            assertThat(notCompared(log)).hasSize(2);
        }
    }

    @Test
    void shouldWarnOfRoundsThatHaveComparedNothingOnlyIfTheyFollowOnEachOther() {
        settings.put("lag.patience", "8s");
        eu = open("eu");
        try (LoggedLines log = LoggedLines.withWarnings()) {
            passRounds(3);
            us = open("us");
            passRounds(4);
            assertThat(eu.reports())
                    .last()
                    .satisfies(report ->
                            assertThat(report.getRoundsWithoutComparison()).isZero());
            replicas.remove(us);
            passRounds(3);
            replicas.add(us);

            assertThat(notCompared(log)).noneMatch(line -> line.startsWith("eu/0"));
        }
    }

    private static List<String> notCompared(LoggedLines log) {
        return log.lines().stream()
                .filter(line -> line.contains("compared nothing"))
                .toList();
    }

    @Test
    void shouldSendAReferenceWhenTheValueIsGone() throws Exception {
        openWithALostWrite();
        eu.values.clear();

        passRoundsUntilRepaired();

        RepairEvent repair = repairOfUs();
        assertThat(repair.getValue()).isNull();
        assertThat(repair.getReference().getReplica()).isEqualTo("eu");
        assertThat(repair.getReference().getTopic()).isEqualTo("cities.writes.eu");
        assertThat(repair.getReference().getOffset()).isEqualTo(1);
        assertThat(eu.metrics.references.sum()).isEqualTo(1);
    }

    @Test
    void shouldSendAReferenceWhenTheValueIsLargerThanAllowed() throws Exception {
        settings.put("repair.value.max.bytes", "4");
        openWithALostWrite();

        passRoundsUntilRepaired();

        RepairEvent repair = repairOfUs();
        assertThat(repair.getValue()).isNull();
        assertThat(repair.getReference()).isNotNull();
    }

    @Test
    void shouldSendAReferenceWhenTheRepairIsLargerThanItsTopicAllows() throws Exception {
        openWithALostWrite();
        eu.limits.topics(Map.of("cities.repairs.us", 420));
        eu.values.replaceAll((offset, value) -> new byte[400]);

        passRoundsUntilRepaired();

        assertThat(repairOfUs().getReference()).isNotNull();
        assertThat(eu.deadLetters()).isEmpty();
    }

    /** In a transaction, a record that the broker refuses cannot be left out any more. */
    @Test
    void shouldSendADeadLetterInPlaceOfARecordThatIsLargerThanItsTopicAllows() {
        openWithALostWrite();
        eu.limits.topics(Map.of("cities.repairs.us", 150));

        passRounds(6);

        assertThat(repairsOfUs).isEmpty();
        assertThat(eu.deadLetters()).isNotEmpty().allSatisfy(letter -> {
            assertThat(letter.key()).isEqualTo(bytes("lost"));
            assertThat(letter.value()).isNull();
            assertThat(header(letter, HeaderNames.DEAD_LETTER_REASON)).contains("not sent", "150");
            assertThat(header(letter, HeaderNames.DEAD_LETTER_TOPIC)).isEqualTo("cities.repairs.us");
        });
        assertThat(eu.metrics.lostRecords.sum()).isPositive();
    }

    @Test
    void shouldLeaveTheValueOutOfADeadLetterThatWouldBeTooLarge() {
        eu = open("eu");
        eu.limits.topics(Map.of("cities.dead-letters", 1_000));

        eu.write(bytes("k"), new byte[2_000]);
        eu.write(new byte[1_500], new byte[2_000]);

        assertThat(eu.deadLetters())
                .satisfiesExactly(
                        letter -> {
                            assertThat(letter.key()).isEqualTo(bytes("k"));
                            assertThat(letter.value()).isNull();
                            assertThat(header(letter, HeaderNames.DEAD_LETTER_OFFSET))
                                    .isEqualTo("0");
                        },
                        letter -> {
                            assertThat(letter.key()).isNull();
                            assertThat(header(letter, HeaderNames.DEAD_LETTER_OFFSET))
                                    .isEqualTo("1");
                        });
    }

    @Test
    void shouldCountAndNotSendWhatThePlainFormatCannotSay() {
        settings.put("replica.us.repairs.format", "plain");
        openWithALostWrite();
        eu.values.clear();

        passRounds(6);

        assertThat(repairsOfUs).isEmpty();
        assertThat(eu.metrics.unsentRepairs.sum()).isPositive();
    }

    @Test
    void shouldHaveTheTargetItselfDeleteWhatWasDeletedElsewhere() throws Exception {
        openBoth();
        writeEverywhere("kept", nowMs);
        writeEverywhere("gone", nowMs);
        eu.delete("gone", 2, nowMs);

        passRoundsUntilRepaired();

        RepairEvent repair = repairOfUs();
        assertThat(repair.getDeleted()).isTrue();
        assertThat(repair.getReason()).isEqualTo(Divergence.UNDELETED);
        assertThat(repair.getSupplier()).isEqualTo("us");
        assertThat(us.metrics.repairs.sum()).isEqualTo(1);
    }

    @Test
    void shouldSpreadRepairsByTheConfiguredRate() {
        settings.put("repair.rate", "2");
        openBoth();
        writeEverywhere("shared", nowMs);
        for (int i = 0; i < 7; i++) {
            eu.write("lost-" + i, 7, nowMs, "value");
        }

        passRoundsUntilRepaired();
        assertThat(repairsOfUs).hasSize(2);
        passMs(900);
        assertThat(repairsOfUs).hasSize(3);
        passMs(2_100);

        assertThat(repairsOfUs).hasSize(7);
    }

    @Test
    void shouldNotSendWhatStillWaitsForTheRateOnceRepairsArePaused() {
        settings.put("repair.rate", "2");
        openBoth();
        writeEverywhere("shared", nowMs);
        for (int i = 0; i < 7; i++) {
            eu.write("lost-" + i, 7, nowMs, "value");
        }
        passRoundsUntilRepaired();
        assertThat(repairsOfUs).hasSize(2);

        Message pause = Message.command(
                TrueupConfig.of(settings).settings("eu"), 0, nowMs, new Message.Pause("us", true, nowMs, "id"));
        for (SimulatedReplica replica : replicas) {
            replica.hear(new ControlKey(Message.PERSON, 0).encode(), CONTROL.encode("c", pause));
        }
        passMs(3_000);

        assertThat(repairsOfUs).hasSize(2);
        assertThat(eu.metrics.unsentRepairs.sum()).isEqualTo(5);
    }

    @Test
    void shouldWarnOfACommandThatIsIgnoredBecauseALaterOneIsKnown() {
        eu = open("eu");
        try (LoggedLines log = LoggedLines.withWarnings()) {
            command(new Message.Pause("us", true, nowMs, "1"));
            command(new Message.Pause("us", true, nowMs - 1, "2"));
            assertThat(log.lines()).as("it says the same").isEmpty();

            command(new Message.Pause(Message.Pause.ALL, false, nowMs - 1_000, "3"));

            assertThat(log.lines())
                    .singleElement()
                    .asString()
                    .contains("eu/0: ", Instant.ofEpochMilli(nowMs - 1_000) + " to resume repairs of us is ignored");
        }
    }

    private void command(Message.Pause pause) {
        Message message = Message.command(TrueupConfig.of(settings).settings("eu"), 0, nowMs, pause);
        eu.hear(new ControlKey(Message.PERSON, 0).encode(), CONTROL.encode("c", message));
    }

    @Test
    void shouldCompareAndRepairAKeyThatWasReadWithDifferingAnswersWithoutWaitingForARound() throws Exception {
        settings.put("round.interval", "60s");
        settings.put("observations.topic", "seen");
        openBoth();
        writeEverywhere("shared", nowMs);
        passMs(2 * 60_000 - nowMs % 60_000 + 5_000); // a first round has compared all, the next is far
        eu.write("lost", 7, nowMs, "value");
        eu.write("unseen", 7, nowMs, "value");
        writeEverywhere("shared", nowMs + 100);
        passMs(2_000);
        assertThat(repairsOfUs).isEmpty();
        writeEverywhere("later", nowMs);

        eu.observe("lost");
        passMs(3_000);

        assertThat(repairsOfUs)
                .singleElement()
                .satisfies(record -> assertThat(record.key()).isEqualTo(bytes("lost")));
        assertThat(repairOfUs().getValue().array()).isEqualTo(bytes("value"));
    }

    @Test
    void shouldReportAConflictAndSendTheSideThatAPersonChoosesWithItsValueToTheOther() throws Exception {
        settings.put("resolution", "vector");
        openBoth();
        eu.write("k", Map.of("eu", 1L), nowMs, "of eu");
        us.write("k", Map.of("us", 1L), nowMs, "of us");
        passRounds(3);
        List<TestRecord<byte[], byte[]>> events = eu.conflicts();
        ConflictsTopicReader conflicts = new ConflictsTopicReader("cities", SingleObjectCodec.of(ConflictEvent.class));
        events.forEach(event -> conflicts.take(new ConsumerRecord<>("c", 0, 0, event.key(), event.value())));
        assertThat(us.conflicts()).isEmpty();
        assertThat(repairsOfUs).isEmpty();
        assertThat(conflicts.conflicts())
                .singleElement()
                .satisfies(conflict -> assertThat(conflict.sides())
                        .extracting(side -> side.entry().vector())
                        .containsExactlyInAnyOrder("eu=1", "us=1"));

        Message choice = Message.command(
                TrueupConfig.of(settings).settings("eu"),
                0,
                nowMs,
                conflicts.choice(bytes("k"), "eu", Optional.empty(), Long.MAX_VALUE));
        for (SimulatedReplica replica : replicas) {
            replica.hear(new ControlKey(Message.PERSON, 0).encode(), CONTROL.encode("c", choice));
        }
        passMs(200);

        assertThat(repairsOfUs).hasSize(1);
        RepairEvent repair = repairOfUs();
        assertThat(repair.getReason()).isEqualTo(Divergence.CONFLICT);
        assertThat(repair.getVector()).isEqualTo(Map.of("eu", 1L, "us", 1L));
        assertThat(repair.getValue().array()).isEqualTo(bytes("of eu"));

        eu.write("k", Map.of("eu", 1L, "us", 1L), nowMs, "of eu");
        us.write("k", Map.of("eu", 1L, "us", 1L), nowMs, "of eu");
        passRounds(3);

        assertThat(eu.conflicts())
                .extracting(TestRecord::key, TestRecord::value)
                .as("its report is withdrawn, and so is one under the record key of earlier versions")
                .containsExactly(tuple(new ConflictKey("eu", 0, bytes("k")).encode(), null), tuple(bytes("k"), null));
        assertThat(eu.deadLetters()).isEmpty();
        assertThat(us.deadLetters()).isEmpty();
    }

    @Test
    void shouldSendAMalformedWriteWithItsReasonToTheDeadLettersAndGoOn() {
        eu = open("eu");
        RecordHeaders own = new RecordHeaders();
        own.add("trace", bytes("abc"));
        byte[] garbage = {1, 2, 3};
        eu.write(new TestRecord<>(bytes("k"), garbage, own, 1_234L));
        eu.write("good", 1, nowMs, "v");
        List<TestRecord<byte[], byte[]>> letters = eu.deadLetters();

        passRounds(3);

        assertThat(letters).singleElement().satisfies(letter -> {
            assertThat(letter.key()).isEqualTo(bytes("k"));
            assertThat(letter.value()).isEqualTo(garbage);
            assertThat(header(letter, "trace")).isEqualTo("abc");
            assertThat(header(letter, HeaderNames.DEAD_LETTER_REASON)).contains("single-object encoding");
            assertThat(header(letter, HeaderNames.DEAD_LETTER_REPLICA)).isEqualTo("eu");
            assertThat(header(letter, HeaderNames.DEAD_LETTER_TOPIC)).isEqualTo("cities.writes.eu");
            assertThat(header(letter, HeaderNames.DEAD_LETTER_PARTITION)).isEqualTo("0");
            assertThat(header(letter, HeaderNames.DEAD_LETTER_OFFSET)).isEqualTo("0");
            assertThat(header(letter, HeaderNames.DEAD_LETTER_TIMESTAMP)).isEqualTo("1234");
        });
        List<RoundReport> reports = eu.reports();
        assertThat(reports.stream().mapToLong(RoundReport::getMalformed).sum()).isEqualTo(1);
        assertThat(reports.get(reports.size() - 1).getEntries())
                .as("the key of the malformed record counts as one whose value is unknown")
                .isEqualTo(2);
    }

    @Test
    void shouldNotTakeTheKeyOfAMalformedMarkerForOneOfTheDataset() {
        eu = open("eu");
        eu.write(HeaderNames.progressKey(), new byte[] {1, 2, 3});
        eu.write(HeaderNames.scanKey(), new byte[] {1, 2, 3});

        passRounds(3);

        assertThat(eu.deadLetters()).hasSize(2);
        assertThat(eu.reports()).last().satisfies(report -> {
            assertThat(report.getOutcome()).isEqualTo(Outcome.ALONE);
            assertThat(report.getEntries()).isZero();
        });
    }

    @Test
    void shouldPassOverAMessageInTheLogOfADatabase() {
        settings.put("replica.eu.writes.format", "debezium-json");
        settings.put("value.canonical", "json");
        settings.put("compare", "value");
        settings.put("resolution", "primary:eu");
        eu = open("eu");
        eu.write(bytes("{\"prefix\":\"p\"}"), bytes("{\"op\":\"m\",\"source\":{\"ts_ms\":1},\"message\":{}}"));

        passRounds(3);

        assertThat(eu.deadLetters()).isEmpty();
        assertThat(eu.reports()).last().satisfies(report -> {
            assertThat(report.getOutcome()).isEqualTo(Outcome.ALONE);
            assertThat(report.getEntries()).isZero();
            assertThat(report.getMalformed()).isZero();
        });
    }

    @Test
    void shouldDropItsOwnMessagesWithoutReadingThem() {
        eu = open("eu");

        eu.hear(new ControlKey("eu", 0).encode(), bytes("not even Avro"));

        assertThat(eu.deadLetters()).isEmpty();
    }

    @Test
    void shouldSendMalformedControlRecordsToTheDeadLetters() {
        eu = open("eu");
        Message root = new Message("us", 0, nowMs, 1, 1, new Root(Hash128.ZERO, 0, Evidence.of(0, 0), false, false));

        eu.hear(new ControlKey("us", 0).encode(), bytes("not even Avro"));
        eu.hear(null, CONTROL.encode("c", root));
        eu.hear(new ControlKey("ap", 0).encode(), CONTROL.encode("c", root));

        assertThat(eu.deadLetters())
                .extracting(letter -> header(letter, HeaderNames.DEAD_LETTER_REASON))
                .satisfiesExactly(
                        reason -> assertThat(reason).contains("single-object encoding"),
                        reason -> assertThat(reason).contains("<replica>/<partition>"),
                        reason -> assertThat(reason).contains("its key says ap/0, its body us/0"));
        assertThat(eu.metrics.malformed.sum()).isEqualTo(3);
    }

    /** Even one that is malformed: otherwise a flood of forged messages would be a flood of dead letters. */
    @Test
    void shouldCountMessagesWithoutAValidMacAndSendThemNowhere() {
        eu = open("eu");
        byte[] key = new ControlKey("us", 0).encode();
        byte[] otherKey = new ControlKey("ap", 0).encode();
        Message root = new Message("us", 0, nowMs, 1, 1, new Root(Hash128.ZERO, 0, Evidence.of(0, 0), false, false));
        byte[] value = CONTROL.encode("c", root);
        Headers ofOtherKey = new RecordHeaders();
        eu.context().codecs().controlMac().sign(otherKey, value, ofOtherKey);
        Headers ofReport = new RecordHeaders();
        eu.context().codecs().reportMac().sign(key, value, ofReport);

        try (LoggedLines log = LoggedLines.withWarnings()) {
            eu.hear(new TestRecord<>(key, value));
            eu.hear(new TestRecord<>(key, bytes("not even Avro")));
            eu.hear(new TestRecord<>(null, value));
            eu.hear(new TestRecord<>(key, value, ofOtherKey));
            eu.hear(new TestRecord<>(key, value, ofReport));

            assertThat(log.lines())
                    .singleElement()
                    .asString()
                    .contains("cities.control-0@0", "has no MAC", "an earlier version of Trueup", "control.secrets")
                    .doesNotContain(settings.get("hash.secret"));
        }
        assertThat(eu.deadLetters()).isEmpty();
        assertThat(eu.metrics.malformed.sum()).isEqualTo(5);
        passRounds(2);
        assertThat(eu.reports().stream().mapToLong(RoundReport::getMalformed).sum())
                .isEqualTo(5);
    }

    @Test
    void shouldHearNobodyWithOtherSecretsAndRepairNothing() {
        settings.put("control.secrets", "secret-of-eu-alone");
        eu = open("eu");
        settings.put("control.secrets", "secret-of-us-alone");
        us = open("us");
        eu.write("lost", 7, nowMs, "value");
        us.write("other", 7, nowMs, "value");

        passRounds(4);

        assertThat(eu.reports()).isNotEmpty().allSatisfy(report -> {
            assertThat(report.getOutcome()).isIn(Outcome.ALONE, Outcome.SKIPPED);
            assertThat(report.getHeard()).isEmpty();
        });
        assertThat(repairsOfUs).isEmpty();
    }

    @Test
    void shouldHearThoseWhoSignWithAnySecretThatIsKnown() {
        settings.put("control.secrets", "former-secret-0001,newer-secret-0002");
        eu = open("eu");
        settings.put("control.secrets", "newer-secret-0002,former-secret-0001");
        us = open("us");
        eu.write("lost", 7, nowMs, "value");

        passRoundsUntilRepaired();

        assertThat(repairsOfUs).hasSize(1);
    }

    /** What an idle dataset sends: the figure of the reference. */
    @Test
    void shouldKeepTheMessageOfAnIdleRoundSmall() {
        eu = open("eu");
        eu.write("k", 1, nowMs, "v");

        passRounds(3);

        assertThat(control).isNotEmpty().allSatisfy(record -> {
            int headers = 0;
            for (Header header : record.headers()) {
                headers += header.key().length() + header.value().length;
            }
            assertThat(headers).isEqualTo(RecordMac.HEADER_BYTES);
            assertThat(record.key().length + record.value().length + headers).isLessThanOrEqualTo(110);
        });
    }

    @Test
    void shouldSendAnInvalidMessageUnchangedToTheDeadLetters() throws Exception {
        openBoth();
        us.write("k", 1, nowMs, "v");
        passRounds(2);
        Message heard = CONTROL.decode("c", control.get(control.size() - 1).value());
        Message wrong = new Message(
                "us",
                0,
                heard.cutMs(),
                heard.sealOffset(),
                heard.fingerprint(),
                new Level(3, 30, new int[0], new long[0]));
        byte[] value = CONTROL.encode("c", wrong);

        eu.hear(new ControlKey("us", 0).encode(), value);

        assertThat(eu.deadLetters()).singleElement().satisfies(letter -> {
            assertThat(letter.key()).isEqualTo(bytes("us/0"));
            assertThat(letter.value()).isEqualTo(value);
            assertThat(header(letter, HeaderNames.DEAD_LETTER_TOPIC)).isEqualTo("cities.control");
        });
    }

    @Test
    void shouldSendAMalformedRepairEventToTheDeadLetters() {
        eu = open("eu");

        eu.seeRepair(new TestRecord<>(bytes("k"), bytes("?")));

        assertThat(eu.deadLetters())
                .singleElement()
                .satisfies(letter -> assertThat(header(letter, HeaderNames.DEAD_LETTER_TOPIC))
                        .isEqualTo("cities.repairs.eu"));
    }

    @Test
    void shouldBeOneSubTopologyWithNamesOfItsOwn() {
        String description = ReplicaTopology.of(open("eu").context(), topic -> Uuid.ONE_UUID, new RestoreStarts())
                .describe()
                .toString();

        assertThat(description)
                .contains("Sub-topology: 0", "writes", "control", "repairs", "reconcile", "entries", "repair-sink")
                .doesNotContain("Sub-topology: 1", "KSTREAM", "0000000");
    }

    @Test
    void shouldSendRepairsToAReplicaThatHasJoinedAndNoMoreToOneThatHasLeft() throws Exception {
        openWithALostWrite();
        settings.put("replicas", "ap,eu");
        settings.put("replica.ap.repairs.topic", "elsewhere");
        eu.reconfigure(TrueupConfig.of(settings));
        SimulatedReplica ap = open("ap");

        List<TestRecord<byte[], byte[]>> repairsOfAp = new ArrayList<>();
        for (int i = 0; i < 400 && repairsOfAp.size() < 2; i++) {
            pass();
            repairsOfAp.addAll(eu.repairsOf("ap"));
        }

        assertThat(repairsOfAp)
                .extracting(record -> new String(record.key(), StandardCharsets.UTF_8))
                .containsExactlyInAnyOrder("shared", "lost");
        assertThat(repairsOfUs).isEmpty();
        assertThat(eu.reports())
                .last()
                .satisfies(report -> assertThat(report.getHeard()).containsExactly("ap"));
        assertThat(eu.metrics.treesBuilt.sum()).isEqualTo(1);
        assertThat(ap.metrics.treesBuilt.sum()).isEqualTo(1);
    }

    @Test
    void shouldReportNoRoundsOfAPartitionThatItDoesNotOwnAnyMore() {
        settings.put("replicas", "ap,eu,us");
        settings.put("placement", "explicit");
        settings.put("placement.partition.0", "eu,us");
        openBoth();
        writeEverywhere("k", nowMs);
        passRounds(3);
        assertThat(eu.reports()).isNotEmpty();
        assertThat(eu.metrics.heldPartitions().get(0).owned()).isTrue();

        settings.put("placement.partition.0", "ap,us");
        replicas.forEach(replica -> replica.reconfigure(TrueupConfig.of(settings)));
        us.reports();
        passRounds(3);

        assertThat(eu.reports()).isEmpty();
        assertThat(eu.metrics.heldPartitions().get(0).owned()).isFalse();
        assertThat(eu.metrics.heldPartitions().get(0).lastRound()).isNull();
        assertThat(us.reports()).isNotEmpty().allSatisfy(report -> {
            assertThat(report.getHeard()).isEmpty();
            assertThat(report.getSilent()).containsExactly("ap");
            assertThat(report.getDisagreeing()).isEmpty();
        });
        assertThat(us.metrics.heldPartitions().get(0).owned()).isTrue();
    }

    private void openBoth() {
        openBoth(Duration.ZERO);
    }

    private void openBoth(Duration clockOfEu) {
        eu = open("eu", clockOfEu);
        us = open("us");
    }

    /** Opens both; they agree about one key, and a write of another one never reaches us. */
    private void openWithALostWrite() {
        openWithALostWrite(Duration.ZERO);
    }

    private void openWithALostWrite(Duration clockOfEu) {
        openBoth(clockOfEu);
        writeEverywhere("shared", nowMs);
        eu.write("lost", 7, nowMs, "value");
    }

    private void writeEverywhere(String key, long positionMs) {
        replicas.forEach(replica -> replica.write(key, 1, positionMs, "same"));
    }

    /** The first repair that was sent to us. */
    private RepairEvent repairOfUs() throws MalformedRecordException {
        return REPAIRS.decode("r", repairsOfUs.get(0).value());
    }

    private SimulatedReplica open(String name) {
        return open(name, Duration.ZERO);
    }

    /** Its wall clock is ahead from the start. */
    private SimulatedReplica open(String name, Duration ahead) {
        settings.put("state.dir", directory.resolve(name).toString());
        SimulatedReplica replica =
                new SimulatedReplica(TrueupConfig.of(settings), name, Instant.ofEpochMilli(nowMs), ahead);
        replicas.add(replica);
        return replica;
    }

    private void passRounds(int rounds) {
        passMs(rounds * 2_000L);
    }

    private void passMs(long ms) {
        long end = nowMs + ms;
        while (nowMs < end) {
            pass();
        }
    }

    private void passRoundsUntilRepaired() {
        for (int i = 0; i < 400 && repairsOfUs.isEmpty(); i++) {
            pass();
        }
        assertThat(repairsOfUs).as("repairs of us within 20 s").isNotEmpty();
    }

    /** Lets one tick pass everywhere, then carries messages and repairs across. */
    private void pass() {
        nowMs += TICK.toMillis();
        replicas.forEach(replica -> replica.pass(TICK));
        for (SimulatedReplica from : replicas) {
            List<TestRecord<byte[], byte[]>> messages = from.control();
            control.addAll(messages);
            replicas.stream().filter(to -> to != from).forEach(to -> messages.forEach(to::hear));
            if (from.context().config().replicas().contains("us")) {
                repairsOfUs.addAll(from.repairsOf("us"));
            }
        }
    }

    private static String header(TestRecord<byte[], byte[]> record, String name) {
        return new String(record.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
    }
}
