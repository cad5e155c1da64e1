package io.trueup.ops.key;

import static io.trueup.ops.key.KeyVerdict.State.CONFLICT;
import static io.trueup.ops.key.KeyVerdict.State.DIFFERENT;
import static io.trueup.ops.key.KeyVerdict.State.EQUAL;
import static io.trueup.ops.key.KeyVerdict.State.FAILING;
import static io.trueup.ops.key.KeyVerdict.State.REPAIRING;
import static io.trueup.ops.key.KeyVerdict.State.UNKNOWN;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.avro.RecordCodecs;
import io.trueup.config.TrueupConfig;
import io.trueup.control.ControlCodec;
import io.trueup.control.ControlKey;
import io.trueup.mac.RecordMac;
import io.trueup.ops.Reports;
import io.trueup.ops.key.KeyLine.What;
import io.trueup.ops.rounds.DatasetRounds;
import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.rule.Evidence;
import io.trueup.reconcile.settings.Settings;
import io.trueup.report.ConflictKey;
import io.trueup.schema.Condition;
import io.trueup.schema.ConflictEvent;
import io.trueup.schema.ConflictSide;
import io.trueup.schema.ControlMessage;
import io.trueup.schema.Divergence;
import io.trueup.schema.DivergentKey;
import io.trueup.schema.Observed;
import io.trueup.schema.Outcome;
import io.trueup.schema.RepairEvent;
import io.trueup.schema.WriteEvent;
import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import io.trueup.tree.KeyedHash;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

class KeyReaderTest {

    private static final byte[] KEY = "order-7".getBytes(UTF_8);
    private static final int PARTITION = 1;
    private static final List<String> REPLICAS = List.of("eu", "us");

    private final RecordCodecs codecs = RecordCodecs.embedded();
    private final StoredTopics topics = new StoredTopics();
    private final Map<String, String> settings = new HashMap<>(Map.of(
            "bootstrap.servers", "localhost:1",
            "dataset", "orders",
            "replicas", String.join(",", REPLICAS),
            "hash.secret", "0123456789abcdef0123456789abcdef"));
    private final long nowMs = System.currentTimeMillis();
    private TrueupConfig config;
    private DatasetRounds rounds;
    private KeyedHash hash;

    private void open() {
        config = TrueupConfig.of(settings);
        rounds = new DatasetRounds(config, 2, nowMs);
        hash = new KeyedHash(settings().secret());
        for (String topic : List.of("control", "repairs.eu", "repairs.us", "writes.eu", "writes.us", "conflicts")) {
            topics.topic("orders." + topic, 2);
        }
    }

    private Settings settings() {
        return config.settings("eu");
    }

    private KeyView read() {
        return KeyReader.read(config, KEY, PARTITION, rounds, codecs, topics);
    }

    private void write(String replica, long agoMs, long version, String value, String repairId) {
        WriteEvent event = WriteEvent.newBuilder()
                .setVersion(version)
                .setPosition(nowMs - agoMs)
                .setDeleted(value == null)
                .setValue(value == null ? null : ByteBuffer.wrap(value.getBytes(UTF_8)))
                .setRepairId(repairId)
                .build();
        String topic = "orders.writes." + replica;
        topics.append(
                topic,
                PARTITION,
                nowMs - agoMs,
                KEY,
                codecs.of(WriteEvent.class).encode(topic, event));
    }

    private RepairEvent.Builder repair(Divergence reason, long version) {
        return RepairEvent.newBuilder()
                .setId("r1")
                .setDataset("orders")
                .setTarget("us")
                .setSupplier("eu")
                .setPartition(PARTITION)
                .setCut(nowMs - 4_000)
                .setReason(reason)
                .setVersion(version)
                .setPosition(nowMs - 9_000)
                .setValue(ByteBuffer.wrap("secret".getBytes(UTF_8)))
                .setCondition(Condition.UNLESS_NEWER)
                .setValidUntil(nowMs + 60_000);
    }

