package io.trueup.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodec;
import io.trueup.avro.RecordCodecs;
import io.trueup.avro.SingleObjectCodec;
import io.trueup.schema.Evidence;
import io.trueup.schema.ProgressEvent;
import io.trueup.schema.Root;
import io.trueup.schema.ScanEvent;
import io.trueup.schema.ScanMarker;
import io.trueup.schema.ScanMarkerKind;
import io.trueup.schema.WriteEvent;
import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import io.trueup.tree.VersionVector;
import io.trueup.tree.Write;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

class TrueupFormatTest {

    private static final String TOPIC = "writes.eu";
    private static final byte[] KEY = "key".getBytes(StandardCharsets.UTF_8);
    private static final byte[] VALUE = "value".getBytes(StandardCharsets.UTF_8);
    private static final RecordCodec<SpecificRecord> CODEC = SingleObjectCodec.anyOf(
            List.of(WriteEvent.class, ProgressEvent.class, ScanEvent.class, ScanMarker.class, Root.class), List.of());

    private final WriteFormat format = WriteFormat.of("trueup", TOPIC, RecordCodecs.embedded());

    @Test
    void shouldReadAWriteEvent() throws Exception {
        Hash128 digest = new Hash128(1, 2);
        WriteEvent event = event().setValue(ByteBuffer.wrap(VALUE))
                .setValueDigest(ByteBuffer.wrap(digest.toBytes()))
                .setExpiry(99L)
                .setRepairId("r-1")
                .build();

        Write write = write(KEY, event);

        assertThat(write.key()).isEqualTo(KEY);
        assertThat(write.value()).isEqualTo(VALUE);
        assertThat(write.digest()).isEqualTo(digest);
        assertThat(write.version()).isEqualTo(3);
        assertThat(write.positionMs()).isEqualTo(5);
        assertThat(write.expiryMs()).isEqualTo(99);
        assertThat(write.deleted()).isFalse();
        assertThat(write.repairId()).isEqualTo("r-1");
        assertThat(write.offset()).isEqualTo(100);
        assertThat(write.appendTimeMs()).isEqualTo(200);
    }

    @Test
    void shouldReadAValueAloneAndADigestAlone() throws Exception {
        Write value = write(KEY, event().setValue(ByteBuffer.allocate(0)).build());
        Write digest =
                write(KEY, event().setValueDigest(ByteBuffer.allocate(16)).build());

        assertThat(value.value()).isEmpty();
        assertThat(value.digest()).isNull();
        assertThat(value.expiryMs()).isEqualTo(Entry.NEVER);
        assertThat(digest.value()).isNull();
        assertThat(digest.digest()).isEqualTo(Hash128.ZERO);
    }

    @Test
    void shouldReadADelete() throws Exception {
        Write write = write(KEY, event().setDeleted(true).setExpiry(99L).build());

        assertThat(write.deleted()).isTrue();
        assertThat(write.value()).isNull();
        assertThat(write.digest()).isNull();
        assertThat(write.expiryMs()).isEqualTo(Entry.NEVER);
    }

    @Test
    void shouldReadProgressWhateverTheKey() throws Exception {
        assertThat(decode(null, new ProgressEvent(7L))).isEqualTo(new Observation.Progress(7));
        assertThat(decode(KEY, new ProgressEvent(7L))).isEqualTo(new Observation.Progress(7));
    }

    @Test
    void shouldRefuseWhatBreaksTheContract() {
        ByteBuffer value = ByteBuffer.wrap(VALUE);
        assertMalformed(null, event().setValue(value).build(), "record key");
        assertMalformed(
                new byte[WriteFormat.MAX_KEY_BYTES + 1], event().setValue(value).build(), "16385 bytes");
        assertMalformed(KEY, event().build(), "neither deleted nor with a value");
        assertMalformed(KEY, event().setDeleted(true).setValue(value).build(), "deleted, yet with a value");
        assertMalformed(
                KEY,
                event().setDeleted(true).setValueDigest(ByteBuffer.allocate(16)).build(),
                "deleted, yet with");
        assertMalformed(KEY, event().setValueDigest(value).build(), "valueDigest has 5 bytes instead of 16");
        assertMalformed(KEY, event().setValue(value).setVersion(Long.MIN_VALUE).build(), "reserved");
        assertMalformed(KEY, event().setValue(value).setPosition(-1).build(), "position", "-1");
        assertMalformed(KEY, event().setValue(value).setExpiry(-1L).build(), "expiry", "-1");
        assertMalformed(null, new ProgressEvent(-1L), "position", "-1");
    }

    @Test
    void shouldTakeTheSumOfAVectorForTheVersion() throws Exception {
        Write write = write(
                KEY,
                event().setValue(ByteBuffer.wrap(VALUE))
                        .setVector(Map.of("eu", 4L, "us", 7L))
                        .build());

        assertThat(write.version()).isEqualTo(11);
        assertThat(write.vector()).isEqualTo(VersionVector.of(Map.of("eu", 4L, "us", 7L)));
    }

