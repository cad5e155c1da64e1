package io.trueup.cli;

import io.trueup.audit.AuditResult;
import io.trueup.audit.AuditResult.Verdict;
import io.trueup.audit.PartitionSummary;
import io.trueup.audit.ReplicaPartition;
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
 * The roots of an audit in a file of lines: replica, partition, first offset not read, root, live keys. The first three are
 * what {@code --at} reads. An audit as of a time has no such offset, and {@code -} stands there. Where a replica has no live
 * key, the root is {@code empty}, whether it remembers deletes or not.
 *
 * @param source where it was read
 * @param fingerprint of secret and shape of the trees
 * @param certain whether that audit could tell; roots of one that could not prove nothing
 * @param roots by replica and partition
 */
record RootsFile(Path source, String fingerprint, boolean certain, Map<ReplicaPartition, String> roots) {

    private static final String VERDICT = "# verdict ";
    private static final String FINGERPRINT = "# fingerprint ";
    private static final String EMPTY = "empty";
    private static final String NONE = "-";
    private static final int WORDS = 4;

    /**
     * What a comparison of roots found.
     *
     * @param verdict whether they are equal
     * @param words for a person
     */
    record Comparison(Verdict verdict, String words) {}

    static void write(AuditResult result, Path file) throws IOException {
        List<String> lines = new ArrayList<>();
        lines.add("# trueup audit: roots as of " + AuditText.instant(result.atMs()) + " (" + result.at() + ")");
        lines.add(VERDICT + result.verdict());
        lines.add(FINGERPRINT + result.fingerprint());
        lines.add("# compared are the entries that live as of " + AuditText.instant(result.atMs())
                + "; what is deleted or has expired by then counts as nothing");
        lines.add("# replica partition end root keys");
        boolean byTime = result.at().startsWith("as of");
        for (PartitionSummary partition : result.partitions()) {
            lines.add(partition.place().replica() + " " + partition.place().partition() + " "
                    + (byTime ? NONE : partition.end()) + " " + root(partition).orElse(NONE) + " " + partition.keys());
        }
        Files.write(file, lines);
    }

    private static Optional<String> root(PartitionSummary partition) {
        return partition.root().map(root -> partition.keys() == 0 ? EMPTY : root.toString());
    }

    /** @throws IllegalArgumentException if it is no file of roots */
    static RootsFile read(Path file) throws IOException {
        String fingerprint = "";
        boolean certain = false;
        Map<ReplicaPartition, String> roots = new TreeMap<>();
        for (String line : Files.readAllLines(file)) {
            if (line.startsWith(VERDICT)) {
                certain = !line.substring(VERDICT.length()).strip().equals(Verdict.UNKNOWN.name());
            } else if (line.startsWith(FINGERPRINT)) {
                fingerprint = line.substring(FINGERPRINT.length()).strip();
            } else if (!line.startsWith("#") && !line.isBlank()) {
                String[] words = line.strip().split("\\s+", -1);
                if (words.length < WORDS || !words[1].matches("\\d{1,6}")) {
                    throw new IllegalArgumentException("--verify: " + file + " is no file of --roots: " + line);
                }
                if (!words[3].equals(NONE)) {
                    roots.put(new ReplicaPartition(words[0], Integer.parseInt(words[1])), words[3]);
                }
            }
        }
        if (fingerprint.isEmpty() || roots.isEmpty()) {
            throw new IllegalArgumentException("--verify: " + file + " is no file of --roots: it has no roots in it");
        }
        return new RootsFile(file, fingerprint, certain, roots);
    }

    /**
     * Compares each root with that of the same replica and partition in the file. A replica that the file does not have is
     * compared with the one root that all replicas in the file share.
     */
    Comparison compare(AuditResult result) {
        if (!fingerprint.equals(result.fingerprint())) {
            return new Comparison(
                    Verdict.UNKNOWN,
                    "ROOTS CANNOT BE COMPARED with " + source
                            + ": it was made with another secret, other tree.segments or another compare.");
        }
        if (!certain) {
            return new Comparison(
                    Verdict.UNKNOWN,
                    "ROOTS PROVE NOTHING: the audit that wrote " + source + " could not tell what its replicas hold.");
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
        String also = unknown.isEmpty() ? "" : " Not to be compared: " + String.join(", ", unknown) + ".";
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
        boolean known =
                roots.keySet().stream().anyMatch(other -> other.replica().equals(place.replica()));
        return !known && shared.size() == 1 ? Optional.of(shared.iterator().next()) : Optional.empty();
    }

    /** Partitions that the file has and the audit has not. */
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
