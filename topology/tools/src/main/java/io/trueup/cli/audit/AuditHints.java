package io.trueup.cli.audit;

import io.trueup.audit.result.AuditResult;
import io.trueup.audit.result.DivergentKey;
import io.trueup.audit.result.DivergentKey.Entry;
import io.trueup.audit.result.DivergentKey.State;
import io.trueup.audit.result.PartitionSummary;
import io.trueup.cli.shell.Formats;
import io.trueup.source.canonical.ValueForm;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Usual causes of differences that are no loss: settings that do not fit the topics. A hint is given where the pattern of what
 * differs has such a cause; the differences are counted all the same.
 */
final class AuditHints {

    /** So many of the listed keys must show a pattern, in percent, and so many keys at least. */
    private static final int MIN_PERCENT = 80;

    private static final int MIN_KEYS = 3;
    private static final ValueForm JSON = ValueForm.of("json", List.of());

    private AuditHints() {}

    /** Hints, as sentences. */
    static List<String> of(AuditResult result) {
        List<String> hints = new ArrayList<>();
        Map<String, Totals> totals = totals(result);
        long most =
                totals.values().stream().mapToLong(total -> total.keys).max().orElse(0);
        totals.forEach((replica, total) -> {
            if (total.records > 0 && total.unreadable == total.records) {
                hints.add("No record of " + total.topic + " can be read in the format of " + replica
                        + ". If its records are not Avro write events, name their format: --format plain, or"
                        + " replica." + replica + ".writes.format=plain");
            } else if (total.keys == 0 && most > 0) {
                hints.add("Replica " + replica + " holds nothing, because "
                        + (total.records == 0
                                ? total.topic + " has no record that counts"
                                : "what " + total.topic + " contains was deleted")
                        + ". Check the name of the topic");
            }
        });
        otherPartitioner(result).ifPresent(hints::add);
        sameValues(result).or(() -> sameDocuments(result)).ifPresent(hints::add);
        hints.replaceAll(hint -> hint + ".");
        return hints;
    }

    private static final class Totals {
        private String topic;
        private long keys;
        private long records;
        private long unreadable;
    }

    private static Map<String, Totals> totals(AuditResult result) {
        Map<String, Totals> totals = new TreeMap<>();
        for (PartitionSummary partition : result.partitions()) {
            Totals total = totals.computeIfAbsent(partition.place().replica(), replica -> new Totals());
            total.topic = partition.topic();
            total.keys += partition.keys();
            total.records += partition.records();
            total.unreadable += partition.unreadable();
        }
        return totals;
    }

    /** The same key in several partitions: in each of them, a replica lacks it. */
    private static Optional<String> otherPartitioner(AuditResult result) {
        Map<ByteBuffer, Long> partitionsOfKey = result.divergent().stream()
                .collect(Collectors.groupingBy(key -> ByteBuffer.wrap(key.key()), Collectors.counting()));
        long moved =
                partitionsOfKey.values().stream().filter(count -> count > 1).count();
        return isPattern(moved, partitionsOfKey.size())
                ? Optional.of(Formats.number(moved) + " of " + Formats.number(partitionsOfKey.size())
                        + " listed keys occur in several partitions, one replica's in another than the other's: the"
                        + " producers use different partitioners, and each of these keys is counted once in each"
                        + " partition. Such topics cannot be compared: let both sides use the same partitioner")
                : Optional.empty();
    }

    private static Optional<String> sameValues(AuditResult result) {
        List<DivergentKey> keys = result.divergent();
        long same = keys.stream().filter(AuditHints::haveSameValues).count();
        return isPattern(same, keys.size())
                ? Optional.of("In " + Formats.number(same) + " of " + Formats.number(keys.size())
                        + " listed keys all replicas hold the same value, and only its version or expiry differs. If each"
                        + " side gives versions of its own, such as times of its writes, compare values: --compare value,"
                        + " or compare=value")
                : Optional.empty();
    }

    private static boolean haveSameValues(DivergentKey key) {
        return key.entries().values().stream()
                        .allMatch(entry ->
                                entry.filter(held -> held.state() == State.LIVE).isPresent())
                && key.entries().values().stream()
                                .flatMap(Optional::stream)
                                .map(Entry::digest)
                                .distinct()
                                .count()
                        == 1;
    }

    private static Optional<String> sameDocuments(AuditResult result) {
        List<DivergentKey> known = result.divergent().stream()
                .filter(key -> values(key).size() > 1)
                .toList();
        long same = known.stream().filter(AuditHints::areSameDocument).count();
        return isPattern(same, known.size())
                ? Optional.of("In " + Formats.number(same) + " of " + Formats.number(known.size())
                        + " listed keys the values are the same JSON document, serialised differently. Compare what"
                        + " documents contain: --canonical json, or value.canonical=json")
                : Optional.empty();
    }

    private static boolean areSameDocument(DivergentKey key) {
        List<byte[]> values = values(key);
        byte[] first = JSON.formOf(values.get(0));
        return values.stream().skip(1).allMatch(value -> Arrays.equals(first, JSON.formOf(value)));
    }

    private static List<byte[]> values(DivergentKey key) {
        return key.entries().values().stream()
                .flatMap(Optional::stream)
                .flatMap(entry -> entry.value().stream())
                .toList();
    }

    private static boolean isPattern(long keys, long of) {
        return keys >= MIN_KEYS && 100 * keys >= MIN_PERCENT * of;
    }
}