    private void send(long agoMs, RepairEvent.Builder repair) {
        topics.append(
                "orders.repairs.us",
                PARTITION,
                nowMs - agoMs,
                KEY,
                codecs.of(RepairEvent.class).encode("orders.repairs.us", repair.build()));
    }

    private void send(long agoMs, String replica, Message.Body body) {
        long seal = body instanceof Message.ProbeAnswer ? -1 : topics.end("orders.writes." + replica, PARTITION);
        Message message =
                new Message(replica, PARTITION, nowMs - agoMs, seal, settings().fingerprint(PARTITION), body);
        byte[] key = new ControlKey(replica, PARTITION).encode();
        byte[] value = new ControlCodec("orders", codecs.of(ControlMessage.class)).encode("orders.control", message);
        RecordHeaders headers = new RecordHeaders();
        new RecordMac(config.controlSecrets(), RecordMac.Use.CONTROL).sign(key, value, headers);
        topics.append("orders.control", PARTITION, nowMs - agoMs, key, value, headers);
    }

    private EntrySummary entry(long version, String value) {
        return new EntrySummary(
                hash.key(KEY),
                version,
                nowMs - 9_000,
                nowMs - 9_000,
                Entry.NEVER,
                value == null,
                value == null ? Hash128.ZERO : hash.value(value.getBytes(UTF_8)));
    }

    private void report(String action, String reason) {
        report(nowMs - 2_000, action, reason);
    }

    private void report(long cutMs, String action, String reason) {
        DivergentKey finding = DivergentKey.newBuilder()
                .setKeyHash(hash.key(KEY).toString())
                .setKey(ByteBuffer.wrap(KEY))
                .setTarget("us")
                .setKind("STALE")
                .setSupplier("eu")
                .setAction(action)
                .setReason(reason)
                .build();
        rounds.take(
                Reports.report("orders", REPLICAS, "eu", PARTITION, cutMs, Outcome.DIVERGENT)
                        .setDivergences(Map.of("STALE", 1L))
                        .setSample(List.of(finding))
                        .build(),
                100,
                nowMs);
    }

    private static List<What> what(KeyView view) {
        return view.lines().stream().map(KeyLine::what).toList();
    }

    @Test
    void shouldSayThatAllHoldTheSame() {
        open();
        write("eu", 9_000, 3, "a", null);
        write("us", 8_000, 3, "a", null);

        KeyView view = read();

        assertThat(view.verdict().state()).isEqualTo(EQUAL);
        assertThat(view.verdict().sentence()).isEqualTo("All 2 replicas hold version 3.");
        assertThat(view.verdict().sincePlace().orElseThrow()).hasToString("orders.writes.eu-1@0");
        assertThat(view.holdings()).extracting(Holding::origin).containsOnly(Holding.Origin.WRITE_EVENT);
        assertThat(view.holdings().get(0).valueBytes()).hasValue(1);
        assertThat(view.isPartial()).isFalse();
        assertThat(view.segment())
                .isEqualTo(rounds.segment(hash.key(KEY).toString()).orElseThrow());
    }

    @Test
    void shouldSayWhichEntryWinsBecauseOfWhatWhileARepairIsNotAnswered() {
        open();
        write("eu", 19_000, 1, "a", null);
        write("us", 19_000, 1, "a", null);
        write("eu", 9_000, 2, "b", null);
        send(3_000, repair(Divergence.STALE, 2).setObserved(new Observed(1L, null, false)));

        KeyView view = read();

        assertThat(view.verdict().state()).isEqualTo(REPAIRING);
        assertThat(view.verdict().winner()).hasValue("version 2");
        assertThat(view.verdict().holders()).containsExactly("eu");
        assertThat(view.verdict().because())
                .hasValue("us held version 1, and version 2 wins. The higher version wins (resolution=latest).");
        assertThat(view.verdict().sinceMs()).hasValue(nowMs - 9_000);
        assertThat(view.verdict().sincePlace().orElseThrow()).hasToString("orders.writes.eu-1@1");
        assertThat(what(view)).containsExactly(What.WRITE, What.WRITE, What.WRITE, What.REPAIR);
    }

