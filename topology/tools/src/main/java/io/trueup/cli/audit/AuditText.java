package io.trueup.cli.audit;

import io.trueup.audit.result.AuditResult;
import io.trueup.audit.result.DivergentKey;
import io.trueup.audit.result.DivergentKey.Entry;
import io.trueup.audit.result.DivergentKey.Since;
import io.trueup.audit.result.PartitionSummary;
import io.trueup.cli.shell.Formats;
import io.trueup.cli.shell.TextTable;
import io.trueup.failure.KeyFormat;
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

/** The result of an audit for people: the verdict in the first line, then the reasons, then the differences. */
final class AuditText {

    private static final int MAX_KEYS = 20;
    private static final int MAX_HOURS = 12;
    private static final int MAX_PARTITIONS = 64;
    private static final int MAX_KEY_LENGTH = 120;

    private AuditText() {}

    static void write(AuditResult result, Optional<ValueDecoder> values, PrintWriter out) {
        verdict(result, out);
        if (!result.divergent().isEmpty()) {
            out.println();
            if (result.divergent().size() < result.divergentKeys()) {
                out.println("Of the " + Formats.number(result.divergent().size()) + " keys listed, out of "
                        + Formats.number(result.divergentKeys()) + " that differ:");
            }
            out.print(kinds(result));
            out.println();
            out.print(origins(result));
            keys(result, values, out);
        }
        if (!result.partitions().isEmpty()) {
            out.println();
            out.print(partitions(result));
            out.println();
            out.println(effort(result.effort()));
        }
    }

    /** Prints the verdict, the reasons for which it is not certain, and the notes. */
    static void verdict(AuditResult result, PrintWriter out) {
        out.println(verdict(result));
        result.doubts().forEach(doubt -> out.println("  * " + doubt));
        AuditNotes.of(result).forEach(note -> out.println("  Note: " + note));
        AuditHints.of(result).forEach(hint -> out.println("  Hint: " + hint));
    }

    static String verdict(AuditResult result) {
        String replicas = and(result.replicas());
        String moment =
                " (" + result.at() + (result.at().startsWith("as of") ? "" : ", " + Formats.time(result.atMs())) + ")";
        String keys = Formats.number(result.divergentKeys())
                + (result.divergentKeys() == 1 ? " key differs" : " keys differ");
        return switch (result.verdict()) {
            case EQUAL ->
                "EQUAL: " + replicas + " hold the same " + Formats.number(result.keys()) + " keys"
                        + (result.inFlightKeys() == 0
                                ? ""
                                : ", apart from " + Formats.number(result.inFlightKeys()) + " with writes in flight")
                        + moment + ".";
            case DIVERGENT ->
                "DIVERGENT: " + keys + " among " + replicas + ", which hold up to " + Formats.number(result.keys())
                        + " keys" + moment + ".";
            case UNKNOWN ->
                (result.partial() ? "PARTIAL: " : "") + "COULD NOT TELL whether " + replicas + " are equal" + moment
                        + (result.divergentKeys() == 0 ? "" : "; in what was read, " + keys) + ":";
        };
    }

