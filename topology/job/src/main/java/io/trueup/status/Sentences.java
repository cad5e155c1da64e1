package io.trueup.status;

import static io.trueup.status.DatasetStatus.sum;
import static io.trueup.status.DatasetStatus.total;

import io.trueup.status.PartitionStatus.Lag;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The sentence of each state of a dataset. */
final class Sentences {

    private final DatasetStatus status;

    Sentences(DatasetStatus status) {
        this.status = status;
    }

    String of(State state) {
        List<PartitionStatus> concerned = status.in(state);
        return switch (state) {
            case UNKNOWN -> unknown(concerned);
            case HELD_BACK -> heldBack(concerned);
            case FAILING -> failing(concerned);
            case NEEDS_PERSON ->
                Words.count(total(sum(concerned, PartitionStatus::needsPerson)), "key", "need") + " a person"
                        + Words.in(concerned) + ": " + Words.counts(sum(concerned, PartitionStatus::needsPerson))
                        + ".";
            case WAITING_FOR_PROOF -> waiting(concerned);
            case REBUILDING -> rebuilding(concerned);
            case DIFFERENT -> different(concerned);
            case LAGGING -> lagging(concerned);
            case EQUAL -> equal(concerned);
        };
    }

    /** That repairs are paused, and since when; empty if they are not. */
    String paused() {
        Map<String, DatasetStatus.Paused> paused = status.paused();
        String names = paused.entrySet().stream()
                .map(one -> one.getKey() + (one.getValue().isPartial() ? " (" + Words.in(one.getValue()) + ")" : ""))
                .collect(Collectors.joining(", "));
        return paused.values().stream()
                .map(DatasetStatus.Paused::sinceMs)
                .min(Comparator.naturalOrder())
                .map(ms -> " Repairs of " + names + " are paused since " + Words.time(ms) + ".")
                .orElse("");
    }

    /** For which replicas a maintenance window is open, and until when; empty if there is none. */
    String windows() {
        StringBuilder text = new StringBuilder();
        status.windows()
                .forEach((replica, window) -> text.append(" In a maintenance window until ")
                        .append(Words.time(window.untilMs()))
                        .append(window.perSecond() == 0 ? ", no repairs are sent to " : ", repairs are sent to ")
                        .append(replica)
                        .append(window.perSecond() == 0 ? "." : " at " + window.perSecond() + " per second at most."));
        return text.toString();
    }

    /** All states but the first, with the number of partitions, and what is left out. */
    List<String> chips() {
        List<String> chips = new ArrayList<>();
        status.states().stream()
                .skip(1)
                .filter(state -> state != State.DIFFERENT || someOnlyDiffer())
                .map(state -> Words.count(status.in(state).size(), "partition") + ' ' + words(state))
                .forEach(chips::add);
        for (DatasetStatus.Ahead replica : status.leftOut().ahead()) {
            chips.add(replica.replica() + " ahead of this clock by " + Words.age(replica.byMs()) + " or more");
        }
        if (status.leftOut().unread() > 0) {
            chips.add(Words.count(status.leftOut().unread(), "report") + " not readable");
        }
        if (status.leftOut().singleOwner() > 0) {
            chips.add(notCompared());
        }
        return chips;
    }

    /** Whether a partition differs, and no worse state says so. */
    private boolean someOnlyDiffer() {
        return status.in(State.DIFFERENT).stream()
                .anyMatch(partition -> partition.states().stream()
                        .noneMatch(state -> state != State.DIFFERENT && state.isDifferent()));
    }

