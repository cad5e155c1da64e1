package io.trueup.cli.history;

import io.trueup.cli.shell.Formats;
import io.trueup.cli.shell.TextTable;
import io.trueup.repair.EmittedRepair;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Counts repair events. Not thread-safe. */
final class RepairCounts {

    private final Map<String, Long> byTarget = new TreeMap<>();
    private final Map<String, Long> bySupplier = new TreeMap<>();
    private final Map<String, Long> byKind = new TreeMap<>();
    private final Map<Integer, Long> byPartition = new TreeMap<>();
    private long all;
    private long repeated;
    private long bytes;

    void add(EmittedRepair repair) {
        all++;
        if (repair.attempt() > 1) {
            repeated++;
        }
        bytes += repair.valueBytes();
        byTarget.merge(repair.target(), 1L, Long::sum);
        bySupplier.merge(repair.supplier(), 1L, Long::sum);
        byKind.merge(repair.kind(), 1L, Long::sum);
        byPartition.merge(repair.partition(), 1L, Long::sum);
    }

    long all() {
        return all;
    }

    /** Repair events after the first attempt. */
    long repeated() {
        return repeated;
    }

    /** Size of their values in bytes. */
    long bytes() {
        return bytes;
    }

    /** The counts by kind, target, supplier and partition. */
    Map<String, Map<?, Long>> groups() {
        Map<String, Map<?, Long>> groups = new LinkedHashMap<>();
        groups.put("kind", byKind);
        groups.put("target", byTarget);
        groups.put("supplier", bySupplier);
        groups.put("partition", byPartition);
        return groups;
    }

    /** The counts for people. */
    String text() {
        if (all == 0) {
            return "No repair events.\n";
        }
        TextTable table = new TextTable();
        groups().forEach((by, counts) -> table.row(
                "by " + by,
                counts.entrySet().stream()
                        .map(count -> count.getKey() + " " + Formats.number(count.getValue()))
                        .collect(Collectors.joining(" · "))));
        return Formats.number(all) + (all == 1 ? " repair event" : " repair events")
                + (repeated == 0 ? "" : ", " + Formats.number(repeated) + " of them repeated")
                + ", with values of " + Formats.bytes(bytes) + ".\n" + table;
    }
}
