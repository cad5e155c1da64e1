package io.trueup.cli;

import io.trueup.audit.AuditResult;
import io.trueup.audit.DivergentKey;
import io.trueup.audit.DivergentKey.Entry;
import io.trueup.audit.DivergentKey.Since;
import io.trueup.audit.PartitionSummary;
import io.trueup.reconcile.rule.Divergence;
import io.trueup.reconcile.rule.SettledComparison.Difference;
import io.trueup.tree.Hash128;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** An audit's result for people: the verdict in the first line, then the reasons, then what differs. */
final class AuditText {

    private static final int MOST_KEYS = 20;
    private static final int MOST_ORIGINS = 12;
    private static final int MOST_PARTITIONS = 64;
    private static final int SHOWN_KEY = 120;

    private AuditText() {}

    static void write(AuditResult result, PrintWriter out) {
        verdict(result, out);
        if (!result.divergent().isEmpty()) {
            out.println();
            if (result.divergent().size() < result.divergentKeys()) {
                out.println("Of the " + number(result.divergent().size()) + " keys listed, out of "
                        + number(result.divergentKeys()) + " that differ:");
            }
            out.print(kinds(result));
            out.println();
            out.print(origins(result));
            keys(result, out);
        }
        if (!result.partitions().isEmpty()) {
            out.println();
            out.print(partitions(result));
            out.println();
            out.println(effort(result.effort()));
        }
    }

    /** The verdict, the reasons for doubt, and the notes. */
    static void verdict(AuditResult result, PrintWriter out) {
        out.println(verdict(result));
        result.doubts().forEach(doubt -> out.println("  * " + doubt));
        result.notes().forEach(note -> out.println("  Note: " + note));
    }

    static String verdict(AuditResult result) {
        String who = and(result.replicas());
        String when = " (" + result.at() + (result.at().startsWith("as of") ? "" : ", " + instant(result.atMs())) + ")";
        String keys = number(result.divergentKeys()) + (result.divergentKeys() == 1 ? " key differs" : " keys differ");
        return switch (result.verdict()) {
            case EQUAL -> "EQUAL: " + who + " hold the same " + number(result.keys()) + " keys" + when + ".";
            case DIVERGENT ->
                "DIVERGENT: " + keys + " among " + who + ", which hold up to " + number(result.keys()) + " keys" + when
                        + ".";
            case UNKNOWN ->
                (result.partial() ? "PARTIAL: " : "") + "COULD NOT TELL whether " + who + " are equal" + when
                        + (result.divergentKeys() == 0 ? "" : "; as far as was seen, " + keys) + ":";
        };
    }

    private static TextTable kinds(AuditResult result) {
        List<String> heading = new ArrayList<>(List.of("REPLICA"));
        Arrays.stream(Divergence.values()).forEach(kind -> heading.add(kind.name()));
        TextTable table = new TextTable(heading.toArray(String[]::new));
        result.kinds().forEach((target, counts) -> {
            List<String> row = new ArrayList<>(List.of(target));
            Arrays.stream(Divergence.values())
                    .forEach(kind -> row.add(counts.containsKey(kind) ? number(counts.get(kind)) : ""));
            table.row(row.toArray(String[]::new));
        });
        return table;
    }

    private static TextTable origins(AuditResult result) {
        TextTable table = new TextTable("DIFFER SINCE", "KEYS");
        SortedMap<Instant, Long> hours = new TreeMap<>(Comparator.reverseOrder());
        result.divergent()
                .forEach(key -> hours.merge(
                        Instant.ofEpochMilli(key.since().timeMs()).truncatedTo(ChronoUnit.HOURS), 1L, Long::sum));
        hours.entrySet().stream()
                .limit(MOST_ORIGINS)
                .forEach(hour -> table.row(
                        hour.getKey().toString().substring(0, 13).replace('T', ' ') + "h UTC",
                        number(hour.getValue())));
        long earlier = hours.values().stream()
                .skip(MOST_ORIGINS)
                .mapToLong(Long::longValue)
                .sum();
        if (earlier > 0) {
            table.row("earlier", number(earlier));
        }
        return table;
    }

    private static void keys(AuditResult result, PrintWriter out) {
        for (DivergentKey key : result.divergent().stream().limit(MOST_KEYS).toList()) {
            out.println();
            out.println(shortened(KeyText.of(key.key())) + " (partition " + key.partition() + ") differs "
                    + since(key.since()) + "; " + repairs(key) + ":");
            TextTable table = new TextTable();
            key.entries()
                    .forEach((replica, entry) -> table.row(
                            "  " + replica,
                            judged(key, replica),
                            entry.map(AuditText::holds).orElse("nothing"),
                            entry.map(held -> held.place() + " "
                                            + instant(held.place().timeMs()))
                                    .orElse("")));
            out.print(table);
        }
        if (result.divergent().size() > MOST_KEYS) {
            out.println();
            out.println("… and " + number(result.divergent().size() - MOST_KEYS)
                    + " more keys that are listed: --output json, csv or html shows them.");
        }
    }