    @Test
    void shouldSayThatRepairsFailOnceAsManyWereSentAsAreAttempted() {
        open();
        write("eu", 9_000, 2, "b", null);
        write("us", 9_000, 1, "a", null);
        int attempts = settings().limits().repairAttempts();
        send(3_000, repair(Divergence.STALE, 2).setAttempt(attempts - 1));
        assertThat(read().verdict().state()).isEqualTo(REPAIRING);

        send(2_000, repair(Divergence.STALE, 2).setAttempt(attempts));

        assertThat(read().verdict().state()).isEqualTo(FAILING);
        assertThat(read().verdict().sentence()).contains("Does the datastore apply and answer repairs?");
    }

    @Test
    void shouldTellTheAnswerAndStillWhyTheEntryHasWon() {
        open();
        write("eu", 9_000, 2, "b", null);
        send(3_000, repair(Divergence.MISSING, 2));
        write("us", 1_000, 2, "b", "r1");

        KeyView view = read();

        assertThat(view.verdict().state()).isEqualTo(EQUAL);
        assertThat(view.verdict().holders()).containsExactly("eu", "us");
        assertThat(view.verdict().because())
                .hasValue("us held nothing, and eu holds version 2. An entry wins over none.");
        KeyLine answer = view.lines().get(2);
        assertThat(answer.what()).isEqualTo(What.ANSWER);
        assertThat(answer.text()).startsWith("applied, holds version 2").endsWith("1 bytes, 2000 ms after the repair");
    }

    @Test
    void shouldTellThatATargetHasDeclinedARepair() {
        open();
        write("eu", 9_000, 2, "b", null);
        send(3_000, repair(Divergence.STALE, 2).setObserved(new Observed(1L, null, false)));
        write("us", 1_000, 5, "c", "r1");

        KeyView view = read();

        assertThat(view.lines().get(2).text()).startsWith("declined, has a newer entry, holds version 5");
        assertThat(view.verdict().state()).isEqualTo(DIFFERENT);
    }

    @Test
    void shouldTakeWhatAReconcilerHasSentSinceTheWriteEvent() {
        open();
        write("us", 9_000, 1, "a", null);
        write("eu", 9_000, 2, "b", null);
        int segment = rounds.segment(hash.key(KEY).toString()).orElseThrow();
        send(5_000, "us", new Message.Segment(segment, 0, 1, List.of())); // a scan has not found it
        send(5_000, "eu", new Message.Segment(segment, 0, 1, List.of(entry(2, "b"))));
        send(4_000, "eu", new Message.Segment(segment + 1, 0, 1, List.of()));

        KeyView view = read();

        assertThat(view.holdings().get(1).state()).isEqualTo(Holding.State.NOTHING);
        assertThat(view.holdings().get(0).origin()).isEqualTo(Holding.Origin.COMPARISON);
        assertThat(view.holdings().get(0).written().orElseThrow()).hasToString("orders.writes.eu-1@0");
        assertThat(view.verdict().sentence()).contains("eu holds version 2", "us holds nothing");
        assertThat(view.verdict().because()).isEmpty();
    }

    /** Timestamps are those of producers, which may be those of the original writes. */
    @Test
    void shouldTakeAWriteEventThatTheReconcilerHadNotReadWhateverItsTimestamp() {
        open();
        write("us", 9_000, 1, "a", null);
        int segment = rounds.segment(hash.key(KEY).toString()).orElseThrow();
        send(5_000, "us", new Message.Segment(segment, 0, 1, List.of(entry(1, "a"))));
        write("us", 8_000, 2, "b", null);

        Holding us = read().holdings().get(1);

        assertThat(us.origin()).isEqualTo(Holding.Origin.WRITE_EVENT);
        assertThat(us.view().orElseThrow().shownVersion()).isEqualTo("2");
    }

    @Test
    void shouldTakeWhatAReconcilerHasAnsweredToAProbe() {
        open();
        write("us", 9_000, 1, "a", null);
        send(5_000, "us", new Message.ProbeAnswer(hash.key(KEY), null, Evidence.of(1, 1)));

        assertThat(read().holdings().get(1).state()).isEqualTo(Holding.State.NOTHING);
    }

