package io.trueup.repair;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodecs;
import io.trueup.avro.SingleObjectCodec;
import io.trueup.reconcile.Repair;
import io.trueup.reconcile.rule.Divergence;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.schema.Condition;
import io.trueup.schema.Observed;
import io.trueup.schema.Reference;
import io.trueup.schema.RepairEvent;
import io.trueup.source.Observation;
import io.trueup.source.TrueupHeaders;
import io.trueup.source.WriteFormat;
import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import io.trueup.tree.VersionVector;
import io.trueup.tree.Write;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class RepairFormatTest {

    private static final byte[] KEY = bytes("key");
    private static final byte[] VALUE = bytes("value");
    private static final ValueReference REFERENCE = new ValueReference("eu", "writes.eu", 42);
    private static final EntrySummary OLDER = new EntrySummary(Hash128.ZERO, 7, 8, 9, Entry.NEVER, true, Hash128.ZERO);
    private static final Repair STALE = repair(Divergence.STALE, false, Entry.NEVER, false, OLDER);
    private static final Repair MISSING = repair(Divergence.MISSING, false, 99, true, null);
    private static final Repair DELETE = repair(Divergence.UNDELETED, true, Entry.NEVER, false, OLDER);

    private final RepairFormat trueup = format("trueup");
    private final RepairFormat plain = format("plain");

    @Test
    void shouldPutEverythingIntoTheAvroEvent() throws Exception {
        RepairEvent event = avro(trueup.encode(STALE, 3, VALUE, null).orElseThrow());

        assertThat(event)
                .isEqualTo(RepairEvent.newBuilder()
                        .setId("r-1")
                        .setDataset("orders")
                        .setTarget("us")
                        .setSupplier("eu")
                        .setPartition(3)
                        .setCut(60_000)
                        .setAttempt(2)
                        .setReason(io.trueup.schema.Divergence.STALE)
                        .setVersion(12)
                        .setPosition(34)
                        .setDeleted(false)
                        .setValue(ByteBuffer.wrap(VALUE))
                        .setExpiry(null)
                        .setCondition(Condition.UNLESS_NEWER)
                        .setObserved(new Observed(7L, null, true))
                        .setReference(null)
                        .setValidUntil(5_000_000)
                        .build());
    }

    @Test
    void shouldPutTheVectorsOfWinnerAndTargetIntoTheAvroEvent() throws Exception {
        VersionVector winner = VersionVector.of(Map.of("eu", 5L, "us", 7L));
        VersionVector observed = VersionVector.of(Map.of("us", 7L));
        EntrySummary held = new EntrySummary(Hash128.ZERO, 7, observed, 8, 9, Entry.NEVER, false, Hash128.ZERO, false);
        Repair repair = new Repair(
                "r-1",
                KEY,
                Hash128.ZERO,
                "us",
                "eu",
                Divergence.STALE,
                new Repair.Winner(12, winner, 34, false, Entry.NEVER, 42),
                new Repair.Condition(false, held),
                60_000,
                2,
                5_000_000);

        EncodedRepair record = trueup.encode(repair, 3, VALUE, null).orElseThrow();
        RepairEvent event = avro(record);

        assertThat(trueup.decode(record.key(), record.value(), record.headers()).vector())
                .isEqualTo(winner);
        assertThat(event.getVersion()).isEqualTo(12);
        assertThat(event.getVector()).isEqualTo(Map.of("eu", 5L, "us", 7L));
        assertThat(event.getObserved()).isEqualTo(new Observed(7L, Map.of("us", 7L), false));
    }

    @Test
    void shouldSayInAvroWhatTheTargetLacks() throws Exception {
        RepairEvent event = avro(trueup.encode(MISSING, 3, null, REFERENCE).orElseThrow());

        assertThat(event.getValue()).isNull();
        assertThat(event.getReference()).isEqualTo(new Reference("eu", "writes.eu", 42L));
        assertThat(event.getExpiry()).isEqualTo(99);
        assertThat(event.getCondition()).isEqualTo(Condition.IF_OBSERVED);
        assertThat(event.getObserved()).isNull();
    }

    @Test
    void shouldPreferTheValueToTheReference() throws Exception {
        RepairEvent event = avro(trueup.encode(STALE, 3, VALUE, REFERENCE).orElseThrow());

        assertThat(event.getValue()).isEqualTo(ByteBuffer.wrap(VALUE));
        assertThat(event.getReference()).isNull();
        assertThat(plain.encode(STALE, 3, VALUE, REFERENCE).orElseThrow().value())
                .isEqualTo(VALUE);
    }

    @Test
    void shouldPutEverythingIntoPlainHeaders() {
        EncodedRepair record = plain.encode(STALE, 3, VALUE, null).orElseThrow();

        assertThat(record.key()).isEqualTo(KEY);
        assertThat(record.value()).isEqualTo(VALUE);
        assertThat(texts(record.headers()))
                .containsExactlyInAnyOrderEntriesOf(Map.ofEntries(
                        Map.entry("trueup.repair.id", "r-1"),
                        Map.entry("trueup.reason", "STALE"),
                        Map.entry("trueup.version", "12"),
                        Map.entry("trueup.position", "34"),
                        Map.entry("trueup.target", "us"),
                        Map.entry("trueup.supplier", "eu"),
                        Map.entry("trueup.round", "60000"),
                        Map.entry("trueup.attempt", "2"),
                        Map.entry("trueup.condition", "UNLESS_NEWER"),
                        Map.entry("trueup.observed.version", "7"),
                        Map.entry("trueup.observed.deleted", "true"),
                        Map.entry("trueup.valid.until", "5000000")));
    }

    @Test
    void shouldOmitPlainHeadersWithoutAValue() {
        Map<String, String> headers =
                texts(plain.encode(MISSING, 3, VALUE, null).orElseThrow().headers());

        assertThat(headers)
                .containsEntry("trueup.expiry", "99")
                .containsEntry("trueup.condition", "IF_OBSERVED")
                .doesNotContainKeys("trueup.observed.version", "trueup.observed.deleted");
    }

    @Test
    void shouldNotExpressAReferenceInThePlainFormat() {
        assertThat(plain.encode(MISSING, 3, null, REFERENCE)).isEmpty();
    }

    @Test
    void shouldKeepAnEmptyValueApartFromADelete() throws Exception {
        byte[] empty = new byte[0];

        assertThat(plain.encode(STALE, 3, empty, null).orElseThrow().value()).isEmpty();
        assertThat(avro(trueup.encode(STALE, 3, empty, null).orElseThrow()).getValue())
                .isEqualTo(ByteBuffer.wrap(empty));
        assertThat(plain.encode(DELETE, 3, null, null).orElseThrow().value()).isNull();
    }

    @Test
    void shouldNeverPutAValueIntoADelete() throws Exception {
        RepairEvent event = avro(trueup.encode(DELETE, 3, VALUE, REFERENCE).orElseThrow());

        assertThat(event.getDeleted()).isTrue();
        assertThat(event.getValue()).isNull();
        assertThat(event.getReference()).isNull();
        assertThat(plain.encode(DELETE, 3, VALUE, REFERENCE).orElseThrow().value())
                .isNull();
    }

    /** Any consumer of the feed can consume plain repairs: they are plain writes of the winning entry. */
    @Test
    void shouldWritePlainRepairsThatReadAsPlainWrites() throws Exception {
        EncodedRepair record = plain.encode(MISSING, 3, VALUE, null).orElseThrow();

        Observation seen = WriteFormat.of("plain", "repairs.us", RecordCodecs.embedded())
                .decode(record.key(), record.value(), record.headers(), -1, 0, 0);

        Write write = ((Observation.Observed) seen).write();
        assertThat(write.version()).isEqualTo(12);
        assertThat(write.positionMs()).isEqualTo(34);
        assertThat(write.expiryMs()).isEqualTo(99);
        assertThat(write.repairId()).isEqualTo("r-1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"trueup", "plain"})
    void shouldReadWhatTheTargetsReconcilerNeeds(String name) throws Exception {
        RepairFormat format = format(name);
        for (Repair repair : List.of(STALE, MISSING, DELETE)) {
            EncodedRepair record = format.encode(repair, 3, VALUE, null).orElseThrow();

            SentRepair sent = format.decode(record.key(), record.value(), record.headers());

            assertThat(sent)
                    .isEqualTo(
                            new SentRepair("r-1", KEY, 12, null, repair.winner().deleted(), 5_000_000));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"trueup", "plain"})
    void shouldRefuseRepairsOfOthers(String name) {
        EncodedRepair record = format(name).encode(STALE, 3, VALUE, null).orElseThrow();
        RepairFormat ofAp = RepairFormat.of(name, "orders", "ap", "repairs.ap", RecordCodecs.embedded());

        assertThatThrownBy(() -> ofAp.decode(record.key(), record.value(), record.headers()))
                .isInstanceOf(MalformedRecordException.class)
                .hasMessageContaining("repair of replica us")
                .hasMessageContaining("topic of replica ap");
        assertThatThrownBy(() -> ofAp.encode(STALE, 3, VALUE, null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("us", "ap");
    }

    @Test
    void shouldRefuseRepairsOfAnotherDataset() {
        EncodedRepair record = trueup.encode(STALE, 3, VALUE, null).orElseThrow();
        RepairFormat other = RepairFormat.of("trueup", "customers", "us", "repairs.us", RecordCodecs.embedded());

        assertThatThrownBy(() -> other.decode(record.key(), record.value(), record.headers()))
                .isInstanceOf(MalformedRecordException.class)
                .hasMessageContainingAll("orders", "customers");
    }

    @ParameterizedTest
    @ValueSource(strings = {"trueup", "plain"})
    void shouldRefuseWhatIsNoRepairEvent(String name) {
        RepairFormat format = format(name);
        EncodedRepair record = format.encode(STALE, 3, VALUE, null).orElseThrow();

        assertThatThrownBy(() -> format.decode(KEY, VALUE, new RecordHeaders()))
                .isInstanceOf(MalformedRecordException.class);
        assertThatThrownBy(() -> format.decode(KEY, null, new RecordHeaders()))
                .isInstanceOf(MalformedRecordException.class);
        assertThatThrownBy(() -> format.decode(null, record.value(), record.headers()))
                .isInstanceOf(MalformedRecordException.class)
                .hasMessageContaining("record key");
        assertThatThrownBy(() -> format.encode(STALE, 3, null, null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("neither value nor reference");
    }

    @ParameterizedTest
    @ValueSource(strings = {"trueup.repair.id", "trueup.version", "trueup.target", "trueup.valid.until"})
    void shouldNameTheHeaderThatAPlainRepairLacks(String name) {
        EncodedRepair record = plain.encode(STALE, 3, VALUE, null).orElseThrow();
        record.headers().remove(name);

        assertThatThrownBy(() -> plain.decode(record.key(), record.value(), record.headers()))
                .isInstanceOf(MalformedRecordException.class)
                .hasMessageContaining("no header " + name);
    }

    @Test
    void shouldShowAPlainHeaderThatIsNoNumber() {
        EncodedRepair record = plain.encode(STALE, 3, VALUE, null).orElseThrow();
        TrueupHeaders.add(record.headers(), "trueup.valid.until", "soon");

        assertThatThrownBy(() -> plain.decode(record.key(), record.value(), record.headers()))
                .isInstanceOf(MalformedRecordException.class)
                .hasMessageContainingAll("trueup.valid.until", "soon");
    }

    /** The two enumerations are declared apart: the core knows no schema class. */
    @ParameterizedTest
    @EnumSource(Divergence.class)
    void shouldKnowEveryReason(Divergence reason) throws Exception {
        Repair repair = repair(reason, false, Entry.NEVER, false, null);

        assertThat(avro(trueup.encode(repair, 3, VALUE, null).orElseThrow())
                        .getReason()
                        .name())
                .isEqualTo(reason.name());
    }

    @Test
    void shouldCountTheBytesOfARecord() {
        Headers headers = new RecordHeaders().add("abc", new byte[10]).add("d", null);

        assertThat(new EncodedRepair(new byte[2], new byte[20], headers).bytes())
                .isEqualTo(36);
        assertThat(new EncodedRepair(new byte[2], null, new RecordHeaders()).bytes())
                .isEqualTo(2);
    }

    @Test
    void shouldNameTheKnownFormatsWhenAskedForAnother() {
        assertThatThrownBy(() -> format("json"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("json", "trueup", "plain");
    }

    private static RepairFormat format(String name) {
        return RepairFormat.of(name, "orders", "us", "repairs.us", RecordCodecs.embedded());
    }

    private static RepairEvent avro(EncodedRepair record) throws MalformedRecordException {
        assertThat(record.key()).isEqualTo(KEY);
        assertThat(record.headers()).isEmpty();
        return SingleObjectCodec.of(RepairEvent.class).decode("repairs.us", record.value());
    }

    private static Map<String, String> texts(Headers headers) {
        Map<String, String> texts = new LinkedHashMap<>();
        for (Header header : headers) {
            assertThat(texts.put(header.key(), new String(header.value(), StandardCharsets.UTF_8)))
                    .isNull();
        }
        return texts;
    }

    private static Repair repair(
            Divergence reason, boolean deleted, long expiryMs, boolean ifObserved, EntrySummary observed) {
        return new Repair(
                "r-1",
                KEY,
                Hash128.ZERO,
                "us",
                "eu",
                reason,
                new Repair.Winner(12, null, 34, deleted, expiryMs, deleted ? -1 : 42),
                new Repair.Condition(ifObserved, observed),
                60_000,
                2,
                5_000_000);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
