package io.trueup.source;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodecs;
import io.trueup.tree.Write;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DebeziumVersionTest {

    private static final String COLUMN = "column:/v";
    private static final String POSITION = "position:shop";
    private static final String GTID = "gtid:shop";

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "int64: | 7 | 7",
                "int64: | -7 | -7",
                "double: | 7.0 | 7",
                "int64:org.apache.kafka.connect.data.Timestamp | 1700000000123 | 1700000000123000",
                "int64:io.debezium.time.MicroTimestamp | 1700000000123456 | 1700000000123456",
                "int64:io.debezium.time.NanoTimestamp | 1700000000123456789 | 1700000000123456",
                "string:io.debezium.time.ZonedTimestamp | \"2023-11-14T23:13:20.123456+01:00\" | 1700000000123456",
                "string: | \"2023-11-14T22:13:20.123456Z\" | 1700000000123456",
                "int32:io.debezium.time.Date | 1 | 86400000000",
            })
    void shouldTakeAColumn(String type, String value, long version) throws MalformedRecordException {
        assertThat(write(COLUMN, withSchema(type, "{\"after\":{\"v\":" + value + "},\"op\":\"u\"}"))
                        .version())
                .isEqualTo(version);
        assertThat(write(COLUMN, withSchema(type, "{\"after\":{\"v\":" + value + "},\"op\":\"u\"}"))
                        .positionMs())
                .isEqualTo(700);
    }

    @Test
    void shouldTakeAMemberOfAColumn() throws MalformedRecordException {
        assertThat(write("column:/meta/v", event("{\"after\":{\"meta\":{\"v\":3}},\"op\":\"r\"}"))
                        .version())
                .isEqualTo(3);
    }

    @Test
    void shouldMakeADeleteNewerThanTheRowBeforeIt() throws MalformedRecordException {
        Write write = write(COLUMN, event("{\"before\":{\"v\":7},\"after\":null,\"op\":\"d\"}"));

        assertThat(write.deleted()).isTrue();
        assertThat(write.version()).isEqualTo(8);
    }

    /** PostgreSQL's default replica identity reports only the key: other columns are null, or 0 where they must not be null. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"before\":null,\"op\":\"d\"}",
                "{\"op\":\"d\"}",
                "{\"before\":{\"v\":null},\"op\":\"d\"}",
                "{\"before\":{\"v\":0},\"op\":\"d\"}",
                "{\"before\":{\"w\":1},\"op\":\"d\"}",
            })
    void shouldRefuseADeleteOfWhichTheVersionIsNotKnown(String event) {
        assertThatThrownBy(() -> write(COLUMN, event(event)))
                .isInstanceOf(IncompleteChangeException.class)
                .hasMessageContaining("REPLICA IDENTITY FULL");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "null | has no value in /v",
                "1.5 | neither a whole number",
                "1e300000000 | neither a whole number",
                "\"soon\" | neither a whole number",
                "true | neither a whole number",
                "9223372036854775808 | neither a whole number",
                "-9223372036854775808 | which is reserved",
            })
    void shouldRefuseARowWithoutAUsableVersion(String value, String reason) {
        assertThatThrownBy(() -> write(COLUMN, event("{\"after\":{\"v\":" + value + "},\"op\":\"c\"}")))
                .isInstanceOf(MalformedRecordException.class)
                .isNotInstanceOf(IncompleteChangeException.class)
                .hasMessageContaining(reason);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"lsn\":24224168 | 24224168",
                "\"file\":\"bin.000003\",\"pos\":2100 | 12884903988",
                "\"file\":\"mysql-bin.changelog.123456789\",\"pos\":4294967295 | 530242875519139839",
            })
    void shouldTakeThePositionInTheLog(String source, long version) throws MalformedRecordException {
        for (String op : new String[] {"\"after\":{},\"op\":\"u\"", "\"before\":null,\"op\":\"d\""}) {
            assertThat(write(POSITION, "{\"source\":{\"ts_ms\":700," + source + "}," + op + "}")
                            .version())
                    .isEqualTo(version);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"lsn\":null",
                "\"file\":\"bin.000003\"",
                "\"file\":\"bin\",\"pos\":5",
                "\"file\":\"bin.000003\",\"pos\":-1",
                "\"file\":\"bin.000003\",\"pos\":4294967296",
                "\"change_lsn\":\"00000027:00000758:0003\"",
            })
    void shouldRefuseAnEventWithoutAPosition(String source) {
        assertThatThrownBy(
                        () -> write(POSITION, "{\"source\":{\"ts_ms\":700," + source + "},\"after\":{},\"op\":\"u\"}"))
                .isInstanceOf(MalformedRecordException.class)
                .hasMessageContaining("has no position");
    }

    @ParameterizedTest
    @CsvSource({
        "\"36362d54-b3f4-11ed-8c5d-0242ac120002:57\", u, 57",
        "\"0-112-58\", u, 58",
        "null, r, 0",
    })
    void shouldTakeTheNumberOfTheTransaction(String gtid, String op, long version) throws MalformedRecordException {
        assertThat(write(GTID, "{\"source\":{\"ts_ms\":700,\"gtid\":" + gtid + "},\"after\":{},\"op\":\"" + op + "\"}")
                        .version())
                .isEqualTo(version);
    }

    @Test
    void shouldRefuseAChangeWithoutAGtid() {
        assertThatThrownBy(() -> write(GTID, event("{\"after\":{},\"op\":\"u\"}")))
                .isInstanceOf(MalformedRecordException.class)
                .hasMessageContaining("gtid_mode=ON");
    }

    /** A tombstone has no version. It follows the event of the delete, which has one. */
    @Test
    void shouldPassOverTombstones() throws MalformedRecordException {
        assertThat(decode(COLUMN, null)).isInstanceOf(Observation.Unrelated.class);
        assertThat(decode(COLUMN, "{\"schema\":null,\"payload\":null}")).isInstanceOf(Observation.Unrelated.class);
    }

    /** Where events are unwrapped, a delete may be a tombstone and nothing else. */
    @ParameterizedTest
    @ValueSource(strings = {COLUMN, POSITION, GTID})
    void shouldRefuseUnwrappedRows(String version) {
        assertThatThrownBy(() -> write(version, "{\"v\":7,\"__source_lsn\":5}"))
                .isInstanceOf(MalformedRecordException.class)
                .hasMessageContaining("remove ExtractNewRecordState");
    }

    @Test
    void shouldTakeTheTimeOfTheCommitUnlessToldOtherwise() throws MalformedRecordException {
        Observation seen = WriteFormat.of("debezium-json", "topic", RecordCodecs.embedded())
                .decode(
                        new byte[] {1},
                        event("{\"after\":{\"v\":7},\"op\":\"u\"}").getBytes(UTF_8),
                        new RecordHeaders(),
                        900,
                        3,
                        950);

        assertThat(((Observation.Observed) seen).write().version()).isEqualTo(700);
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain column:/v", "trueup position:x", "debezium-json lsn", "debezium-json x:y"})
    void shouldNotKnowOtherVersions(String format) {
        assertThatThrownBy(() -> WriteFormat.of(format, "topic", RecordCodecs.embedded()))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static String event(String members) {
        return "{\"source\":{\"ts_ms\":700,\"lsn\":null}," + members.substring(1);
    }

    private static String withSchema(String type, String members) {
        int colon = type.indexOf(':');
        String name = type.substring(colon + 1);
        return "{\"schema\":{\"type\":\"struct\",\"fields\":[{\"field\":\"after\",\"type\":\"struct\",\"fields\":[{\"field\":\"v\","
                + "\"type\":\"" + type.substring(0, colon) + "\"" + (name.isEmpty() ? "" : ",\"name\":\"" + name + "\"")
                + "}]}]},\"payload\":" + event(members) + "}";
    }

    private static Write write(String version, String event) throws MalformedRecordException {
        return ((Observation.Observed) decode(version, event)).write();
    }

    private static Observation decode(String version, String event) throws MalformedRecordException {
        return WriteFormat.of("debezium-json " + version, "topic", RecordCodecs.embedded())
                .decode(new byte[] {1}, event == null ? null : event.getBytes(UTF_8), new RecordHeaders(), 900, 3, 950);
    }
}