    /** The key may be in another chunk. */
    @Test
    void shouldConcludeNothingFromOneOfSeveralChunksOfASegment() {
        open();
        write("us", 9_000, 1, "a", null);
        int segment = rounds.segment(hash.key(KEY).toString()).orElseThrow();
        send(5_000, "us", new Message.Segment(segment, 1, 3, List.of()));

        assertThat(read().holdings().get(1).state()).isEqualTo(Holding.State.VALUE);
    }

    @Test
    void shouldIgnoreAControlMessageThatIsNotAuthentic() {
        open();
        settings.put("hash.secret", "fedcba9876543210fedcba9876543210");
        config = TrueupConfig.of(settings);
        send(5_000, "us", new Message.ProbeAnswer(hash.key(KEY), entry(9, "z"), Evidence.of(1, 1)));
        settings.put("hash.secret", "0123456789abcdef0123456789abcdef");
        config = TrueupConfig.of(settings);

        assertThat(what(read())).isEmpty();
    }

    @Test
    void shouldSayWhatARoundHasFoundWhereNoRepairIsSent() {
        open();
        write("eu", 9_000, 2, "b", null);
        write("us", 9_000, 1, "a", null);
        report("observed", null);

        KeyView view = read();

        assertThat(view.verdict().state()).isEqualTo(DIFFERENT);
        assertThat(view.verdict().winner()).hasValue("version 2");
        assertThat(view.verdict().because().orElseThrow()).contains("eu holds wins over what us holds");
        assertThat(view.verdict().sentence()).contains("nothing is sent, because of mode=observe");
    }

    @Test
    void shouldTellWhatRoundsHaveFoundOnceUntilItChanges() {
        open();
        report(nowMs - 9_000, "waiting", "MAY_STILL_ARRIVE");
        report(nowMs - 8_000, "waiting", "MAY_STILL_ARRIVE");
        report(nowMs - 7_000, "left to supplier", null);
        report(nowMs - 6_900, "emitted", null);
        report(nowMs - 6_800, "waiting", null); // for the answer: the line of the repair tells that
        report(nowMs - 6_700, "emitted", null);
        report(nowMs - 6_000, "failed", null);

        assertThat(read().lines())
                .extracting(KeyLine::text)
                .containsExactly(
                        "STALE: the repair waits: the write may still be on its way to the replica (reported by eu)",
                        "STALE: a repair of us is sent (reported by eu)",
                        "STALE: it stays different after all attempts (reported by eu)");
    }

    @Test
    void shouldSayWhyAPersonMustChoose() {
        open();
        write("eu", 9_000, 7, "of eu", null);
        write("us", 9_000, 7, "of us", null);
        conflict();

        KeyView view = read();

        assertThat(view.verdict().state()).isEqualTo(CONFLICT);
        assertThat(view.verdict().because()).hasValue("No rule decides between the entries.");
        assertThat(view.verdict().sentence())
                .startsWith("No entry wins: a person must choose. eu holds version 7 (digest ");
        assertThat(view.conflict()).isPresent();
    }

    @Test
    void shouldNotCallItAConflictOnceAllHoldTheSame() {
        open();
        write("eu", 9_000, 8, "chosen", null);
        write("us", 9_000, 8, "chosen", null);
        conflict();

        assertThat(read().verdict().state()).isEqualTo(EQUAL);
    }

    private void conflict() {
        ConflictEvent event = ConflictEvent.newBuilder()
                .setDataset("orders")
                .setPartition(PARTITION)
                .setKeyHash("00")
                .setCut(nowMs - 5_000)
                .setReporter("eu")
                .setSides(List.of(side("eu", "01"), side("us", "02")))
                .build();
        topics.append(
                "orders.conflicts",
                PARTITION,
                nowMs - 5_000,
                new ConflictKey("eu", PARTITION, KEY).encode(),
                codecs.of(ConflictEvent.class).encode("orders.conflicts", event));
    }

