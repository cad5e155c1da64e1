package io.trueup.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodec;
import io.trueup.avro.SingleObjectCodec;
import io.trueup.schema.ProgressEvent;
import io.trueup.schema.Root;
import io.trueup.schema.WriteEvent;
import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import io.trueup.tree.Write;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

class TrueupFormatTest {

    private static final String TOPIC = "writes.eu";
    private static final byte[] KEY = "key".getBytes(StandardCharsets.UTF_8);
    private static final byte[] VALUE = "value".getBytes(StandardCharsets.UTF_8);
    private static final RecordCodec<SpecificRecord> CODEC =
            SingleObjectCodec.anyOf(List.of(WriteEvent.class, ProgressEvent.class, Root.class), List.of());

    private final WriteFormat format = WriteFormat.of("trueup", TOPIC);

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
        assertMalformed(KEY, event().setValue(value).setPosition(-1).build(), "position", "-1");
        assertMalformed(KEY, event().setValue(value).setExpiry(-1L).build(), "expiry", "-1");
        assertMalformed(null, new ProgressEvent(-1L), "position", "-1");
    }

    @Test
    void shouldRefuseOtherRecords() {
        assertMalformed(KEY, new Root(new io.trueup.schema.Hash(new byte[16]), 1L, 2L), "unknown schema");
        assertThatThrownBy(() -> format.decode(KEY, VALUE, new RecordHeaders(), 17, 0, 0))
                .isInstanceOf(MalformedRecordException.class)
                .hasMessageContaining("single-object");
        assertThatThrownBy(() -> format.decode(KEY, null, new RecordHeaders(), 17, 0, 0))
                .isInstanceOf(MalformedRecordException.class)
                .hasMessageContaining("deleted = true");
    }

    @Test
    void shouldNameTheKnownFormatsWhenAskedForAnother() {
        assertThatThrownBy(() -> WriteFormat.of("json", TOPIC))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("json", "trueup", "plain");
    }

    private static WriteEvent.Builder event() {
        return WriteEvent.newBuilder().setVersion(3).setPosition(5);
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
