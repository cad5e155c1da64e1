package io.trueup.cli.bench;

import io.trueup.bench.Distribution;
import io.trueup.bench.memory.MemoryLoad;
import io.trueup.bench.memory.MemoryResult;
import io.trueup.bench.memory.MemoryResult.Moment;
import io.trueup.bench.process.MemoryFigures.Part;
import io.trueup.cli.shell.Formats;
import io.trueup.cli.shell.JsonLines;
import io.trueup.cli.shell.TextTable;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Prints the result of {@code trueup bench memory}. */
final class MemoryOutput {

    /** Classes of the heap that are printed. */
    private static final int CLASSES = 8;

    private MemoryOutput() {}

    static void text(MemoryResult result, PrintWriter out) {
        MemoryLoad load = result.load();
        out.println();
        out.println("Memory of a process of the job for each key. " + result.machine());
        out.println(String.format(
                Locale.ROOT,
                "1 replica, %s keys (%d records per key) in %d partitions, keys of up to %d bytes, values of %d bytes; heap of the"
                        + " process: %s; runs: %d%s",
                Formats.number(load.filling().keys()),
                load.filling().recordsPerKey(),
                load.partitions(),
                ("order-" + (load.filling().keys() - 1)).length(),
                load.filling().valueBytes(),
                load.heap(),
                load.runs(),
                settings(load.settings())));
        out.println(
                "Bytes per key: the process with the keys less the process without them. Median, lowest and highest of the"
                        + " runs. Caches and memtables have upper limits for the process:");
        out.println("with more keys they take less for each.");
        for (Moment moment : Moment.values()) {
            out.println();
            out.println(moment.label());
            TextTable rows =
                    new TextTable("PART", "BYTES PER KEY", "MIN", "MAX", "WITH KEYS", "WITHOUT", "MEASURED BY");
            for (Part part : result.parts()) {
                Distribution perKey = result.bytesPerKey(part, moment);
                rows.row(
                        part.label(),
                        decimal(perKey.median()),
                        decimal(perKey.min()),
                        decimal(perKey.max()),
                        number(result.bytes(part, moment)),
                        number(result.bytesWithout(part)),
                        part.method());
            }
            out.print(rows);
            out.println("  of the Java heap: " + classes(result, moment));
        }
        out.flush();
    }

    private static String settings(Map<String, String> settings) {
        return settings.isEmpty() ? "" : "; " + settings;
    }

    private static String classes(MemoryResult result, Moment moment) {
        List<String> classes = new ArrayList<>();
        result.heapBytesPerKey(moment, CLASSES)
                .forEach((type, perKey) -> classes.add(type + " " + decimal(perKey.median())));
        return String.join(", ", classes);
    }

    static void json(MemoryResult result, PrintWriter out) {
        MemoryLoad load = result.load();
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("benchmark", "memory");
        object.put("measured", "bytes per key of a process of the job");
        object.put("machine", MachineJson.of(result.machine()));
        object.put("keys", load.filling().keys());
        object.put("recordsPerKey", load.filling().recordsPerKey());
        object.put("valueBytes", load.filling().valueBytes());
        object.put("partitions", load.partitions());
        object.put("heap", load.heap());
        object.put("runs", load.runs());
        object.put("settings", load.settings());
        List<Object> moments = new ArrayList<>();
        for (Moment moment : Moment.values()) {
            List<Object> parts = new ArrayList<>();
            for (Part part : result.parts()) {
                parts.add(json(result, moment, part));
            }
            Map<String, Object> classes = new LinkedHashMap<>();
            result.heapBytesPerKey(moment, CLASSES).forEach((type, perKey) -> classes.put(type, perKey.median()));
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("moment", moment.label());
            json.put("parts", parts);
            json.put("heapBytesPerKeyByClass", classes);
            moments.add(json);
        }
        object.put("moments", moments);
        new JsonLines(out).print(object);
    }

    private static Map<String, Object> json(MemoryResult result, Moment moment, Part part) {
        Distribution perKey = result.bytesPerKey(part, moment);
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("part", part.label());
        json.put("method", part.method());
        json.put("bytesPerKey", perKey.median());
        json.put("min", perKey.min());
        json.put("max", perKey.max());
        json.put("bytesWithKeys", result.bytes(part, moment).median());
        json.put("bytesWithout", result.bytesWithout(part).median());
        return json;
    }

    private static String number(Distribution bytes) {
        return Formats.number(Math.round(bytes.median()));
    }

    private static String decimal(double bytes) {
        return String.format(Locale.ROOT, "%.1f", bytes);
    }
}