    private static String words(State state) {
        return state.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    private String notCompared() {
        int single = status.leftOut().singleOwner();
        return "not compared: " + Words.count(single, "partition") + (single == 1 ? " has" : " have") + " one owner";
    }

    private String equal(List<PartitionStatus> equal) {
        long equalMs = equal.stream()
                .mapToLong(partition -> partition.cuts().equalMs().orElseThrow())
                .min()
                .orElseThrow();
        long keys = equal.stream().mapToLong(PartitionStatus::entries).sum();
        Set<String> replicas = new TreeSet<>();
        Set<Integer> copies = new TreeSet<>();
        equal.forEach(partition -> {
            replicas.addAll(partition.owners().all());
            copies.add(partition.owners().all().size());
        });
        return "All " + replicas.size() + " replicas are equal as of " + Words.time(equalMs) + ", "
                + Words.age(status.nowMs() - equalMs) + " ago: " + equal.size() + " of "
                + Words.count(equal.size() + status.leftOut().singleOwner(), "partition") + ", "
                + (copies.size() == 1 ? copies.iterator().next() + " × " : "") + Words.keys(keys) + ".";
    }

    private String unknown(List<PartitionStatus> unknown) {
        if (status.partitions().isEmpty()) {
            return "Unknown: no partition has more than one owner, so there is nothing to compare.";
        }
        if (unknown.size() == status.partitions().size()
                && unknown.stream()
                        .allMatch(partition -> partition.cuts().reportedMs().isEmpty())) {
            return "Unknown: the rounds topic has no report of late" + andLeftOut() + ". Is the job running?";
        }
        Set<String> disagreeing = all(unknown, partition -> partition.owners().disagreeing());
        long rounds = unknown.stream()
                .mapToLong(partition -> partition.cuts().withoutComparison())
                .max()
                .orElse(0);
        return "Unknown: " + unknown.size() + " of "
                + Words.count(status.partitions().size(), "partition")
                + (unknown.size() == 1 ? " is" : " are") + " not known to be equal"
                + (rounds > 1 ? ", without a comparison for " + rounds + " rounds" : "") + andLeftOut() + "."
                + silent(unknown) + differed(unknown)
                + (disagreeing.isEmpty() ? "" : " The settings of " + String.join(", ", disagreeing) + " differ.");
    }

    /** What could show more, and is left out. */
    private String andLeftOut() {
        List<String> reasons = new ArrayList<>();
        if (!status.leftOut().ahead().isEmpty()) {
            reasons.add(status.leftOut().ahead().stream()
                            .map(DatasetStatus.Ahead::replica)
                            .collect(Collectors.joining(", "))
                    + " reports cuts ahead of the clock of this machine");
        }
        if (status.leftOut().unread() > 0) {
            long unread = status.leftOut().unread();
            reasons.add(Words.count(unread, "report") + " cannot be read");
        }
        return reasons.isEmpty() ? "" : "; " + String.join(", and ", reasons);
    }

    /** When each silent replica was last heard, in the partition for which that is longest ago. */
    private static String silent(List<PartitionStatus> partitions) {
        Map<String, OptionalLong> heardMs = new TreeMap<>();
        BinaryOperator<OptionalLong> earlier =
                (a, b) -> a.isEmpty() || b.isEmpty() ? OptionalLong.empty() : a.getAsLong() < b.getAsLong() ? a : b;
        for (PartitionStatus partition : partitions) {
            for (String replica : partition.owners().silent()) {
                Long heard = partition.owners().lastHeardMs().get(replica);
                heardMs.merge(replica, heard == null ? OptionalLong.empty() : OptionalLong.of(heard), earlier);
            }
        }
        StringBuilder text = new StringBuilder();
        heardMs.forEach((replica, ms) -> text.append(
                ms.isEmpty()
                        ? " Nothing is heard of " + replica + "."
                        : " Nothing is heard of " + replica + " since " + Words.time(ms.getAsLong()) + "."));
        return text.toString();
    }

    /** A difference that is no longer reported, and not refuted either. */
    private static String differed(List<PartitionStatus> partitions) {
        List<PartitionStatus> differed = partitions.stream()
                .filter(partition -> partition.cuts().differentMs().isPresent())
                .toList();
        return differed.stream()
                .max(Comparator.comparingLong(
                        partition -> partition.cuts().differentMs().getAsLong()))
                .map(latest -> " Replicas differed at "
                        + Words.time(latest.cuts().differentMs().getAsLong()) + Words.in(differed)
                        + ", and no report shows that they are equal since.")
                .orElse("");
    }

    private String heldBack(List<PartitionStatus> held) {
        Map<String, Long> targets = sum(held, partition -> partition.repairs().heldBack());
        return "Held back: repairing "
                + targets.entrySet().stream().map(this::heldBack).collect(Collectors.joining(", "))
                + ". Nothing is sent to " + (targets.size() == 1 ? "it" : "them") + " until a person decides.";
    }

    private String heldBack(Map.Entry<String, Long> target) {
        long entries = status.partitions().stream()
                .filter(partition -> partition.owners().all().contains(target.getKey()))
                .mapToLong(PartitionStatus::entries)
                .sum();
        long count = target.getValue();
        return target.getKey() + " would change about "
                + (entries >= count && count > 0
                        ? percent(count, entries) + " of its keys (" + Words.number(count) + " of "
                                + Words.number(entries) + ")"
                        : Words.keys(count));
    }

    private static String percent(long count, long of) {
        long percent = Math.round(100.0 * count / of);
        return percent == 0 ? "less than 1 %" : percent + " %";
    }

    private static String failing(List<PartitionStatus> failing) {
        long failed = failing.stream()
                .mapToLong(partition -> partition.repairs().failed())
                .sum();
        Map<String, Long> sent = sum(failing, partition -> partition.repairs().sent());
        return Words.count(failed, Words.differences(failing), "stay") + " after all attempts to repair them"
                + Words.in(failing) + ": " + repairs(failing, sent) + ".";
    }

    private String waiting(List<PartitionStatus> waiting) {
        List<PartitionStatus.Wait> waits = waiting.stream()
                .flatMap(partition -> partition.waits().stream())
                .toList();
        long keys = waits.stream().mapToLong(PartitionStatus.Wait::keys).sum();
        long sinceMs =
                waits.stream().mapToLong(PartitionStatus.Wait::sinceMs).min().orElse(status.nowMs());
        String until = waits.stream()
                .flatMapToLong(wait -> wait.untilMs().stream())
                .filter(ms -> ms > status.nowMs())
                .boxed()
                .min(Comparator.naturalOrder())
                .map(ms -> "; from " + Words.time(ms) + " on, those with NOT_SEEN need a person")
                .orElse("");
        return Words.count(keys, Words.differences(waiting), "wait") + " for a proof" + Words.in(waiting) + ": "
                + String.join(", ", DatasetStatus.waitCounts(waiting).keySet()) + " since " + Words.time(sinceMs)
                + until + ".";
    }

    private static String rebuilding(List<PartitionStatus> rebuilding) {
        return Words.names(all(rebuilding, partition -> partition.owners().rebuilding()), "builds its", "build their")
                + " state again" + Words.in(rebuilding) + ". What is missing there counts for nothing until then.";
    }

    private String different(List<PartitionStatus> different) {
        String differ = differ(different)
                + different.stream()
                        .flatMapToLong(partition -> partition.cuts().differentSinceMs().stream())
                        .boxed()
                        .min(Comparator.naturalOrder())
                        .map(ms -> " since " + Words.time(ms))
                        .orElse("");
        Map<String, Long> sent = sum(different, partition -> partition.repairs().sent());
        return status.observing()
                ? "Observing: " + differ + ", and nothing is repaired."
                : differ + ". " + repairs(different, sent) + ".";
    }

    /** Which replicas differ in how many keys, as far as the reports show it: a hash shows that keys differ, and not which. */
    private static String differ(List<PartitionStatus> different) {
        long differences =
                total(sum(different, partition -> partition.differences().byKind()));
        if (differences == 0) {
            return "Replicas differ" + Words.in(different);
        }
        boolean allNamed = different.stream()
                .allMatch(partition -> partition.differences().keys().isPresent()
                        && !partition.differences().targets().isEmpty());
        boolean keysKnown = different.stream()
                .allMatch(partition -> partition.differences().keys().isPresent());
        long keys = different.stream()
                .mapToLong(partition -> partition.differences().keys().orElse(0))
                .sum();
        if (allNamed) {
            return Words.names(
                            all(different, partition -> partition.differences().targets()), "differs", "differ")
                    + " in " + Words.keys(keys) + Words.in(different);
        }
        return keysKnown
                ? Words.count(keys, "key", "differ") + Words.in(different)
                : Words.count(differences, "difference") + Words.in(different)
                        + " (a key counts for each replica that differs)";
    }

    private static String repairs(List<PartitionStatus> partitions, Map<String, Long> sent) {
        long verified = partitions.stream()
                .mapToLong(partition -> partition.repairs().verified())
                .sum();
        long declined = partitions.stream()
                .mapToLong(partition -> partition.repairs().declined())
                .sum();
        return Words.count(total(sent), "repair") + " sent"
                + (sent.isEmpty() ? "" : " (" + Words.counts(sent) + ")") + ", " + Words.number(verified) + " verified"
                + (declined == 0 ? "" : ", " + Words.number(declined) + " declined");
    }

    private String lagging(List<PartitionStatus> lagging) {
        Map<String, List<Lag>> byReplica = lagging.stream()
                .flatMap(partition -> partition.owners().lags().stream())
                .collect(Collectors.groupingBy(Lag::replica, TreeMap::new, Collectors.toList()));
        if (byReplica.isEmpty()) {
            return String.join(
                            ", ", all(lagging, partition -> partition.owners().apart()))
                    + " are too far apart to be compared" + Words.in(lagging)
                    + ": one of them lags behind, and the reports do not show which.";
        }
        return byReplica.entrySet().stream()
                .map(replica -> lagging(replica.getKey(), replica.getValue(), lagging))
                .collect(Collectors.joining(" "));
    }

    private String lagging(String replica, List<Lag> lags, List<PartitionStatus> partitions) {
        long behindMs = lags.stream().mapToLong(Lag::behindMs).max().orElseThrow();
        long malformed = lags.stream().mapToLong(Lag::malformed).sum();
        List<PartitionStatus> its = partitions.stream()
                .filter(partition -> partition.owners().lags().stream()
                        .anyMatch(lag -> lag.replica().equals(replica)))
                .toList();
        String behind = replica + " is " + Words.age(behindMs) + " behind" + Words.in(its);
        if (lags.stream().anyMatch(Lag::stands)) {
            return behind + ", and does not catch up by itself: its write events cannot be read, "
                    + Words.number(malformed) + " so far. They are in the dead-letter topic, with the reason.";
        }
        if (malformed > 0) {
            return behind + ", and may not catch up by itself: " + Words.count(malformed, "record")
                    + " could not be read, and " + (malformed == 1 ? "is" : "are")
                    + " in the dead-letter topic, with the reason.";
        }
        return behind + ", and is expected to catch up by itself" + repairsFrom(lags) + ".";
    }

    private String repairsFrom(List<Lag> lags) {
        if (status.observing()) {
            return "";
        }
        return lags.stream()
                .flatMapToLong(lag -> lag.comparedFromMs().stream())
                .filter(ms -> ms > status.nowMs())
                .boxed()
                .min(Comparator.naturalOrder())
                .map(ms -> "; repairs start at about " + Words.time(ms))
                .orElse("");
    }

    private static Set<String> all(
            Collection<PartitionStatus> partitions, Function<PartitionStatus, Set<String>> names) {
        Set<String> all = new TreeSet<>();
        partitions.forEach(partition -> all.addAll(names.apply(partition)));
        return all;
    }
}