    private static ConflictSide side(String replica, String digest) {
        return ConflictSide.newBuilder()
                .setReplicas(List.of(replica))
                .setVersion(7)
                .setPosition(1)
                .setAppendTime(1)
                .setDeleted(false)
                .setDigest(digest.repeat(16))
                .build();
    }

    @Test
    void shouldSayThatNothingIsKnownOfAReplicaWhoseTopicMayNotBeRead() {
        open();
        write("eu", 9_000, 2, "b", null);
        write("us", 9_000, 1, "a", null);
        topics.refuse(Set.of("orders.writes.us"));

        KeyView view = read();

        assertThat(view.verdict().state()).isEqualTo(UNKNOWN);
        assertThat(view.verdict().sentence())
                .startsWith("What us holds is not known")
                .contains("eu holds version 2");
        assertThat(view.holdings().get(1).origin()).isEqualTo(Holding.Origin.NONE);
        assertThat(view.isPartial()).isTrue();
    }

    /** Its write event may have been among those. */
    @Test
    void shouldNotTakeSilenceForAbsenceWhereRetentionHasDeletedTheBeginning() {
        open();
        write("eu", 9_000, 2, "b", null);
        write("us", 9_000, 2, "b", null);
        topics.append("orders.writes.us", PARTITION, nowMs, "other".getBytes(UTF_8), null);
        topics.deleteBefore("orders.writes.us", PARTITION, 1);

        assertThat(read().holdings().get(1).state()).isEqualTo(Holding.State.UNKNOWN);
    }

    @Test
    void shouldTellThatAWriteEventCannotBeRead() {
        open();
        write("eu", 9_000, 2, "b", null);
        topics.append("orders.writes.us", PARTITION, nowMs - 1_000, KEY, new byte[] {1, 2, 3});

        KeyView view = read();

        assertThat(view.holdings().get(1).state()).isEqualTo(Holding.State.UNREAD);
        assertThat(view.verdict().state()).isEqualTo(UNKNOWN);
        assertThat(view.lines().get(1).text()).isEqualTo("holds what cannot be read");
    }

    /** Of live data, a delete and nothing are the same. */
    @Test
    void shouldCountADeleteAsNothing() {
        open();
        write("eu", 9_000, 4, null, null);

        KeyView view = read();

        assertThat(view.verdict().state()).isEqualTo(EQUAL);
        assertThat(view.verdict().sentence()).isEqualTo("No replica holds the key.");
        assertThat(view.holdings().get(0).state()).isEqualTo(Holding.State.DELETED);
        assertThat(view.holdings().get(1).origin()).isEqualTo(Holding.Origin.WHOLE_TOPIC);
    }

    @Test
    void shouldCompareValuesAloneWhereTheConfigurationDoes() {
        settings.putAll(Map.of("compare", "value", "resolution", "majority"));
        open();
        write("eu", 9_000, 100, "same", null);
        write("us", 9_000, 200, "same", null);

        assertThat(read().verdict().sentence()).isEqualTo("All 2 replicas hold the same value.");
    }

    @Test
    void shouldListTheLatestLinesAndSayHowManyAreOlder() {
        open();
        for (int i = 0; i < KeyReader.MAX_LINES + 5; i++) {
            write("eu", 100_000 - i, i, "v", null);
        }

        KeyView view = read();

        assertThat(view.lines()).hasSize(KeyReader.MAX_LINES);
        assertThat(view.olderLines()).isEqualTo(5);
        assertThat(view.lines().get(0).text()).startsWith("holds version 5,");
    }

    @Test
    void shouldIgnoreOtherKeysAndPartitions() {
        open();
        write("eu", 9_000, 2, "b", null);
        topics.append("orders.writes.eu", 0, nowMs, KEY, new byte[] {1});
        topics.append("orders.writes.eu", PARTITION, nowMs, Arrays.copyOf(KEY, 3), new byte[] {1});

        assertThat(what(read())).containsExactly(What.WRITE);
    }
}
