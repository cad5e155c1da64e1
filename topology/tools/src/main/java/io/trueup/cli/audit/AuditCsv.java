package io.trueup.cli.audit;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import io.trueup.audit.result.AuditResult;
import io.trueup.audit.result.DivergentKey;
import io.trueup.audit.result.DivergentKey.Entry;
import io.trueup.audit.result.DivergentKey.RepairEvent;
import io.trueup.cli.shell.Formats;
import io.trueup.failure.KeyFormat;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The divergent keys of an audit as CSV, with a line for each replica that owns the key. A spreadsheet runs text that begins
 * with certain characters as a formula: such text has an apostrophe before it, and so has text that begins with an apostrophe.
 * A program that reads the lines removes one apostrophe from the beginning of a cell.
 */
final class AuditCsv {

    /** What a replica holds for a divergent key; the entry is empty where the key was never written. */
    private record Line(DivergentKey key, String replica, Optional<Entry> entry) {

        Object kind() {
            return AuditText.wins(key, replica) ? "" : AuditText.kind(key, replica);
        }

        Optional<RepairEvent> lastRepair() {
            List<RepairEvent> repairs = key.repairs().last();
            return repairs.isEmpty() ? Optional.empty() : Optional.of(repairs.get(repairs.size() - 1));
        }
    }

    /** A column. Its values are printed as text; an empty {@link Optional} gives an empty cell. */
    private record Column(String name, Function<Line, Object> value) {

        static Column ofEntry(String name, Function<Entry, Object> value) {
            return new Column(name, line -> line.entry().map(value));
        }

        String cell(Line line) {
            Object cell = value.apply(line);
            if (cell instanceof Optional<?> optional) {
                return optional.map(Column::text).orElse("");
            }
            return text(cell);
        }

        private static String text(Object cell) {
            return cell instanceof Number ? cell.toString() : harmless(cell.toString());
        }
    }

    private static final List<Column> COLUMNS = List.of(
            new Column("key", line -> KeyFormat.of(line.key().key())),
            new Column("partition", line -> line.key().partition()),
            new Column("replica", Line::replica),
            new Column("kind", Line::kind),
            new Column("wins", line -> AuditText.wins(line.key(), line.replica())),
            new Column(
                    "state",
                    line -> line.entry().map(held -> held.state().name()).orElse("NOTHING")),
            Column.ofEntry("version", Entry::version),
            new Column("vector", line -> line.entry().flatMap(Entry::vector)),
            Column.ofEntry("position", held -> Formats.time(held.positionMs())),
            new Column("expiry", line -> line.entry().flatMap(Entry::expiryMs).map(Formats::time)),
            Column.ofEntry("value_bytes", Entry::valueLength),
            Column.ofEntry("digest", AuditText::digest),
            Column.ofEntry("place", Entry::place),
            Column.ofEntry("time", held -> Formats.time(held.place().timeMs())),
            new Column("since_time", line -> Formats.time(line.key().since().timeMs())),
            new Column("since_replica", line -> line.key().since().replica()),
            new Column("since_place", line -> line.key().since().place()),
            new Column("since_by_expiry", line -> line.key().since().byExpiry()),
            new Column("since_exact", line -> line.key().since().exact()),
            new Column("repairs", line -> line.key().repairs().count()),
            new Column("last_repair", line -> line.lastRepair().map(RepairEvent::place)),
            new Column(
                    "repairs_complete", line -> line.key().repairs().unknown().isEmpty()));

    private static final Column VALUE =
            Column.ofEntry("value", held -> held.value().map(KeyFormat::of).orElse(""));

    private static final char NO_FORMULA = '\'';

    /** A text that begins with one of them may be run as a formula. The last four are the first four in full width. */
    private static final String BEGIN_FORMULAS = "=+-@\t\r\uff1d\uff0b\uff0d\uff20";

    private AuditCsv() {}

    private static String harmless(String text) {
        boolean marked =
                !text.isEmpty() && (text.charAt(0) == NO_FORMULA || BEGIN_FORMULAS.indexOf(text.charAt(0)) >= 0);
        return marked ? NO_FORMULA + text : text;
    }

    /** @param values whether to write the values, in the form of keys */
    static void write(AuditResult result, boolean values, PrintWriter out) throws IOException {
        List<Column> columns = Stream.concat(COLUMNS.stream(), values ? Stream.of(VALUE) : Stream.of())
                .toList();
        CsvSchema schema = CsvSchema.builder()
                .addColumns(columns.stream().map(Column::name).toList(), CsvSchema.ColumnType.STRING)
                .build()
                .withHeader();
        try (var lines = new CsvMapper()
                .disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET)
                .writer(schema)
                .writeValues(out)) {
            if (result.divergent().isEmpty()) {
                lines.writeAll(List.<String[]>of());
            }
            for (DivergentKey key : result.divergent()) {
                for (String replica : key.entries().keySet()) {
                    Line line = new Line(key, replica, key.entries().get(replica));
                    lines.write(
                            columns.stream().map(column -> column.cell(line)).toArray(String[]::new));
                }
            }
        }
    }
}
