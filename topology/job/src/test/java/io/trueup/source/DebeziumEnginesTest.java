package io.trueup.source;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodecs;
import io.trueup.source.canonical.ValueForm;
import io.trueup.tree.KeyedHash;
import io.trueup.tree.Write;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Events of two databases of different engines that hold the same rows. */
class DebeziumEnginesTest {

    private static final Path EVENTS = Path.of("src", "test", "resources", "debezium");

    private final WriteFormat format = ValueForm.of("json", List.of())
            .applied(
                    WriteFormat.of("debezium-json", "topic", RecordCodecs.embedded()),
                    "topic",
                    RecordCodecs.embedded(),
                    new KeyedHash("0123456789abcdef".getBytes(UTF_8)));

    /** Snapshot, changes, deletes with tombstones, the change of a key, and rows after a column was added. */
    @Test
    void shouldHaveTheSameDigestsOfTheSameRows() throws Exception {
        List<String> postgresql = rows("postgresql");

        assertThat(rows("mysql")).isEqualTo(postgresql);
        assertThat(postgresql)
                .hasSize(12)
                .filteredOn(row -> row.endsWith("deleted"))
                .hasSize(4);
        assertThat(postgresql.stream().filter(row -> !row.endsWith("deleted")).distinct())
                .as("no two rows are the same")
                .hasSize(8);
    }

    @ParameterizedTest
    @ValueSource(strings = {"postgresql", "mysql"})
    void shouldPassOverHeartbeatsTransactionsAndSchemaChanges(String engine) throws Exception {
        int passedOver = 0;
        for (String[] event : events(engine)) {
            if (!event[0].endsWith(".items")) {
                assertThat(decode(event)).as(event[2]).isInstanceOf(Observation.Unrelated.class);
                passedOver++;
            }
        }
        assertThat(passedOver).isEqualTo(engine.equals("mysql") ? 6 : 4);
    }

    /** A table may have such columns. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"id\":1} | {\"source\":{},\"databaseName\":\"shop\",\"ddl\":\"x\",\"tableChanges\":[]}",
                "{\"databaseName\":\"other\"} | {\"source\":{},\"databaseName\":\"shop\",\"ddl\":\"x\",\"tableChanges\":[]}",
                "{\"databaseName\":\"shop\"} | {\"databaseName\":\"shop\",\"ddl\":\"x\",\"tableChanges\":[]}",
                "{\"databaseName\":\"shop\"} | {\"source\":{},\"databaseName\":\"shop\",\"ddl\":\"x\"}",
            })
    void shouldTakeARowForARow(String key, String row) throws Exception {
        assertThat(decode(new String[] {"t", key, row})).isInstanceOf(Observation.Observed.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"postgresql", "mysql"})
    void shouldRefuseATruncate(String engine) throws Exception {
        List<String[]> events = events(engine);

        assertThatThrownBy(() -> decode(events.get(events.size() - 1)))
                .isInstanceOf(IncompleteChangeException.class)
                .hasMessageContaining("the table was truncated");
    }

    /** MySQL shows six digits of a FLOAT in a snapshot, and all of them in later events. */
    @ParameterizedTest
    @CsvSource({
        "float, 16777216.0, 16777200.0, true",
        "float, 0.33333334, 0.333333, true",
        "float, 1.2345655, 1.23457, true",
        "float, 0.33333334, 0.333334, false",
        "float, 3.4028235E38, 3.40282E38, true",
        "double, 5.684341886080802E-14, 5.6843418860808020E-14, true",
        "double, 5.684341886080802E-14, 5.6843418860808015E-14, true",
        "double, 2.0000000000000001, 2, true",
        "double, 0.1000000000000000055511151231257827, 0.1, true",
        "double, 0.10000000000000002, 0.1, false",
        "double, 16777216.0, 16777200.0, false",
    })
    void shouldCompareFloatsAndDoublesByTheDigitsThatTheyHold(String type, String a, String b, boolean equal)
            throws Exception {
        assertThat(digest(type, a).equals(digest(type, b))).isEqualTo(equal);
    }

    @Test
    void shouldCompareNumbersThatAreNoDoublesAsTheyAre() throws Exception {
        assertThat(digest("double", "1e400")).isNotEqualTo(digest("double", "2e400"));
        assertThat(digest("float", "1e400")).isNotEqualTo(digest("float", "2e400"));
        assertThat(digest("double", "12345678901234567890123e380"))
                .isNotEqualTo(digest("double", "12345678901234567890124e380"));
    }

    private Object digest(String type, String number) throws MalformedRecordException {
        return write(decode(new String[] {
                    "t",
                    "{\"id\":1}",
                    "{\"schema\":{\"type\":\"struct\",\"fields\":[{\"field\":\"c\",\"type\":\"" + type
                            + "\"}]},\"payload\":{\"c\":" + number + "}}"
                }))
                .digest();
    }

    private List<String> rows(String engine) throws Exception {
        List<String> rows = new ArrayList<>();
        for (String[] event : events(engine)) {
            if (event[0].endsWith(".items") && !event[1].equals("null")) {
                Write write = write(decode(event));
                rows.add(event[1] + " " + (write.deleted() ? "deleted" : write.digest()));
            }
        }
        return rows;
    }

    private static Write write(Observation seen) {
        return ((Observation.Observed) seen).write();
    }

    private Observation decode(String[] event) throws MalformedRecordException {
        return format.decode(bytes(event[1]), bytes(event[2]), new RecordHeaders(), 900, 3, 950);
    }

    private static byte[] bytes(String text) {
        return text.equals("null") ? null : text.getBytes(UTF_8);
    }

    private static List<String[]> events(String engine) throws IOException {
        return Files.readAllLines(EVENTS.resolve(engine + ".tsv")).stream()
                .map(line -> line.split("\t", -1))
                .toList();
    }
}
