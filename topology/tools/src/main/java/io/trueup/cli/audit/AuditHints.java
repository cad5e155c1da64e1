package io.trueup.cli.audit;

import io.trueup.audit.result.AuditResult;
import io.trueup.audit.result.DivergentKey;
import io.trueup.audit.result.DivergentKey.Entry;
import io.trueup.audit.result.DivergentKey.State;
import io.trueup.audit.result.PartitionSummary;
import io.trueup.avro.WireFormat;
import io.trueup.cli.shell.Formats;
import io.trueup.source.canonical.ValueForm;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Usual causes of differences that are no loss: settings that do not fit the topics. A hint is given where the pattern of what
 * differs has such a cause and lost writes do not have it; the differences are counted all the same.
 */
final class AuditHints {

    /** So many of the listed keys must show a pattern, in percent, and so many keys at least. */
    private static final int MIN_PERCENT = 80;

    private static final int MIN_KEYS = 3;
    private static final ValueForm JSON = ValueForm.of("json", List.of());
    private static final String AVRO_FORMAT = "trueup";

    private AuditHints() {}

    /** Hints, as sentences. */
    static List<String> of(AuditResult result) {
        Map<String, List<PartitionSummary>> replicas = result.partitions().stream()
                .collect(Collectors.groupingBy(
                        partition -> partition.place().replica(), TreeMap::new, Collectors.toList()));
        Stream<String> ofTopics = replicas.entrySet().stream()
                .flatMap(replica -> otherFormat(result, replica.getKey(), replica.getValue())
                        .or(() -> otherTopic(result, replica.getKey(), replica.getValue()))
                        .stream());
        Stream<String> ofKeys = Stream.of(
                        otherPartitioner(result),
                        sameValues(result).or(() -> sameDocuments(result)).or(() -> otherIds(result)))
                .flatMap(Optional::stream);
        return Stream.concat(ofTopics, ofKeys).map(hint -> hint + ".").toList();
    }

    /** In another format than that of Avro write events, a record that cannot be read has another cause. */
    private static Optional<String> otherFormat(AuditResult result, String replica, List<PartitionSummary> partitions) {
        long records = partitions.stream().mapToLong(PartitionSummary::records).sum();
        long unreadable =
                partitions.stream().mapToLong(PartitionSummary::unreadable).sum();
        return records > 0
                        && unreadable == records
                        && AVRO_FORMAT.equals(result.formats().get(replica))
                ? Optional.of("No record of " + partitions.get(0).topic() + " can be read in the format of " + replica
                        + ". If its records are not Avro write events, name their format: --format plain, or"
                        + " replica." + replica + ".writes.format=plain")
                : Optional.empty();
    }

    /**
     * A topic without a record, where other replicas hold something. A topic with records is taken for the right one: a key that it
     * lacks was deleted or is lost. Where only some keys were compared, its other keys are not known.
     */
    private static Optional<String> otherTopic(AuditResult result, String replica, List<PartitionSummary> partitions) {
        TreeSet<Integer> read = partitions.stream()
                .map(partition -> partition.place().partition())
                .collect(Collectors.toCollection(TreeSet::new));
        boolean empty = partitions.stream()
                .allMatch(partition -> partition.end() == 0 && partition.root().isPresent());
        boolean othersHold = result.partitions().stream()
                .anyMatch(partition -> read.contains(partition.place().partition()) && partition.keys() > 0);
        return empty && othersHold
                ? Optional.of("Replica " + replica + " holds nothing: "
                        + partitions.get(0).topic() + " has no record in what was read of it (partitions "
                        + ranges(read)
                        + ", " + result.at() + "). Check the name of the topic")
                : Optional.empty();
    }

    /** As {@code --partitions} takes them: {@code 0,4-7}. */
    private static String ranges(TreeSet<Integer> numbers) {
        List<String> ranges = new ArrayList<>();
        for (Integer first = numbers.first(); first != null; ) {
            int last = first;
            while (numbers.contains(last + 1)) {
                last++;
            }
            ranges.add(first == last ? Integer.toString(last) : first + "-" + last);
            first = numbers.higher(last);
        }
        return String.join(",", ranges);
    }

