package io.trueup.source.canonical;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.avro.Encoding;
import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodecs;
import io.trueup.avro.SubjectNaming;
import io.trueup.schema.WriteEvent;
import io.trueup.source.MalformedRowException;
import io.trueup.source.Observation;
import io.trueup.source.WriteFormat;
import io.trueup.tree.Hash128;
import io.trueup.tree.KeyedHash;
import io.trueup.tree.Write;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

class ValueFormTest {

    private static final byte[] SECRET = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    @Test
    void shouldKeepTheValueAndGiveItTheDigestOfItsForm() throws MalformedRecordException {
        ValueForm form = ValueForm.of("json", List.of("/at"));

        Write write = decode(form, "{\"b\":1.0, \"a\":2, \"at\":7}");

        assertThat(new String(write.value(), StandardCharsets.UTF_8)).isEqualTo("{\"b\":1.0, \"a\":2, \"at\":7}");
        assertThat(write.digest()).isEqualTo(decode(form, "{\"a\":2,\"b\":1}").digest());
        assertThat(write.digest())
                .isNotEqualTo(decode(form, "{\"a\":2,\"b\":2}").digest());
    }

    @Test
    void shouldNotGiveADigestToDeletes() throws MalformedRecordException {
        Write delete = decode(ValueForm.of("json", List.of()), null);

        assertThat(delete.deleted()).isTrue();
        assertThat(delete.digest()).isNull();
    }

    @Test
    void shouldKeepTheDigestThatTheDatastoreHasGiven() throws MalformedRecordException {
        Hash128 given = new Hash128(1, 2);
        WriteFormat digesting = (key, value, headers, timestampMs, offset, appendTimeMs) -> new Observation.Observed(
                new Write(key, 1, 1, false, value, given, Long.MAX_VALUE, null, offset, appendTimeMs));

        Observation seen = ValueForm.of("json", List.of())
                .applied(digesting, "topic", RecordCodecs.embedded(), new KeyedHash(SECRET))
                .decode(new byte[] {1}, new byte[] {'1'}, new RecordHeaders(), 1, 0, 1);

        assertThat(((Observation.Observed) seen).write().digest()).isEqualTo(given);
    }

    @Test
    void shouldDigestRowsOfScansInTheSameForm() throws MalformedRecordException {
        WriteFormat scanning = (key, value, headers, timestampMs, offset, appendTimeMs) -> new Observation.Scanned(
                new Write(key, 1, 1, false, value, null, Long.MAX_VALUE, null, offset, appendTimeMs), "scan", 0);
        ValueForm form = ValueForm.of("json", List.of());

        Observation seen = form.applied(scanning, "topic", RecordCodecs.embedded(), new KeyedHash(SECRET))
                .decode(new byte[] {1}, new byte[] {' ', '1'}, new RecordHeaders(), 1, 0, 1);

        assertThat(((Observation.Scanned) seen).write().digest())
                .isEqualTo(decode(form, "1").digest());
    }

    @Test
    void shouldDigestRecordsByTheirContentInPlainRecordsAndInWriteEvents() throws MalformedRecordException {
        OneRegistry registry = new OneRegistry();
        RecordCodecs codecs = RecordCodecs.of(registry, SubjectNaming.TOPIC, Encoding.SINGLE_OBJECT);
        byte[] one = {0, 0, 0, 0, (byte) registry.register(Schema.create(Schema.Type.INT)), 10};
        byte[] same = {0, 0, 0, 0, (byte) registry.register(Schema.create(Schema.Type.LONG)), 10};
        byte[] other = {0, 0, 0, 0, same[4], 12};
        byte[] event = codecs.of(WriteEvent.class)
                .encode(
                        "topic",
                        WriteEvent.newBuilder()
                                .setVersion(1)
                                .setPosition(1)
                                .setValue(ByteBuffer.wrap(same))
                                .build());

        Write write = decode("plain", codecs, one);

        assertThat(write.value()).isEqualTo(one);
        assertThat(write.digest())
                .isEqualTo(decode("plain", codecs, same).digest())
                .isEqualTo(decode("trueup", codecs, event).digest())
                .isNotEqualTo(decode("plain", codecs, other).digest());
        assertThat(decode("plain", codecs, null).digest()).isNull();
        for (String format : List.of("plain", "trueup")) {
            byte[] value = format.equals("plain") ? one : event;
            assertThat(avro(format, codecs).isReady(null, value)).as(format).isTrue();
        }
        registry.stop();
        assertThat(avro("plain", codecs).isReady(null, one)).isFalse();
        assertThat(avro("trueup", codecs).isReady(null, event)).isFalse();
        assertThat(avro("plain", codecs).isReady(null, null)).isTrue();
    }

    @Test
    void shouldSayOfWhichScanARowIsWhoseRecordCannotBeRead() {
        RecordCodecs codecs = RecordCodecs.of(new OneRegistry(), SubjectNaming.TOPIC, Encoding.SINGLE_OBJECT);
        WriteFormat scanning = (key, value, headers, timestampMs, offset, appendTimeMs) -> new Observation.Scanned(
                new Write(key, 1, 1, false, value, null, Long.MAX_VALUE, null, offset, appendTimeMs), "scan", 0);

        assertThatThrownBy(() -> ValueForm.of("avro", List.of())
                        .applied(scanning, "topic", codecs, new KeyedHash(SECRET))
                        .decode(new byte[] {1}, new byte[] {0, 0, 0, 0, 7}, new RecordHeaders(), 1, 0, 1))
                .isInstanceOfSatisfying(
                        MalformedRowException.class,
                        row -> assertThat(row.scan()).isEqualTo("scan"))
                .hasMessageContaining("schema id 7");
    }

    private static WriteFormat avro(String format, RecordCodecs codecs) {
        return ValueForm.of("avro", List.of())
                .applied(WriteFormat.of(format, "topic", codecs), "topic", codecs, new KeyedHash(SECRET));
    }

    private static Write decode(String format, RecordCodecs codecs, byte[] value) throws MalformedRecordException {
        Observation seen = avro(format, codecs).decode(new byte[] {1}, value, new RecordHeaders(), 5, 0, 5);
        return ((Observation.Observed) seen).write();
    }

    @Test
    void shouldBeTheFormatItselfWhereBytesAreCompared() {
        WriteFormat format = WriteFormat.of("plain", "topic", RecordCodecs.embedded());

        assertThat(ValueForm.of("none", List.of())
                        .applied(format, "topic", RecordCodecs.embedded(), new KeyedHash(SECRET)))
                .isSameAs(format);
    }

    @Test
    void shouldHaveTheSameIdentityInAnyOrderOfMembersAndNoneForBytes() {
        assertThat(ValueForm.of("json", List.of("/b", "/a", "/b")).identity())
                .isEqualTo(ValueForm.of("json", List.of("/a", "/b")).identity())
                .isNotEqualTo(ValueForm.of("json", List.of("/a")).identity())
                .isNotEqualTo(ValueForm.of("json", List.of("/a /b")).identity());
        assertThat(ValueForm.BYTES.identity()).isEmpty();
    }

    private static Write decode(ValueForm form, String value) throws MalformedRecordException {
        Observation seen = form.applied(
                        WriteFormat.of("plain", "topic", RecordCodecs.embedded()),
                        "topic",
                        RecordCodecs.embedded(),
                        new KeyedHash(SECRET))
                .decode(
                        new byte[] {1},
                        value == null ? null : value.getBytes(StandardCharsets.UTF_8),
                        new RecordHeaders(),
                        5,
                        0,
                        5);
        return ((Observation.Observed) seen).write();
    }
}
