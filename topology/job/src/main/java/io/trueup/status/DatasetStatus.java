package io.trueup.status;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Whether the replicas of a dataset are equal, since when, and what a person must do. Immutable.
 *
 * @param dataset the dataset
 * @param nowMs the time of the status, in milliseconds since the epoch
 * @param observing whether nothing is repaired, by configuration
 * @param replicas the replicas, in order of name
 * @param partitions the partitions with more than one owner, in order
 */
public record DatasetStatus(
        String dataset, long nowMs, boolean observing, List<ReplicaStatus> replicas, List<PartitionStatus> partitions) {

    /**
     * Something that a person should do or know.
     *
     * @param text what, and what happens otherwise
     * @param command the command for it; empty if there is none
     */
    public record Need(String text, String command) {}

    /** The state of the partition that is worst. */
    public State state() {
        return partitions.stream()
                .map(PartitionStatus::state)
                .min(Comparator.naturalOrder())
                .orElse(State.UNKNOWN);
    }

    /** The partitions in a state. */
    public List<PartitionStatus> in(State state) {
        return partitions.stream()
                .filter(partition -> partition.state() == state)
                .toList();
    }

    /** The status in one sentence, or two. */
    public String sentence() {
        List<PartitionStatus> worst = in(state());
        return switch (state()) {
            case UNKNOWN -> unknown(worst);
            case HELD_BACK ->
                "Held back: "
                        + targets(sum(worst, partition -> partition.repairs().heldBack()))
                        + " would be repaired. Nothing is sent to them until a person decides.";
            case FAILING ->
                keys(
                                worst.stream()
                                        .mapToLong(
                                                partition -> partition.repairs().failed())
                                        .sum(),
                                "stay") + " different after all attempts to repair them" + in(worst) + ".";
            case NEEDS_PERSON ->
                keys(total(sum(worst, PartitionStatus::needsPerson)), "need") + " a person" + in(worst) + ": "
                        + counts(sum(worst, PartitionStatus::needsPerson)) + ".";
            case WAITING_FOR_PROOF ->
                keys(
                                worst.stream()
                                        .flatMap(partition -> partition.waits().stream())
                                        .mapToLong(PartitionStatus.Wait::keys)
                                        .sum(),
                                "wait")
                        + " for a proof" + in(worst) + ": " + waits(worst) + ".";
            case DIFFERENT -> different(worst);
            case REBUILDING ->
                names(worst, partition -> partition.owners().rebuilding()) + " builds its state again" + in(worst)
                        + ". What it lacks counts for nothing until then.";
            case LAGGING ->
                names(worst, partition -> partition.owners().lagging()) + " lags behind" + in(worst)
                        + ", and is expected to catch up by itself.";
            case EQUAL -> equal();
        };
    }

    private String equal() {
        long equalMs = partitions.stream()
                .mapToLong(partition -> partition.cuts().equalMs().orElseThrow())
                .min()
                .orElseThrow();
        long keys = partitions.stream().mapToLong(PartitionStatus::entries).sum();
        return "All " + replicas.size() + " replicas are equal as of " + time(equalMs) + ", " + age(equalMs) + " ago: "
                + partitions.size() + " of " + partitions.size() + " partitions, " + keys(keys) + ".";
    }

    private String unknown(List<PartitionStatus> worst) {
        if (partitions.isEmpty()) {
            return "Unknown: no partition has more than one owner, so there is nothing to compare.";
        }
        if (partitions.stream()
                .allMatch(partition -> partition.cuts().reportedMs().isEmpty())) {
            return "Unknown: the rounds topic has no report of late. Is the job running?";
        }
        Set<String> silent = new TreeSet<>();
        Set<String> disagreeing = new TreeSet<>();
        worst.forEach(partition -> {
            silent.addAll(partition.owners().silent());
            disagreeing.addAll(partition.owners().disagreeing());
        });
        return "Unknown: " + worst.size() + " of " + partitions.size() + " partitions are not compared."
                + (silent.isEmpty() ? "" : " Nothing is heard of " + String.join(", ", silent) + ".")
                + (disagreeing.isEmpty() ? "" : " The settings of " + String.join(", ", disagreeing) + " differ.");
    }

    private String different(List<PartitionStatus> worst) {
        Map<String, Long> sent = sum(worst, partition -> partition.repairs().sent());
        long verified = worst.stream()
                .mapToLong(partition -> partition.repairs().verified())
                .sum();
        String since = since(worst).stream()
                .mapToObj(ms -> " since " + time(ms))
                .findFirst()
                .orElse("");
        long keys = total(sum(worst, PartitionStatus::different));
        // a hash that differs shows that keys differ, and not yet which
        String differ = (keys == 0 ? "Replicas differ" : keys(keys, "differ")) + in(worst) + since;
        return observing
                ? "Observing: " + differ + ", and nothing is repaired."
                : differ + ". " + number(total(sent)) + " repairs sent"
                        + (sent.isEmpty() ? "" : " (" + counts(sent) + ")") + ", " + number(verified) + " verified.";
    }

    private static OptionalLong since(List<PartitionStatus> partitions) {
        return partitions.stream()
                .flatMapToLong(partition -> partition.cuts().differentSinceMs().stream())
                .min();
    }

    /** What a person should do or know, the worst first. */
    public List<Need> needs() {
        List<Need> needs = new ArrayList<>();
        sum(partitions, partition -> partition.repairs().heldBack())
                .forEach((target, count) -> add(
                        needs,
                        count,
                        "About " + number(count) + " repairs of " + target
                                + " are held back. Look for the reason: a wrong topic, another partitioner, a lost database."
                                + " If they are right, approve them.",
                        "trueup approve --target " + target));
        long failed = partitions.stream()
                .mapToLong(partition -> partition.repairs().failed())
                .sum();
        add(
                needs,
                failed,
                keys(failed, "stay") + " different after all attempts. Does the datastore apply and answer repairs?",
                "trueup repairs");
        Map<String, Long> person = sum(partitions, PartitionStatus::needsPerson);
        add(
                needs,
                total(person),
                keys(total(person), "need") + " a person, and stay different until then: " + counts(person) + ".",
                "trueup conflicts");
        for (Map.Entry<String, Long> wait : waitCounts(partitions).entrySet()) {
            add(
                    needs,
                    wait.getValue(),
                    keys(wait.getValue(), "wait") + " for a proof: " + wait.getKey() + ".",
                    "trueup history");
        }
        for (String replica : owners(partition -> partition.owners().silent())) {
            needs.add(new Need(
                    "Nothing is heard of " + replica + ". Does its reconciler run, with this control topic?", ""));
        }
        for (String replica : owners(partition -> partition.owners().disagreeing())) {
            needs.add(new Need(
                    "The settings of " + replica + " differ: it is not compared. Compare the configurations.",
                    "trueup config -c FILE"));
        }
        for (ReplicaStatus replica : replicas) {
            add(
                    needs,
                    replica.malformed(),
                    number(replica.malformed()) + (replica.malformed() == 1 ? " record" : " records") + " that "
                            + replica.name() + " has read are in the dead-letter topic, with the reason.",
                    "");
        }
        return needs;
    }

    private static void add(List<Need> needs, long count, String text, String command) {
        if (count > 0) {
            needs.add(new Need(text, command));
        }
    }

    private Set<String> owners(Function<PartitionStatus, Set<String>> names) {
        Set<String> all = new TreeSet<>();
        partitions.stream()
                .filter(partition -> partition.state() != State.EQUAL)
                .forEach(partition -> all.addAll(names.apply(partition)));
        return all;
    }

    private static Map<String, Long> waitCounts(List<PartitionStatus> partitions) {
        Map<String, Long> counts = new TreeMap<>();
        partitions.stream()
                .flatMap(partition -> partition.waits().stream())
                .forEach(wait -> counts.merge(wait.target() + ' ' + wait.reason(), wait.keys(), Long::sum));
        return counts;
    }

    private String waits(List<PartitionStatus> worst) {
        long sinceMs = worst.stream()
                .flatMap(partition -> partition.waits().stream())
                .mapToLong(PartitionStatus.Wait::sinceMs)
                .min()
                .orElse(nowMs);
        return String.join(", ", waitCounts(worst).keySet()) + " since " + time(sinceMs);
    }

    private static String names(List<PartitionStatus> partitions, Function<PartitionStatus, Set<String>> names) {
        return partitions.stream()
                .flatMap(partition -> names.apply(partition).stream())
                .distinct()
                .sorted()
                .collect(Collectors.joining(", "));
    }

    private static Map<String, Long> sum(
            List<PartitionStatus> partitions, Function<PartitionStatus, Map<String, Long>> counts) {
        Map<String, Long> sum = new TreeMap<>();
        partitions.forEach(
                partition -> counts.apply(partition).forEach((name, count) -> sum.merge(name, count, Long::sum)));
        return sum;
    }

    private static long total(Map<String, Long> counts) {
        return counts.values().stream().mapToLong(Long::longValue).sum();
    }

    private static String counts(Map<String, Long> counts) {
        return counts.entrySet().stream()
                .map(count -> count.getKey() + ' ' + number(count.getValue()))
                .collect(Collectors.joining(", "));
    }

    private static String targets(Map<String, Long> counts) {
        return counts.entrySet().stream()
                .map(count -> "about " + number(count.getValue()) + " keys of " + count.getKey())
                .collect(Collectors.joining(", "));
    }

    private static String in(List<PartitionStatus> partitions) {
        return partitions.size() == 1
                ? " in partition " + partitions.get(0).partition()
                : " in " + partitions.size() + " partitions";
    }

    private static String keys(long count) {
        return number(count) + (count == 1 ? " key" : " keys");
    }

    private static String keys(long count, String verb) {
        return keys(count) + ' ' + verb + (count == 1 ? "s" : "");
    }

    private static String number(long number) {
        return String.format(Locale.ROOT, "%,d", number).replace(',', ' ');
    }

    private static String time(long ms) {
        return Instant.ofEpochMilli(ms).truncatedTo(ChronoUnit.SECONDS).toString();
    }

    /** A time span in words: {@code 12 s}, {@code 4 min 10 s}, {@code 3 h 5 min}. */
    public static String age(Duration age) {
        if (age.toMinutes() == 0) {
            return age.toSeconds() + " s";
        }
        return age.toHours() == 0
                ? age.toMinutes() + " min " + age.toSecondsPart() + " s"
                : age.toHours() + " h " + age.toMinutesPart() + " min";
    }

    private String age(long ms) {
        return age(Duration.ofMillis(Math.max(0, nowMs - ms)));
    }
}
