package io.trueup.cli.audit;

import io.trueup.audit.result.AuditResult;
import io.trueup.audit.result.AuditResult.Verdict;
import io.trueup.audit.result.PartitionSummary;
import io.trueup.audit.result.ReplicaPartition;
import io.trueup.cli.shell.Formats;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The roots of an audit in a file of lines: replica, partition, first offset not read, root, live keys. {@code --at} reads the
 * first three. An audit as of a time has no offset: its lines have {@code -} instead. Where a replica has no live key, the
 * root is {@code empty}, whether or not the replica remembers deletes.
 *
 * @param source the file
 * @param fingerprint fingerprint of the secret and the shape of the trees
 * @param certain whether that audit could tell; otherwise its roots prove nothing
 * @param roots by replica and partition
 */
record RootsFile(Path source, String fingerprint, boolean certain, Map<ReplicaPartition, String> roots) {

    private static final String VERDICT = "# verdict ";
    private static final String FINGERPRINT = "# fingerprint ";
    private static final String EMPTY = "empty";
    private static final String NONE = "-";
    private static final int MIN_COLUMNS = 4;

    /**
     * The result of a comparison of roots.
     *
     * @param verdict whether they are equal
     * @param text the result for people
     */
    record Comparison(Verdict verdict, String text) {}

    /** Writes the roots of an audit. */
    static void write(AuditResult result, Path file) throws IOException {
        List<String> lines = new ArrayList<>();
        lines.add("# trueup audit: roots as of " + Formats.time(result.atMs()) + " (" + result.at() + ")");
        lines.add(VERDICT + result.verdict());
        lines.add(FINGERPRINT + result.fingerprint());
        lines.add("# the roots cover the entries that are live as of " + moments(result)
                + "; entries deleted or expired by then do not count");
        lines.add("# replica partition end root keys");
        boolean asOfTime = result.at().startsWith("as of");
        for (PartitionSummary partition : result.partitions()) {
            lines.add(partition.place().replica() + " " + partition.place().partition() + " "
                    + (asOfTime ? NONE : partition.end()) + " "
                    + root(partition).orElse(NONE) + " " + partition.keys());
        }
        Files.write(file, lines);
    }

    /** Partitions that an earlier run has compared have an earlier moment. */
    private static String moments(AuditResult result) {
        long firstMs = result.partitions().stream()
                .mapToLong(PartitionSummary::atMs)
                .min()
                .orElse(result.atMs());
        return (firstMs == result.atMs() ? "" : Formats.time(firstMs) + " to ") + Formats.time(result.atMs());
    }

    private static Optional<String> root(PartitionSummary partition) {
        return partition.root().map(root -> partition.keys() == 0 ? EMPTY : root.toString());
    }

    /**
     * Reads the lines of a file.
     *
     * @throws IllegalArgumentException if it is not a file of roots
     */
    static RootsFile read(Path file, List<String> lines) {
        String fingerprint = "";
        boolean certain = false;
        Map<ReplicaPartition, String> roots = new TreeMap<>();
        for (String line : lines) {
            if (line.startsWith(VERDICT)) {
                certain = !line.substring(VERDICT.length()).strip().equals(Verdict.UNKNOWN.name());
            } else if (line.startsWith(FINGERPRINT)) {
                fingerprint = line.substring(FINGERPRINT.length()).strip();
            } else if (!line.startsWith("#") && !line.isBlank()) {
                String[] columns = line.strip().split("\\s+", -1);
                if (columns.length < MIN_COLUMNS || !columns[1].matches("\\d{1,6}")) {
                    throw new IllegalArgumentException(line);
                }
                if (!columns[3].equals(NONE)) {
                    roots.put(new ReplicaPartition(columns[0], Integer.parseInt(columns[1])), columns[3]);
                }
            }
        }
        if (fingerprint.isEmpty() || roots.isEmpty()) {
            throw new IllegalArgumentException("it contains no roots");
        }
        return new RootsFile(file, fingerprint, certain, roots);
    }

    /**
     * Compares each root with that of the same replica and partition in the file. A replica that is not in the file is compared
     * with the root that all replicas in the file have in common.
     */
    Comparison compare(AuditResult result) {
        if (!fingerprint.equals(result.fingerprint())) {
            return new Comparison(
                    Verdict.UNKNOWN,
                    "ROOTS CANNOT BE COMPARED with " + source
                            + ": it was written with another secret, tree.segments or compare.");
        }
        if (!certain) {
            return new Comparison(
                    Verdict.UNKNOWN,
                    "ROOTS PROVE NOTHING: the audit that wrote " + source
                            + " could not tell whether its replicas are equal.");
        }
        List<String> different = new ArrayList<>();
        List<String> unknown = new ArrayList<>();
        int equal = 0;
        for (PartitionSummary partition : result.partitions()) {
            Optional<String> expected = expected(partition.place());
            Optional<String> found = root(partition);
            if (expected.isEmpty() || found.isEmpty()) {
                unknown.add(partition.place().toString());
            } else if (expected.equals(found)) {
                equal++;
            } else {
                different.add(partition.place().toString());
            }
        }
        Set<String> missing = missing(result);
        unknown.addAll(missing);
        String also = unknown.isEmpty() ? "" : " Not comparable: " + String.join(", ", unknown) + ".";
        if (!different.isEmpty()) {
            return new Comparison(
                    unknown.isEmpty() ? Verdict.DIVERGENT : Verdict.UNKNOWN,
                    "ROOTS DIFFER from " + source + ": " + String.join(", ", different) + "; " + equal + " are equal."
                            + also);
        }
        return unknown.isEmpty() && equal > 0
                ? new Comparison(Verdict.EQUAL, "ROOTS ARE EQUAL to " + source + ": all " + equal + ".")
                : new Comparison(
                        Verdict.UNKNOWN,
                        "ROOTS CANNOT ALL BE COMPARED with " + source + "; " + equal + " are equal." + also);
    }

    private Optional<String> expected(ReplicaPartition place) {
        if (roots.containsKey(place)) {
            return Optional.of(roots.get(place));
        }
        Set<String> shared = roots.entrySet().stream()
                .filter(root -> root.getKey().partition() == place.partition())
                .map(Map.Entry::getValue)
                .collect(Collectors.toSet());
        boolean inFile =
                roots.keySet().stream().anyMatch(other -> other.replica().equals(place.replica()));
        return !inFile && shared.size() == 1 ? Optional.of(shared.iterator().next()) : Optional.empty();
    }

    /** Partitions that are in the file and not in the audit. */
    private Set<String> missing(AuditResult result) {
        Set<Integer> audited = result.partitions().stream()
                .map(partition -> partition.place().partition())
                .collect(Collectors.toSet());
        Set<String> missing = new TreeSet<>();
        roots.keySet().stream()
                .filter(place -> !audited.contains(place.partition()))
                .forEach(place -> missing.add("partition " + place.partition()));
        return missing;
    }
}