    @Test
    void shouldReadTheRowsOfAScan() throws Exception {
        Observation row = decode(
                KEY, row().setValue(ByteBuffer.wrap(VALUE)).setExpiry(99L).build());
        Observation tombstone =
                decode(KEY, row().setDeleted(true).setVector(Map.of("eu", 4L)).build());

        assertThat(row).isInstanceOfSatisfying(Observation.Scanned.class, scanned -> {
            assertThat(scanned.scan()).isEqualTo("s-1");
            assertThat(scanned.since()).isEqualTo(90);
            assertThat(scanned.write().key()).isEqualTo(KEY);
            assertThat(scanned.write().value()).isEqualTo(VALUE);
            assertThat(scanned.write().version()).isEqualTo(3);
            assertThat(scanned.write().positionMs()).isEqualTo(5);
            assertThat(scanned.write().expiryMs()).isEqualTo(99);
            assertThat(scanned.write().repairId()).isNull();
            assertThat(scanned.write().offset()).isEqualTo(100);
            assertThat(scanned.write().appendTimeMs()).isEqualTo(200);
        });
        assertThat(tombstone).isInstanceOfSatisfying(Observation.Scanned.class, scanned -> {
            assertThat(scanned.write().deleted()).isTrue();
            assertThat(scanned.write().version()).isEqualTo(4);
            assertThat(scanned.write().vector()).isEqualTo(VersionVector.of(Map.of("eu", 4L)));
        });
    }

    @Test
    void shouldReadTheMarkersOfAScan() throws Exception {
        assertThat(decode(null, new ScanMarker("s-1", ScanMarkerKind.START, -1L, 0L)))
                .isEqualTo(new Observation.ScanStarted("s-1"));
        assertThat(decode(KEY, new ScanMarker("s-1", ScanMarkerKind.END, 90L, 7L)))
                .isEqualTo(new Observation.ScanEnded("s-1", 90, 7));
    }

    @Test
    void shouldRefuseScansThatBreakTheContract() {
        ByteBuffer value = ByteBuffer.wrap(VALUE);
        assertMalformed(KEY, row().build(), "neither deleted nor with a value");
        assertMalformed(null, row().setValue(value).build(), "record key");
        assertMalformed(KEY, row().setValue(value).setScan("").build(), "a scan without id");
        assertMalformed(KEY, row().setValue(value).setSince(-1).build(), "since is -1", "START marker");
        assertMalformed(KEY, row().setValue(value).setSince(100).build(), "since is 100");
        assertMalformed(KEY, row().setValue(value).setPosition(-1).build(), "position", "-1");
        assertMalformed(KEY, new ScanMarker("", ScanMarkerKind.START, -1L, 0L), "a scan without id");
        assertMalformed(KEY, new ScanMarker("s", ScanMarkerKind.END, -1L, 0L), "since is -1");
        assertMalformed(KEY, new ScanMarker("s", ScanMarkerKind.END, 101L, 0L), "since is 101");
        assertMalformed(KEY, new ScanMarker("s", ScanMarkerKind.END, 90L, -2L), "-2 rows");
    }

    /** A vector of the largest size is taken in. */
    @Test
    void shouldRefuseAVectorThatIsTooLargeToBeSentWithAWholeSegment() throws Exception {
        WriteEvent.Builder event = event().setValue(ByteBuffer.wrap(VALUE));
        Map<String, Long> counters = new TreeMap<>();
        for (int writer = 0; writer < 600; writer++) {
            counters.put("writer" + writer, 1L);
        }

        assertMalformed(KEY, event.setVector(counters).build(), "600 writers", "16384");
        counters.keySet().removeIf(writer -> writer.length() > 8);
        assertThat(write(KEY, event.setVector(counters).build()).vector().counters())
                .hasSameSizeAs(counters);
    }

    @Test
    void shouldRefuseVectorsThatBreakTheContract() {
        WriteEvent.Builder event = event().setValue(ByteBuffer.wrap(VALUE));
        assertMalformed(KEY, event.setVector(Map.of("", 1L)).build(), "vector", "without a name");
        assertMalformed(KEY, event.setVector(Map.of("eu", -1L)).build(), "vector", "-1", "eu");
        assertMalformed(
                KEY, event.setVector(Map.of("eu", Long.MAX_VALUE, "us", 1L)).build(), "vector", "more than");
    }

    @Test
    void shouldRefuseOtherRecords() {
        assertMalformed(
                KEY,
                new Root(
                        new io.trueup.schema.Hash(new byte[16]),
                        1L,
                        Evidence.newBuilder().build(),
                        false,
                        false,
                        List.of()),
                "unknown schema");
        assertThatThrownBy(() -> format.decode(KEY, VALUE, new RecordHeaders(), 17, 0, 0))
                .isInstanceOf(MalformedRecordException.class)
                .hasMessageContaining("single-object");
        assertThatThrownBy(() -> format.decode(KEY, null, new RecordHeaders(), 17, 0, 0))
                .isInstanceOf(MalformedRecordException.class)
                .hasMessageContaining("deleted = true");
    }

    @Test
    void shouldNameTheKnownFormatsWhenAskedForAnother() {
        assertThatThrownBy(() -> WriteFormat.of("json", TOPIC, RecordCodecs.embedded()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("json", "trueup", "plain");
    }

    private static WriteEvent.Builder event() {
        return WriteEvent.newBuilder().setVersion(3).setPosition(5);
    }

    private static ScanEvent.Builder row() {
        return ScanEvent.newBuilder().setScan("s-1").setSince(90).setVersion(3).setPosition(5);
    }

    private Observation decode(byte[] key, SpecificRecord record) throws MalformedRecordException {
        return format.decode(key, CODEC.encode(TOPIC, record), new RecordHeaders(), -1, 100, 200);
    }

    private Write write(byte[] key, WriteEvent event) throws MalformedRecordException {
        Observation seen = decode(key, event);
        assertThat(seen).isInstanceOf(Observation.Observed.class);
        return ((Observation.Observed) seen).write();
    }

    private void assertMalformed(byte[] key, SpecificRecord record, String... reasons) {
        assertThatThrownBy(() -> decode(key, record))
                .isInstanceOf(MalformedRecordException.class)
                .hasMessageContainingAll(reasons);
    }
}
