package io.trueup.source.canonical;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodecs;
import io.trueup.source.Observation;
import io.trueup.source.WriteFormat;
import io.trueup.tree.Hash128;
import io.trueup.tree.KeyedHash;
import io.trueup.tree.Write;
import java.nio.charset.StandardCharsets;
import java.util.List;
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
                .applied(digesting, new KeyedHash(SECRET))
                .decode(new byte[] {1}, new byte[] {'1'}, new RecordHeaders(), 1, 0, 1);

        assertThat(((Observation.Observed) seen).write().digest()).isEqualTo(given);
    }

    @Test
    void shouldDigestRowsOfScansInTheSameForm() throws MalformedRecordException {
        WriteFormat scanning = (key, value, headers, timestampMs, offset, appendTimeMs) -> new Observation.Scanned(
                new Write(key, 1, 1, false, value, null, Long.MAX_VALUE, null, offset, appendTimeMs), "scan", 0);
        ValueForm form = ValueForm.of("json", List.of());

        Observation seen = form.applied(scanning, new KeyedHash(SECRET))
                .decode(new byte[] {1}, new byte[] {' ', '1'}, new RecordHeaders(), 1, 0, 1);

        assertThat(((Observation.Scanned) seen).write().digest())
                .isEqualTo(decode(form, "1").digest());
    }

    @Test
    void shouldBeTheFormatItselfWhereBytesAreCompared() {
        WriteFormat format = WriteFormat.of("plain", "topic", RecordCodecs.embedded());

        assertThat(ValueForm.of("none", List.of()).applied(format, new KeyedHash(SECRET)))
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
                        WriteFormat.of("plain", "topic", RecordCodecs.embedded()), new KeyedHash(SECRET))
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
