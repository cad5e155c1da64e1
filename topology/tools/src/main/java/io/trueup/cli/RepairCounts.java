package io.trueup.cli;

import io.trueup.history.EmittedRepair;
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
    private long again;
    private long bytes;

    void add(EmittedRepair repair) {
        all++;
        if (repair.attempt() > 1) {
            again++;
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

    /** Events that were not the first attempt. */
    long again() {
        return again;
    }

    /** Bytes of the values that they carried. */
    long bytes() {
        return bytes;
    }

    /** The counts by what they are counted by: kind, target, supplier, partition. */
    Map<String, Map<?, Long>> groups() {
        Map<String, Map<?, Long>> groups = new LinkedHashMap<>();
        groups.put("kind", byKind);
        groups.put("target", byTarget);
        groups.put("supplier", bySupplier);
        groups.put("partition", byPartition);
        return groups;
    }

    /** Lines for people. */
    String text() {
        if (all == 0) {
            return "No repair events.\n";
        }
        TextTable table = new TextTable();
        groups().forEach((by, counts) -> table.row(
                "by " + by,
                counts.entrySet().stream()
                        .map(count -> count.getKey() + " " + AuditText.number(count.getValue()))
                        .collect(Collectors.joining(" · "))));
        return AuditText.number(all) + (all == 1 ? " repair event" : " repair events")
                + (again == 0 ? "" : ", " + AuditText.number(again) + " of them repeated")
                + ", with values of " + RepairLine.bytes(bytes) + ".\n" + table;
    }
}