    private static Optional<String> otherPartitioner(AuditResult result) {
        Collection<List<DivergentKey>> keys = result.divergent().stream()
                .collect(Collectors.groupingBy(key -> ByteBuffer.wrap(key.key())))
                .values();
        long moved = keys.stream().filter(AuditHints::isPartitionedOtherwise).count();
        return isPattern(moved, keys.size())
                ? Optional.of(Formats.number(moved) + " of " + Formats.number(keys.size())
                        + " listed keys occur in several partitions, one replica's in another than the other's: the"
                        + " producers use different partitioners, and each of these keys is counted once in each"
                        + " partition. Such topics cannot be compared: let both sides use the same partitioner")
                : Optional.empty();
    }

    /**
     * Whether replicas hold a key in different partitions, each in one. What one replica holds in two partitions has two writers.
     *
     * @param places the key in each partition where it differs
     */
    private static boolean isPartitionedOtherwise(List<DivergentKey> places) {
        Map<String, List<Integer>> partitions = new TreeMap<>();
        places.forEach(place -> place.entries().forEach((replica, held) -> {
            if (isLive(held)) {
                partitions.computeIfAbsent(replica, added -> new ArrayList<>()).add(place.partition());
            }
        }));
        Set<List<Integer>> different = Set.copyOf(partitions.values());
        return different.size() > 1 && different.stream().allMatch(held -> held.size() == 1);
    }

    /** Where versions are equal, too, only the expiry differs: an update of it is lost. */
    private static Optional<String> sameValues(AuditResult result) {
        List<DivergentKey> keys = result.divergent();
        long same = keys.stream()
                .filter(key -> areLive(key)
                        && distinct(key, Entry::digest) == 1
                        && distinct(key, entry -> List.of(entry.version(), entry.vector())) > 1)
                .count();
        return isPattern(same, keys.size())
                ? Optional.of("In " + Formats.number(same) + " of " + Formats.number(keys.size())
                        + " listed keys all replicas hold the same value under different versions. If each side gives"
                        + " versions of its own, such as times of its writes, compare values: --compare value, or"
                        + " compare=value")
                : Optional.empty();
    }

    private static Optional<String> sameDocuments(AuditResult result) {
        List<DivergentKey> keys = result.divergent();
        long same = keys.stream().filter(AuditHints::areSameDocument).count();
        return isPattern(same, keys.size())
                ? Optional.of("In " + Formats.number(same) + " of " + Formats.number(keys.size())
                        + " listed keys the values are the same JSON document, serialised differently. Compare what"
                        + " documents contain: --canonical json, or value.canonical=json")
                : Optional.empty();
    }

    private static Optional<String> otherIds(AuditResult result) {
        List<DivergentKey> keys = result.divergent();
        long other = keys.stream().filter(AuditHints::haveOtherIds).count();
        return isPattern(other, keys.size())
                ? Optional.of("In " + Formats.number(other) + " of " + Formats.number(keys.size())
                        + " listed keys the values differ in nothing but the id of a schema, as records do that two"
                        + " applications write by two schemas. Compare what records contain: --canonical avro with"
                        + " schema.registry.url in --command-config, or value.canonical=avro")
                : Optional.empty();
    }

    private static boolean areSameDocument(DivergentKey key) {
        return areSame(key, JSON::formOf);
    }

    private static boolean haveOtherIds(DivergentKey key) {
        return areSame(key, AuditHints::withoutId);
    }

    private static byte[] withoutId(byte[] value) {
        return WireFormat.isMarked(value) ? Arrays.copyOfRange(value, WireFormat.HEADER_BYTES, value.length) : value;
    }

    /** Whether all replicas hold a value, and the values are different ones that have the same form. */
    private static boolean areSame(DivergentKey key, UnaryOperator<byte[]> form) {
        if (!areLive(key) || distinct(key, Entry::digest) == 1) {
            return false;
        }
        List<byte[]> forms = key.entries().values().stream()
                .flatMap(Optional::stream)
                .flatMap(entry -> entry.value().stream())
                .map(form)
                .toList();
        return forms.size() == key.entries().size()
                && forms.stream().allMatch(other -> Arrays.equals(other, forms.get(0)));
    }

    /** Whether all replicas hold a value. */
    private static boolean areLive(DivergentKey key) {
        return key.entries().values().stream().allMatch(AuditHints::isLive);
    }

    private static boolean isLive(Optional<Entry> held) {
        return held.filter(entry -> entry.state() == State.LIVE).isPresent();
    }

    private static long distinct(DivergentKey key, Function<Entry, Object> what) {
        return key.entries().values().stream()
                .flatMap(Optional::stream)
                .map(what)
                .distinct()
                .count();
    }

    private static boolean isPattern(long keys, long of) {
        return keys >= MIN_KEYS && 100 * keys >= MIN_PERCENT * of;
    }
}