    private static TextTable kinds(AuditResult result) {
        List<String> heading = new ArrayList<>(List.of("REPLICA"));
        Arrays.stream(Divergence.values()).forEach(kind -> heading.add(kind.name()));
        TextTable table = new TextTable(heading.toArray(String[]::new));
        result.kinds().forEach((target, counts) -> {
            List<String> row = new ArrayList<>(List.of(target));
            Arrays.stream(Divergence.values())
                    .forEach(kind -> row.add(counts.containsKey(kind) ? Formats.number(counts.get(kind)) : ""));
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
                .limit(MAX_HOURS)
                .forEach(hour -> table.row(
                        hour.getKey().toString().substring(0, 13).replace('T', ' ') + "h UTC",
                        Formats.number(hour.getValue())));
        long earlier = hours.values().stream()
                .skip(MAX_HOURS)
                .mapToLong(Long::longValue)
                .sum();
        if (earlier > 0) {
            table.row("earlier", Formats.number(earlier));
        }
        return table;
    }

    private static void keys(AuditResult result, Optional<ValueDecoder> values, PrintWriter out) {
        for (DivergentKey key : result.divergent().stream().limit(MAX_KEYS).toList()) {
            out.println();
            out.println(KeyFormat.shortened(key.key(), MAX_KEY_LENGTH) + " (partition " + key.partition() + ") differs "
                    + since(key.since()) + "; " + repairs(key) + ":");
            TextTable table = new TextTable();
            key.entries()
                    .forEach((replica, entry) -> table.row(
                            "  " + replica,
                            kind(key, replica),
                            entry.map(AuditText::holds).orElse("nothing"),
                            entry.map(held -> held.place() + " "
                                            + Formats.time(held.place().timeMs()))
                                    .orElse("")));
            out.print(table);
            values.ifPresent(decoder -> out.print(ValueText.of(FieldComparison.of(key, decoder))));
        }
        if (result.divergent().size() > MAX_KEYS) {
            out.println();
            out.println("… and " + Formats.number(result.divergent().size() - MAX_KEYS)
                    + " more listed keys: --output json, csv or html prints them.");
        }
    }

    /**
     * The kind of a replica's divergence at a key; {@code wins} if its entry wins; {@code in flight} if it differs by writes
     * that may be in flight; otherwise empty.
     */
    static String kind(DivergentKey key, String replica) {
        for (Difference finding : key.findings()) {
            if (Arrays.asList(finding.target().split(",")).contains(replica)) {
                return finding.kind().name();
            }
        }
        return wins(key, replica) ? "wins" : key.inFlight().contains(replica) ? "in flight" : "";
    }

    static boolean wins(DivergentKey key, String replica) {
        return key.findings().stream().anyMatch(finding -> finding.holders().contains(replica));
    }

    private static String since(Since since) {
        return "since " + Formats.time(since.timeMs()) + ", when " + since.replica()
                + (since.byExpiry() ? "'s value expired, written at " : " wrote ") + since.place()
                + (since.exact() ? "" : " (or at another time: some records are missing or cannot be read)");
    }

    private static String repairs(DivergentKey key) {
        DivergentKey.Repairs repairs = key.repairs();
        if (repairs.count() == 0) {
            return repairs.unknown().isEmpty()
                    ? "no repair event since"
                    : "it is not known whether a repair event was sent since, because " + because(repairs);
        }
        DivergentKey.RepairEvent last = repairs.last().get(repairs.last().size() - 1);
        return (repairs.count() == 1
                        ? "one repair event, "
                        : Formats.number(repairs.count()) + " repair events, the last ")
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
            case EXPIRED -> "expired " + Formats.time(entry.expiryMs().orElseThrow()) + ", " + version;
            case UNREAD -> Formats.UNREAD;
            case LIVE -> version + ", " + Formats.number(entry.valueLength()) + " bytes, digest " + digest(entry);
        };
    }

    /** The beginning of a digest: enough to see whether two are equal. */
    static String digest(Entry entry) {
        return entry.digest().toString().substring(0, 12);
    }

    private static TextTable partitions(AuditResult result) {
        TextTable table =
                new TextTable("PARTITION", "REPLICA", "KEYS", "DELETED", "BYTES", "RECORDS", "UP TO OFFSET", "ROOT");
        boolean listed = result.partitions().size() <= MAX_PARTITIONS;
        Map<String, long[]> totals = new TreeMap<>();
        for (PartitionSummary partition : result.partitions()) {
            if (listed) {
                table.row(
                        Integer.toString(partition.place().partition()),
                        partition.place().replica(),
                        Formats.number(partition.keys()),
                        Formats.number(partition.deleted()),
                        Formats.number(partition.bytes()),
                        Formats.number(partition.records()),
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
                "all",
                replica,
                Formats.number(total[0]),
                Formats.number(total[1]),
                Formats.number(total[2]),
                Formats.number(total[3]),
                "",
                ""));
        return table;
    }

    private static String root(Hash128 root) {
        return root.toString().substring(0, 16);
    }

    private static String effort(AuditResult.Effort effort) {
        return "Read " + Formats.number(effort.records()) + " records, " + Formats.number(effort.bytes())
                + " bytes, in "
                + Formats.seconds(effort.nanos() / 1e9) + ": "
                + Formats.number(Math.round(effort.rate())) + " records/s. Tables of at most "
                + Formats.number(effort.largestTable()) + " bytes per thread at the same time"
                + (effort.keysInIt() == 0
                        ? "."
                        : String.format(Locale.ROOT, ", %.1f per key and replica.", effort.bytesPerKey()));
    }

    private static String and(List<String> names) {
        return Optional.of(names.size())
                .filter(size -> size > 1)
                .map(size -> String.join(", ", names.subList(0, size - 1)) + " and " + names.get(size - 1))
                .orElse(String.join("", names));
    }
}
