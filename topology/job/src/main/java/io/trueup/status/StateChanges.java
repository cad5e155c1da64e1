package io.trueup.status;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What has changed from one status of a dataset to the next, a sentence each: nothing is said twice while it lasts. Not thread-safe.
 */
public final class StateChanges {

    private State state;
    private Set<String> silent = Set.of();
    private Map<String, Set<Integer>> heldBack = Map.of();
    private Map<String, Set<Integer>> paused = Map.of();
    private Set<String> inWindow = Set.of();

    /**
     * A change.
     *
     * @param warns whether a person should look at it
     */
    public record Change(boolean warns, String text) {}

    /**
     * The changes since the last call. The first call with a known state returns it, and what a person should look at; before, as after a
     * start, that nothing is known is no change.
     */
    public List<Change> to(DatasetStatus status) {
        if (state == null && status.state() == State.UNKNOWN) {
            return List.of();
        }
        List<Change> changes = new ArrayList<>();
        Set<String> nowSilent = names(status, partition -> partition.owners().silent());
        Map<String, Set<Integer>> nowHeldBack = partitions(
                status,
                heldBack,
                partition -> partition.repairs().heldBack().entrySet().stream()
                        .filter(held -> held.getValue() > 0)
                        .map(Map.Entry::getKey)
                        .toList());
        Map<String, Set<Integer>> nowPaused = partitions(
                status, paused, partition -> partition.repairs().pausedSinceMs().keySet());
        state(status, changes);
        begun(true, silent, nowSilent, "nothing is heard of ", "", changes);
        ended(silent, nowSilent, "", "heard again", changes);
        begun(
                true,
                heldBack.keySet(),
                nowHeldBack.keySet(),
                "repairs of ",
                " are held back by the flood guard",
                changes);
        ended(heldBack.keySet(), nowHeldBack.keySet(), "repairs of ", "no longer held back", changes);
        begun(true, paused.keySet(), nowPaused.keySet(), "repairs of ", " are paused", changes);
        ended(paused.keySet(), nowPaused.keySet(), "repairs of ", "resumed", changes);
        Set<String> nowInWindow = status.windows().keySet();
        begun(false, inWindow, nowInWindow, "a maintenance window is open for ", "", changes);
        ended(inWindow, nowInWindow, "the maintenance windows of ", "over", changes);
        inWindow = nowInWindow;
        silent = nowSilent;
        heldBack = nowHeldBack;
        paused = nowPaused;
        return changes;
    }

    private void state(DatasetStatus status, List<Change> changes) {
        State now = status.state();
        if (now == state) {
            return;
        }
        State before = state;
        state = now;
        String became = now == State.EQUAL && before != null && before.isDifferent() ? "recovered: " : "";
        changes.add(new Change(
                now != State.EQUAL && now != State.DIFFERENT && now != State.LAGGING, became + status.sentence()));
    }

    private static Set<String> names(
            DatasetStatus status, Function<PartitionStatus, ? extends Collection<String>> some) {
        return status.partitions().stream()
                .flatMap(partition -> some.apply(partition).stream())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /**
     * In which partitions something is so, by replica. Where nothing is reported of late it is as it was: that reports end does not show
     * that it has ended.
     */
    private static Map<String, Set<Integer>> partitions(
            DatasetStatus status,
            Map<String, Set<Integer>> before,
            Function<PartitionStatus, ? extends Collection<String>> some) {
        Map<String, Set<Integer>> partitions = new TreeMap<>();
        for (PartitionStatus partition : status.partitions()) {
            some.apply(partition).forEach(name -> add(partitions, name, partition));
            if (!partition.cuts().isReported()) {
                before.forEach((name, numbers) -> {
                    if (numbers.contains(partition.partition())) {
                        add(partitions, name, partition);
                    }
                });
            }
        }
        return partitions;
    }

    private static void add(Map<String, Set<Integer>> partitions, String name, PartitionStatus partition) {
        partitions.computeIfAbsent(name, n -> new TreeSet<>()).add(partition.partition());
    }

    private static void begun(
            boolean warns, Set<String> before, Set<String> now, String what, String how, List<Change> changes) {
        Set<String> begun = new TreeSet<>(now);
        begun.removeAll(before);
        if (!begun.isEmpty()) {
            changes.add(new Change(warns, what + String.join(", ", begun) + how));
        }
    }

    private static void ended(Set<String> before, Set<String> now, String what, String how, List<Change> changes) {
        Set<String> ended = new TreeSet<>(before);
        ended.removeAll(now);
        if (!ended.isEmpty()) {
            changes.add(new Change(
                    false,
                    what + String.join(", ", ended) + (what.isEmpty() && ended.size() == 1 ? " is " : " are ") + how));
        }
    }
}
