package io.trueup.cli;

import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import io.trueup.audit.AuditResult;
import io.trueup.audit.DivergentKey;
import io.trueup.audit.DivergentKey.Entry;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** An audit's divergent keys, with a line for each of the replicas that own the key. */
final class AuditCsv {

    private static final CsvSchema COLUMNS = CsvSchema.builder()
            .addColumns(
                    List.of(
                            "key",
                            "partition",
                            "replica",
                            "kind",
                            "wins",
                            "state",
                            "version",
                            "vector",
                            "position",
                            "expiry",
                            "value_bytes",
                            "digest",
                            "place",
                            "time",
                            "since_time",
                            "since_replica",
                            "since_place",
                            "since_by_expiry",
                            "since_exact",
                            "repairs",
                            "last_repair",
                            "repairs_complete"),
                    CsvSchema.ColumnType.STRING)
            .build()
            .withHeader();

    private AuditCsv() {}

    static void write(AuditResult result, PrintWriter out) throws IOException {
        try (var lines = new CsvMapper()
                .disable(com.fasterxml.jackson.core.JsonGenerator.Feature.AUTO_CLOSE_TARGET)
                .writer(COLUMNS)
                .writeValues(out)) {
            if (result.divergent().isEmpty()) {
                lines.writeAll(List.<String[]>of());
            }
            for (DivergentKey key : result.divergent()) {
                for (String replica : key.entries().keySet()) {
                    lines.write(line(key, replica, key.entries().get(replica)));
                }
            }
        }
    }

    private static String[] line(DivergentKey key, String replica, Optional<Entry> entry) {
        String judged = AuditText.judged(key, replica);
        boolean wins = AuditText.wins(key, replica);
        List<String> line = new ArrayList<>(List.of(
                KeyText.of(key.key()),
                Integer.toString(key.partition()),
                replica,
                wins ? "" : judged,
                Boolean.toString(wins),
                entry.map(held -> held.state().name()).orElse("NOTHING")));
        line.add(text(entry.map(Entry::version)));
        line.add(text(entry.flatMap(Entry::vector)));
        line.add(text(entry.map(held -> AuditText.instant(held.positionMs()))));
        line.add(text(entry.flatMap(Entry::expiryMs).map(AuditText::instant)));
        line.add(text(entry.map(Entry::valueLength)));
        line.add(text(entry.map(AuditText::digest)));
        line.add(text(entry.map(Entry::place)));
        line.add(text(entry.map(held -> AuditText.instant(held.place().timeMs()))));
        line.add(AuditText.instant(key.since().timeMs()));
        line.add(key.since().replica());
        line.add(key.since().place().toString());
        line.add(Boolean.toString(key.since().byExpiry()));
        line.add(Boolean.toString(key.since().exact()));
        List<DivergentKey.RepairEvent> repairs = key.repairs().last();
        line.add(Long.toString(key.repairs().count()));
        line.add(
                repairs.isEmpty() ? "" : repairs.get(repairs.size() - 1).place().toString());
        line.add(Boolean.toString(key.repairs().unknown().isEmpty()));
        return line.toArray(String[]::new);
    }

    private static String text(Optional<?> value) {
        return value.map(Object::toString).orElse("");
    }
}