    /** How a replica stands in the judgement of a key: what is wrong with it, or that it is right. */
    static String judged(DivergentKey key, String replica) {
        for (Difference finding : key.findings()) {
            if (Arrays.asList(finding.target().split(",")).contains(replica)) {
                return finding.kind().name();
            }
        }
        return wins(key, replica) ? "wins" : "";
    }

    static boolean wins(DivergentKey key, String replica) {
        return key.findings().stream().anyMatch(finding -> finding.holders().contains(replica));
    }

    private static String since(Since since) {
        return "since " + instant(since.timeMs()) + ", when " + since.replica()
                + (since.byExpiry() ? "'s value expired, written at " : " wrote ") + since.place()
                + (since.exact() ? "" : " (or at another time: not every record is there and readable)");
    }

    private static String repairs(DivergentKey key) {
        DivergentKey.Repairs repairs = key.repairs();
        if (repairs.count() == 0) {
            return repairs.unknown().isEmpty()
                    ? "no repair event since"
                    : "whether a repair event was sent since cannot be known, because " + because(repairs);
        }
        DivergentKey.RepairEvent last = repairs.last().get(repairs.last().size() - 1);
        return (repairs.count() == 1 ? "one repair event, " : number(repairs.count()) + " repair events, the last ")
                + last.place() + " for " + last.target()
                + (repairs.unknown().isEmpty() ? "" : ", perhaps more, because " + because(repairs));
    }

    private static String because(DivergentKey.Repairs repairs) {
        return String.join("; ", repairs.unknown());
    }

    private static String holds(Entry entry) {
        String version = "version " + entry.version()
                + entry.vector().map(vector -> " (" + vector + ")").orElse("");
        return switch (entry.state()) {
            case DELETED -> "deleted, " + version;
            case EXPIRED -> "expired " + instant(entry.expiryMs().orElseThrow()) + ", " + version;
            case LIVE -> version + ", " + number(entry.valueLength()) + " bytes, digest " + digest(entry);
        };
    }

    /** The begin of a digest: enough to see whether two are equal. */
    static String digest(Entry entry) {
        return entry.digest().toString().substring(0, 12);
    }

    private static TextTable partitions(AuditResult result) {
        TextTable table =
                new TextTable("PARTITION", "REPLICA", "KEYS", "DELETED", "BYTES", "RECORDS", "UP TO OFFSET", "ROOT");
        boolean each = result.partitions().size() <= MOST_PARTITIONS;
        Map<String, long[]> totals = new TreeMap<>();
        for (PartitionSummary partition : result.partitions()) {
            if (each) {
                table.row(
                        Integer.toString(partition.place().partition()),
                        partition.place().replica(),
                        number(partition.keys()),
                        number(partition.deleted()),
                        number(partition.bytes()),
                        number(partition.records()),
                        Long.toString(partition.end()),
                        partition.root().map(AuditText::root).orElse(""));
            }
            long[] total = totals.computeIfAbsent(partition.place().replica(), replica -> new long[4]);
            total[0] += partition.keys();
            total[1] += partition.deleted();
            total[2] += partition.bytes();
            total[3] += partition.records();
        }
        totals.forEach((replica, total) -> table.row(
                "all", replica, number(total[0]), number(total[1]), number(total[2]), number(total[3]), "", ""));
        return table;
    }

    private static String root(Hash128 root) {
        return root.toString().substring(0, 16);
    }

    private static String effort(AuditResult.Effort effort) {
        return "Read " + number(effort.records()) + " records, " + number(effort.bytes()) + " bytes, in "
                + String.format(Locale.ROOT, "%.1f s", effort.nanos() / 1e9) + ": "
                + number(Math.round(effort.rate())) + " records/s. Tables of at most "
                + number(effort.largestTable()) + " bytes at a time and thread"
                + (effort.keysInIt() == 0
                        ? "."
                        : String.format(Locale.ROOT, ", %.1f per key and replica.", effort.bytesPerKey()));
    }

    static String instant(long ms) {
        return Instant.ofEpochMilli(ms).toString();
    }

    /** Digits in groups of three. */
    static String number(long number) {
        return String.format(Locale.ROOT, "%,d", number).replace(',', ' ');
    }

    private static String shortened(String key) {
        return key.length() <= SHOWN_KEY ? key : key.substring(0, SHOWN_KEY) + "…";
    }

    private static String and(List<String> names) {
        return Optional.of(names.size())
                .filter(size -> size > 1)
                .map(size -> String.join(", ", names.subList(0, size - 1)) + " and " + names.get(size - 1))
                .orElse(String.join("", names));
    }
}
