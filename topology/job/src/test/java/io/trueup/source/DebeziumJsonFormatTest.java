package io.trueup.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodecs;
import io.trueup.schema.HeaderNames;
import io.trueup.source.canonical.ValueForm;
import io.trueup.tree.Hash128;
import io.trueup.tree.KeyedHash;
import io.trueup.tree.Write;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DebeziumJsonFormatTest {

    private static final byte[] KEY = bytes("{\"id\":1}");
    private static final long RECORD_MS = 900;
    private static final String SOURCE = "\"source\":{\"connector\":\"postgresql\",\"ts_ms\":700,\"lsn\":5}";

    @ParameterizedTest
    @ValueSource(strings = {"c", "u", "r"})
    void shouldReadTheRowAfterAChange(String op) throws MalformedRecordException {
        Write write = write("{\"before\":null,\"after\":{\"id\":1,\"total\":10.50}," + SOURCE + ",\"op\":\"" + op
                + "\",\"ts_ms\":800,\"transaction\":null}");

        assertThat(write.deleted()).isFalse();
        assertThat(text(write.value())).isEqualTo("{\"id\":1,\"total\":10.50}");
        assertThat(write.key()).isEqualTo(KEY);
        assertThat(write.positionMs()).isEqualTo(700);
        assertThat(write.version()).isEqualTo(700);
        assertThat(write.offset()).isEqualTo(3);
    }

    @Test
    void shouldReadTheSameRowWithSchemaAndUnwrapped() throws MalformedRecordException {
        Hash128 bare = digest("{\"after\":{\"id\":1,\"name\":\"a\"}," + SOURCE + ",\"op\":\"c\"}");

        assertThat(digest(
                        "{\"schema\":{\"type\":\"struct\",\"fields\":[{\"field\":\"after\",\"type\":\"struct\",\"fields\":"
                                + "[{\"field\":\"id\",\"type\":\"int32\"},{\"field\":\"name\",\"type\":\"string\"}]}]},"
                                + "\"payload\":{\"after\":{\"name\":\"a\",\"id\":1}," + SOURCE + ",\"op\":\"u\"}}"))
                .isEqualTo(bare);
        assertThat(digest("{\"id\":1,\"name\":\"a\"}")).isEqualTo(bare);
        assertThat(digest("{\"id\":1,\"name\":\"a\",\"__op\":\"u\",\"__deleted\":\"false\",\"__source_ts_ms\":5}"))
                .isEqualTo(bare);
        assertThat(digest("{\"schema\":null,\"payload\":{\"id\":1,\"name\":\"a\"}}"))
                .isEqualTo(bare);
        assertThat(digest("{\"id\":1,\"name\":\"b\"}")).isNotEqualTo(bare);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"before\":{\"id\":1},\"after\":null,\"source\":{\"ts_ms\":700},\"op\":\"d\"}",
                "{\"before\":null,\"source\":{\"ts_ms\":700},\"op\":\"d\"}",
                "{\"id\":1,\"__deleted\":\"true\",\"__source_ts_ms\":700}",
            })
    void shouldReadADelete(String event) throws MalformedRecordException {
        Write write = write(event);

        assertThat(write.deleted()).isTrue();
        assertThat(write.value()).isNull();
        assertThat(write.digest()).isNull();
        assertThat(write.positionMs()).isEqualTo(700);
    }

    @Test
    void shouldReadTombstonesAsDeletes() throws MalformedRecordException {
        assertThat(write(null).deleted()).isTrue();
        assertThat(write(null).positionMs()).isEqualTo(RECORD_MS);
        assertThat(write("{\"schema\":null,\"payload\":null}").deleted()).isTrue();
    }

    @Test
    void shouldReadProgressAndTheIdOfARepair() throws MalformedRecordException {
        Headers progress = new RecordHeaders().add(HeaderNames.PROGRESS, bytes("55"));
        Headers answer = new RecordHeaders().add(HeaderNames.REPAIR_ID, bytes("r1"));

        assertThat(format().decode(null, null, progress, RECORD_MS, 3, 950)).isEqualTo(new Observation.Progress(55));
        assertThat(((Observation.Observed) format().decode(KEY, bytes("{\"id\":1}"), answer, RECORD_MS, 3, 950))
                        .write()
                        .repairId())
                .isEqualTo("r1");
    }

    /** PostgreSQL leaves out large values that a change left as they were: the row before the change does not have them either. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"__debezium_unavailable_value\"",
                "\"X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==\"",
                "\"5f5f646562657a69756d5f756e617661696c61626c655f76616c7565\"",
                "[\"__debezium_unavailable_value\"]",
                "[95,95,100,101,98,101,122,105,117,109,95,117,110,97,118,97,105,108,97,98,108,101,95,118,97,108,117,101]",
                "{\"__debezium_unavailable_value\":\"__debezium_unavailable_value\"}",
                "\"{\\\"__debezium_unavailable_value\\\":\\\"__debezium_unavailable_value\\\"}\"",
            })
    void shouldRefuseARowOfWhichAColumnWasNotCaptured(String placeholder) {
        for (String event : List.of(
                "{\"before\":{\"id\":1,\"big\":null},\"after\":{\"id\":1,\"big\":" + placeholder + "}," + SOURCE
                        + ",\"op\":\"u\"}",
                "{\"id\":1,\"big\":" + placeholder + "}")) {
            assertThatThrownBy(() -> write(event))
                    .isInstanceOf(IncompleteChangeException.class)
                    .hasMessageContaining("value of column big was not captured")
                    .hasMessageContaining("REPLICA IDENTITY FULL");
        }
    }

    @Test
    void shouldRecogniseThePlaceholderOfAUuid() {
        String uuid =
                UUID.nameUUIDFromBytes(bytes("__debezium_unavailable_value")).toString();

        assertThatThrownBy(() -> write("{\"code\":\"" + uuid + "\"}")).isInstanceOf(IncompleteChangeException.class);
    }

    /** A column may have any name: only what has the source of a capture is its event, and only what it adds is removed. */
    @Test
    void shouldNotTakeARowForAnEventNorAColumnForAnAddition() throws MalformedRecordException {
        assertThat(write("{\"id\":1,\"op\":\"d\",\"source\":\"web\",\"after\":1}")
                        .deleted())
                .isFalse();
        assertThat(text(write("{\"id\":1,\"__v\":3,\"__op\":\"u\",\"__source_lsn\":4,\"__ts_ms\":5}")
                        .value()))
                .isEqualTo("{\"id\":1,\"__v\":3}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"source\":{\"ts_ms\":1},\"op\":\"t\"}        | the table was truncated",
                "{\"source\":{\"ts_ms\":1},\"op\":\"x\"}        | op=x is no change of a row",
                "{\"source\":{\"ts_ms\":1},\"after\":null,\"op\":\"c\"} | op=c has no object after",
                "{\"source\":{\"ts_ms\":-1},\"after\":{},\"op\":\"c\"}  | source.ts_ms must not be before 1970",
                "[1]                                            | no JSON object",
                "{\"schema\":null,\"payload\":7}                | payload is no object",
                "Struct{id=1}                                   | not JSON",
            })
    void shouldRefuseOtherRecordsWithTheCure(String event, String reason) {
        assertThatThrownBy(() -> write(event))
                .isInstanceOf(MalformedRecordException.class)
                .hasMessageContaining(reason);
    }

    /** A connector sends them to topics of their own, unless all its records are routed to one topic. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"prefix\":\"p\"}     | {\"op\":\"m\",\"ts_ms\":1,\"source\":{\"ts_ms\":1},\"message\":{\"prefix\":\"p\",\"content\":\"AQ==\"}}",
                "                     | {\"op\":\"m\",\"source\":{},\"message\":{}}",
                "{\"prefix\":\"p\"}     | {\"schema\":{\"type\":\"struct\"},\"payload\":{\"op\":\"m\",\"source\":{}}}",
                "{\"serverName\":\"s\"} | {\"ts_ms\":1}",
                "{\"schema\":{},\"payload\":{\"serverName\":\"s\"}} | {\"schema\":{},\"payload\":{\"ts_ms\":1}}",
                "{\"id\":\"571\"}       | {\"status\":\"BEGIN\",\"id\":\"571\",\"event_count\":null,\"data_collections\":null}",
                "{\"id\":\"571\"}       | {\"status\":\"END\",\"id\":\"571\",\"ts_ms\":1,\"event_count\":1,\"data_collections\":[]}",
            })
    void shouldTakeWhatIsAboutNoRowForNoWrite(String key, String event) throws MalformedRecordException {
        Observation seen =
                format().decode(key == null ? null : bytes(key), bytes(event), new RecordHeaders(), RECORD_MS, 3, 950);

        assertThat(seen).isEqualTo(new Observation.Unrelated());
    }

    /** A row contains the columns of its key. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"ts_ms\":1}             | {\"ts_ms\":1}",
                "{\"serverName\":\"s\"}    | {\"ts_ms\":1,\"serverName\":\"s\"}",
                "{\"serverName\":\"s\",\"ts_ms\":1} | {\"ts_ms\":1}",
                "{\"id\":571}              | {\"status\":\"END\",\"id\":571,\"event_count\":1,\"data_collections\":[]}",
                "{\"id\":\"571\"}          | {\"status\":\"END\",\"id\":\"571\",\"event_count\":1,\"note\":null}",
                "{\"id\":\"571\"}          | {\"status\":\"PAID\",\"id\":\"571\",\"event_count\":1,\"data_collections\":[]}",
                "{\"id\":\"572\"}          | {\"status\":\"END\",\"id\":\"571\",\"event_count\":1,\"data_collections\":[]}",
                "no JSON                  | {\"ts_ms\":1}",
            })
    void shouldTakeARowForARow(String key, String row) throws MalformedRecordException {
        assertThat(format().decode(bytes(key), bytes(row), new RecordHeaders(), RECORD_MS, 3, 950))
                .isInstanceOf(Observation.Observed.class);
    }

    @Test
    void shouldNeedAKey() {
        assertThatThrownBy(() -> format().decode(null, bytes("{\"id\":1}"), new RecordHeaders(), RECORD_MS, 3, 950))
                .isInstanceOf(MalformedRecordException.class)
                .hasMessageContaining("needs a record key");
    }

    /** The same row in PostgreSQL and in MySQL, as their connectors write it, with the schemas that they send. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "int32:io.debezium.time.Date=19000               | int32:org.apache.kafka.connect.data.Date=19000",
                "int32:io.debezium.time.Date=19000               | string:io.debezium.time.IsoDate=\"2022-01-08Z\"",
                "int64:io.debezium.time.MicroTimestamp=1700000000123000 | int64:io.debezium.time.Timestamp=1700000000123",
                "int64:io.debezium.time.NanoTimestamp=1700000000123000000 | int64:org.apache.kafka.connect.data.Timestamp=1700000000123",
                "int64:io.debezium.time.Timestamp=-1              | string:io.debezium.time.IsoTimestamp=\"1969-12-31T23:59:59.999Z\"",
                "string:io.debezium.time.ZonedTimestamp=\"2022-01-08T01:00:00+01:00\" | string:io.debezium.time.ZonedTimestamp=\"2022-01-08T00:00:00.000000Z\"",
                "int64:io.debezium.time.MicroTime=3600000000      | int32:io.debezium.time.Time=3600000",
                "string:io.debezium.time.ZonedTime=\"01:00:00+01:00\" | string:io.debezium.time.ZonedTime=\"00:00:00Z\"",
                "bytes:org.apache.kafka.connect.data.Decimal/2=\"BBo=\" | bytes:org.apache.kafka.connect.data.Decimal/4=\"AZoo\"",
                "double:=10.50                                    | bytes:org.apache.kafka.connect.data.Decimal/2=\"BBo=\"",
                "struct:io.debezium.data.VariableScaleDecimal={\"scale\":2,\"value\":\"BBo=\"} | double:=10.5",
                "string:io.debezium.data.Json=`{\"b\": 1.0, \"a\": [1]}` | string:io.debezium.data.Json=`{\"a\":[1],\"b\":1}`",
                "string:io.debezium.data.Uuid=\"A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11\" | string:io.debezium.data.Uuid=\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\"",
                "int64:=1                                         | int32:=1",
                "float:=1.5                                       | double:=1.50",
            })
    void shouldDigestTheSameColumnOfDifferentCapturesAlike(String a, String b) throws MalformedRecordException {
        assertThat(digest(column(a))).isEqualTo(digest(column(b)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "int64:io.debezium.time.MicroTimestamp=1700000000123001 | int64:io.debezium.time.Timestamp=1700000000123",
                "int32:io.debezium.time.Date=19000                | int32:io.debezium.time.Date=19001",
                "string:io.debezium.time.ZonedTimestamp=\"2022-01-08T01:00:00+01:00\" | string:io.debezium.time.ZonedTimestamp=\"2022-01-08T01:00:00Z\"",
                "bytes:org.apache.kafka.connect.data.Decimal/2=\"BBo=\" | bytes:org.apache.kafka.connect.data.Decimal/3=\"BBo=\"",
                "string:=\"2022-01-08\"                           | int32:io.debezium.time.Date=19001",
                "string:=null                                     | string:=\"\"",
                "string:io.debezium.data.Json=null                | string:io.debezium.data.Json=`null`",
                "string:io.debezium.data.Json=`{\"a\":1,\"a\":2}`  | string:io.debezium.data.Json=`{\"a\":2}`",
                "int64:io.debezium.time.Timestamp=18446744073709551616 | int64:io.debezium.time.Timestamp=0",
            })
    void shouldDigestDifferentValuesDifferently(String a, String b) throws MalformedRecordException {
        assertThat(digest(column(a))).isNotEqualTo(digest(column(b)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "int32:io.debezium.time.Date=\"soon\"",
                "string:io.debezium.time.IsoDate=5",
                "string:io.debezium.time.IsoTimestamp=5",
                "string:io.debezium.time.ZonedTimestamp=5",
                "string:io.debezium.time.IsoTime=5",
                "string:io.debezium.time.ZonedTime=5",
                "int64:io.debezium.time.Date=9223372036854775807",
                "int64:io.debezium.time.NanoTime=-5",
                "string:io.debezium.time.ZonedTimestamp=\"infinity\"",
                "bytes:org.apache.kafka.connect.data.Decimal/2=\"?\"",
                "bytes:org.apache.kafka.connect.data.Decimal/2=\"\"",
                "string:io.debezium.data.Json=`not json`",
                "struct:io.debezium.data.VariableScaleDecimal={}",
            })
    void shouldCompareWhatIsNotAsItsSchemaSaysAsItIs(String column) throws MalformedRecordException {
        assertThat(digest(column(column))).isEqualTo(digest(column(column))).isNotNull();
    }

    @Test
    void shouldCompareDocumentsOfAnyDepth() throws MalformedRecordException {
        for (int depth : new int[] {400, 499, 500, 501, 900}) {
            String nested = "`" + "[".repeat(depth) + "]".repeat(depth) + "`";

            assertThat(digest(column("string:io.debezium.data.Json=" + nested))).isNotNull();
        }
    }

    @Test
    void shouldNormaliseWithinStructsAndArrays() throws MalformedRecordException {
        String schema =
                "{\"type\":\"struct\",\"fields\":[{\"field\":\"days\",\"type\":\"array\",\"items\":{\"type\":\"int32\",\"name\":"
                        + "\"io.debezium.time.Date\"}},{\"field\":\"s\",\"type\":\"struct\",\"fields\":[{\"field\":\"t\",\"type\":\"int64\",\"name\":"
                        + "\"io.debezium.time.Timestamp\"}]}]}";

        assertThat(digest("{\"schema\":" + schema + ",\"payload\":{\"days\":[0,1],\"s\":{\"t\":0}}}"))
                .isEqualTo(digest("{\"days\":[\"1970-01-01\",\"1970-01-02\"],\"s\":{\"t\":\"1970-01-01T00:00\"}}"));
    }

    /** The parser takes zeros at the beginning for UTF-32. */
    @Test
    void shouldRefuseBytesThatAreNoText() {
        byte[] value = {0, 0, 0, '{', 1, 2, 3, 4};

        assertThatThrownBy(() -> format().decode(KEY, value, new RecordHeaders(), RECORD_MS, 3, 950))
                .isInstanceOf(MalformedRecordException.class)
                .hasMessageContaining("not JSON");
    }

    /** Whatever a client writes: a write, or a reason. */
    @Property(tries = 3_000)
    void shouldReadOrRefuseAnyBytes(@ForAll byte[] value) {
        try {
            assertThat(format().decode(KEY, value, new RecordHeaders(), RECORD_MS, 3, 950))
                    .isNotNull();
        } catch (MalformedRecordException e) {
            assertThat(e.getMessage()).isNotBlank();
        }
    }

    /** An unwrapped row with one column, from {@code type:name/scale=value}. */
    private static String column(String text) {
        int colon = text.indexOf(':');
        int equals = text.indexOf('=');
        String[] name = text.substring(colon + 1, equals).split("/", -1);
        String value = text.substring(equals + 1).strip();
        if (value.startsWith("`")) {
            value = '"' + value.substring(1, value.length() - 1).replace("\"", "\\\"") + '"';
        }
        return "{\"schema\":{\"type\":\"struct\",\"fields\":[{\"field\":\"c\",\"type\":\"" + text.substring(0, colon)
                + '"'
                + (name[0].isEmpty() ? "" : ",\"name\":\"" + name[0] + '"')
                + (name.length > 1 ? ",\"parameters\":{\"scale\":\"" + name[1] + "\"}" : "") + "}]},\"payload\":{\"c\":"
                + value
                + "}}";
    }

    private static Hash128 digest(String event) throws MalformedRecordException {
        return write(event).digest();
    }

    private static Write write(String event) throws MalformedRecordException {
        Observation seen =
                format().decode(KEY, event == null ? null : bytes(event), new RecordHeaders(), RECORD_MS, 3, 950);
        return ((Observation.Observed) seen).write();
    }

    private static WriteFormat format() {
        return ValueForm.of("json", List.of())
                .applied(
                        WriteFormat.of("debezium-json", "topic", RecordCodecs.embedded()),
                        "topic",
                        RecordCodecs.embedded(),
                        new KeyedHash(bytes("0123456789abcdef")));
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
