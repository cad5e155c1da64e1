package io.trueup.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodecs;
import io.trueup.schema.HeaderNames;
import io.trueup.tree.Entry;
import io.trueup.tree.Write;
import java.nio.charset.StandardCharsets;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

class PlainFormatTest {

    private static final byte[] KEY = "key".getBytes(StandardCharsets.UTF_8);
    private static final byte[] VALUE = "value".getBytes(StandardCharsets.UTF_8);

    private final WriteFormat format = WriteFormat.of("plain", "writes.eu", RecordCodecs.embedded());

    @Test
    void shouldTakeVersionAndPositionFromTheTimestamp() throws Exception {
        Write write = write(KEY, VALUE, headers(), 17);

        assertThat(write.key()).isEqualTo(KEY);
        assertThat(write.value()).isEqualTo(VALUE);
        assertThat(write.deleted()).isFalse();
        assertThat(write.version()).isEqualTo(17);
        assertThat(write.positionMs()).isEqualTo(17);
        assertThat(write.digest()).isNull();
        assertThat(write.expiryMs()).isEqualTo(Entry.NEVER);
        assertThat(write.repairId()).isNull();
        assertThat(write.offset()).isEqualTo(100);
        assertThat(write.appendTimeMs()).isEqualTo(200);
    }

    @Test
    void shouldPreferHeadersToTheTimestamp() throws Exception {
        assertThat(write(KEY, VALUE, headers("trueup.version", "-3"), 17))
                .returns(-3L, Write::version)
                .returns(17L, Write::positionMs);
        assertThat(write(KEY, VALUE, headers("trueup.position", "5"), 17))
                .returns(17L, Write::version)
                .returns(5L, Write::positionMs);
    }

    @Test
    void shouldNotNeedATimestampWhereHeadersGiveVersionAndPosition() throws Exception {
        Write write = write(KEY, VALUE, headers("trueup.version", "3", "trueup.position", "5"), -1);

        assertThat(write.version()).isEqualTo(3);
        assertThat(write.positionMs()).isEqualTo(5);
    }

    @Test
    void shouldTakeANullValueAsDeleteAndAnEmptyOneAsValue() throws Exception {
        Write deleted = write(KEY, null, headers("trueup.expiry", "9"), 17);
        Write empty = write(KEY, new byte[0], headers(), 17);

        assertThat(deleted.deleted()).isTrue();
        assertThat(deleted.value()).isNull();
        assertThat(deleted.expiryMs()).isEqualTo(Entry.NEVER);
        assertThat(empty.deleted()).isFalse();
        assertThat(empty.value()).isEmpty();
    }

    @Test
    void shouldReadExpiryAndRepairId() throws Exception {
        Write write = write(KEY, VALUE, headers("trueup.expiry", "99", "trueup.repair.id", "r-1"), 17);

        assertThat(write.expiryMs()).isEqualTo(99);
        assertThat(write.repairId()).isEqualTo("r-1");
    }

    @Test
    void shouldTakeTheLastOfSeveralHeaders() throws Exception {
        assertThat(write(KEY, VALUE, headers("trueup.version", "1", "trueup.version", "2"), 17)
                        .version())
                .isEqualTo(2);
    }

    @Test
    void shouldReadProgressFromARecordWithoutKeyAndValue() throws Exception {
        assertThat(format.decode(null, null, headers("trueup.progress", "7"), -1, 0, 0))
                .isEqualTo(new Observation.Progress(7));
        assertThat(format.decode(HeaderNames.progressKey(), null, headers("trueup.progress", "7"), -1, 0, 0))
                .isEqualTo(new Observation.Progress(7));
        assertThat(write(KEY, null, headers("trueup.progress", "7"), 17).deleted())
                .isTrue();
    }

    @Test
    void shouldRefuseWhatItCannotUnderstand() {
        assertMalformed(null, VALUE, headers(), 17, "record key");
        assertMalformed(null, null, headers(), 17, "record key");
        assertMalformed(new byte[WriteFormat.MAX_KEY_BYTES + 1], VALUE, headers(), 17, "16385 bytes");
        assertMalformed(KEY, VALUE, headers(), -1, "neither a header trueup.version nor a record timestamp");
        assertMalformed(KEY, VALUE, headers("trueup.version", "1"), -1, "trueup.position");
        assertMalformed(KEY, VALUE, headers("trueup.position", "-1"), 17, "trueup.position", "-1");
        assertMalformed(KEY, VALUE, headers("trueup.expiry", "-1"), 17, "trueup.expiry", "-1");
        assertMalformed(KEY, VALUE, headers("trueup.version", "-9223372036854775808"), 17, "reserved");
        assertMalformed(null, null, headers("trueup.progress", "-1"), 17, "trueup.progress", "-1");
    }

    @Test
    void shouldShowTheHeaderThatIsNoNumber() {
        assertMalformed(KEY, VALUE, headers("trueup.version", "1.5"), 17, "trueup.version", "\"1.5\"");
        assertMalformed(KEY, VALUE, headers("trueup.version", ""), 17, "trueup.version", "\"\"");
        assertMalformed(KEY, VALUE, headers("trueup.position", "9223372036854775808"), 17, "trueup.position");
        assertMalformed(KEY, VALUE, headers("trueup.expiry", "a\nb\u0000c"), 17, "\"a?b?c\"");
        assertMalformed(KEY, VALUE, headers("trueup.version", "x".repeat(5000)), 17, "x".repeat(40) + "\"...");
        Headers empty = new RecordHeaders().add("trueup.version", null);
        assertMalformed(KEY, VALUE, empty, 17, "trueup.version", "no value");
    }

    @Test
    void shouldAcceptTheLongestKeyAndTheEmptyKey() throws Exception {
        assertThat(write(new byte[WriteFormat.MAX_KEY_BYTES], VALUE, headers(), 17)
                        .key())
                .hasSize(WriteFormat.MAX_KEY_BYTES);
        assertThat(write(new byte[0], VALUE, headers(), 17).key()).isEmpty();
    }

    @Property
    void shouldReadEveryNumberThatItWrites(
            @ForAll @LongRange(min = Long.MIN_VALUE + 1) long version,
            @ForAll @LongRange(min = 0) long position,
            @ForAll @LongRange(min = 0) long expiry)
            throws Exception {
        Headers headers = new RecordHeaders();
        TrueupHeaders.add(headers, HeaderNames.VERSION, version);
        TrueupHeaders.add(headers, HeaderNames.POSITION, position);
        TrueupHeaders.add(headers, HeaderNames.EXPIRY, expiry);

        Write write = write(KEY, VALUE, headers, -1);

        assertThat(write.version()).isEqualTo(version);
        assertThat(write.positionMs()).isEqualTo(position);
        assertThat(write.expiryMs()).isEqualTo(expiry);
    }

    @Property
    void shouldThrowNothingButMalformedOnAnyHeader(@ForAll byte[] version, @ForAll byte[] progress) {
        Headers headers = new RecordHeaders().add("trueup.version", version).add("trueup.progress", progress);
        for (byte[] key : new byte[][] {KEY, null}) {
            try {
                assertThat(format.decode(key, null, headers, 17, 0, 0)).isNotNull();
            } catch (MalformedRecordException e) {
                assertThat(e.getMessage())
                        .containsPattern("trueup\\.(version|progress)")
                        .matches("\\p{Print}*");
            }
        }
    }

    private Write write(byte[] key, byte[] value, Headers headers, long timestampMs) throws MalformedRecordException {
        Observation seen = format.decode(key, value, headers, timestampMs, 100, 200);
        assertThat(seen).isInstanceOf(Observation.Observed.class);
        return ((Observation.Observed) seen).write();
    }

    private void assertMalformed(byte[] key, byte[] value, Headers headers, long timestampMs, String... reasons) {
        assertThatThrownBy(() -> format.decode(key, value, headers, timestampMs, 100, 200))
                .isInstanceOf(MalformedRecordException.class)
                .hasMessageContainingAll(reasons);
    }

    private static Headers headers(String... namesAndValues) {
        Headers headers = new RecordHeaders();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            TrueupHeaders.add(headers, namesAndValues[i], namesAndValues[i + 1]);
        }
        return headers;
    }
}
