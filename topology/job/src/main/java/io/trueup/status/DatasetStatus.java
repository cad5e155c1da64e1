package io.trueup.status;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * Whether the replicas of a dataset are equal, since when, and what a person must do. Immutable.
 *
 * @param dataset the dataset
 * @param nowMs the time of the status, in milliseconds since the epoch
 * @param observing whether nothing is repaired, by configuration
 * @param replicas the replicas, in order of name
 * @param partitions the partitions with more than one owner, in order
 * @param leftOut what the status does not cover
 */
public record DatasetStatus(
        String dataset,
        long nowMs,
        boolean observing,
        List<ReplicaStatus> replicas,
        List<PartitionStatus> partitions,
        LeftOut leftOut) {

    /**
     * What the status does not cover.
     *
     * @param singleOwner how many partitions have one owner, and are therefore not compared
     * @param ahead replicas with reports of cuts that are not over by the clock of this process
     * @param unread how many authentic reports could not be read
     * @param unreadExamples some of them, with place and reason
     */
    public record LeftOut(int singleOwner, List<Ahead> ahead, long unread, List<String> unreadExamples) {}

    /**
     * A replica whose clock is ahead of the one of this process.
     *
     * @param replica its name
     * @param reports how many of its reports were left out
     * @param byMs by how much the clocks are apart, at least
     */
    public record Ahead(String replica, long reports, long byMs) {

        Ahead and(Ahead more) {
            return new Ahead(replica, reports + more.reports, Math.max(byMs, more.byMs));
        }
    }

    /**
     * Something that a person should do or know.
     *
     * @param text what, and what happens otherwise
     * @param command the command for it; empty if there is none
     */
    public record Need(String text, String command) {}

    /**
     * A replica whose repairs a person has paused. A command may have reached some partitions alone.
     *
     * @param sinceMs the time of the latest command, in milliseconds since the epoch
     * @param partitions in how many partitions the latest reports say so
     * @param of how many partitions of the status the replica owns
     */
    public record Paused(long sinceMs, int partitions, int of) {

        /** Whether the pause is not known to hold in all partitions. */
        public boolean isPartial() {
            return partitions < of;
        }

        private Paused and(Paused more) {
            return new Paused(Math.max(sinceMs, more.sinceMs), partitions + more.partitions, of);
        }
    }

    /** The state of the partition that is worst. */
    public State state() {
        return states().first();
    }

    /** The states of all partitions, the worst first. */
    public SortedSet<State> states() {
        SortedSet<State> states = new TreeSet<>();
        partitions.forEach(partition -> states.addAll(partition.states()));
        if (states.isEmpty()) {
            states.add(State.UNKNOWN);
        }
        return states;
    }

    /** Whether some replicas are known to differ, whatever else is unknown. */
    public boolean isDifferent() {
        return states().stream().anyMatch(State::isDifferent);
    }

    /** The partitions in a state. */
    public List<PartitionStatus> in(State state) {
        return partitions.stream()
                .filter(partition -> partition.states().contains(state))
                .toList();
    }

    /** The status in one sentence, or two; and whether repairs are paused, or rest in a maintenance window. */
    public String sentence() {
        Sentences sentences = new Sentences(this);
        return sentences.of(state()) + sentences.paused() + sentences.windows();
    }

    /** The replicas whose repairs a person has paused, by name. */
    public Map<String, Paused> paused() {
        Map<String, Paused> paused = new TreeMap<>();
        partitions.forEach(partition -> partition
                .repairs()
                .pausedSinceMs()
                .forEach(
                        (replica, ms) -> paused.merge(replica, new Paused(ms, 1, partitionsOf(replica)), Paused::and)));
        return Collections.unmodifiableMap(paused);
    }

    /** The replicas for which a maintenance window is open, by name. */
    public Map<String, PartitionStatus.Window> windows() {
        Map<String, PartitionStatus.Window> windows = new TreeMap<>();
        partitions.forEach(partition -> partition
                .repairs()
                .windows()
                .forEach((replica, window) -> windows.merge(replica, window, PartitionStatus.Window::or)));
        return Collections.unmodifiableMap(windows);
    }

    private int partitionsOf(String replica) {
        return (int) partitions.stream()
                .filter(partition -> partition.owners().all().contains(replica))
                .count();
    }

    /** The other states, and what is not compared, in a few words each. */
    public List<String> chips() {
        return new Sentences(this).chips();
    }

    /** What a person should do or know, the worst first. */
    public List<Need> needs() {
        List<Need> needs = new ArrayList<>();
        sum(partitions, partition -> partition.repairs().heldBack())
                .forEach((target, count) -> add(
                        needs,
                        count,
                        "About " + Words.count(count, "repair") + " of " + target + (count == 1 ? " is" : " are")
                                + " held back. Look for the reason: a wrong topic, another partitioner, a lost database."
                                + " If they are right, approve them.",
                        "trueup approve --target " + target));
        paused().forEach((replica, paused) -> needs.add(new Need(
                "Repairs of " + replica + " are paused since " + Words.time(paused.sinceMs())
                        + (paused.isPartial() ? ", " + Words.in(paused) : "")
                        + ". What differs there stays different until they are resumed."
                        + (paused.isPartial()
                                ? " In the other partitions repairs are sent: pause again if that is not meant."
                                : ""),
                "trueup resume --replica " + replica)));
        List<PartitionStatus> failing = in(State.FAILING);
        long failed = failing.stream()
                .mapToLong(partition -> partition.repairs().failed())
                .sum();
        add(
                needs,
                failed,
                Words.count(failed, Words.differences(failing), "stay")
                        + " after all attempts. Does the datastore apply and answer repairs?",
                "trueup repairs");
        Map<String, Long> person = sum(partitions, PartitionStatus::needsPerson);
        add(
                needs,
                total(person),
                Words.count(total(person), "key", "need") + " a person, and stay different until then: "
                        + Words.counts(person) + ".",
                "trueup conflicts");
        waitCounts(partitions)
                .forEach((wait, count) -> add(
                        needs,
                        count,
                        Words.count(count, "key", "wait") + " for a proof: " + wait + ".",
                        "trueup history"));
        for (String replica : owners(partition -> partition.owners().silent())) {
            needs.add(new Need(
                    "Nothing is heard of " + replica + ". Does its reconciler run, with this control topic?", ""));
        }
        for (String replica : owners(partition -> partition.owners().disagreeing())) {
            needs.add(new Need(
                    "The settings of " + replica + " differ: it is not compared. Compare the configurations.",
                    "trueup config -c FILE"));
        }
        for (Ahead replica : leftOut.ahead()) {
            needs.add(new Need(
                    replica.replica() + " reports cuts ahead of the clock of this machine, by "
                            + Words.age(replica.byMs())
                            + " or more: " + Words.count(replica.reports(), "report")
                            + " ignored. Compare the clocks of the two machines.",
                    ""));
        }
        add(
                needs,
                leftOut.unread(),
                Words.count(leftOut.unread(), "report") + " cannot be read, such as "
                        + String.join(
                                "", leftOut.unreadExamples().stream().limit(1).toList())
                        + ". A job of a later version may write them: use the command of that version.",
                "");
        for (ReplicaStatus replica : replicas) {
            add(
                    needs,
                    replica.malformed(),
                    Words.count(replica.malformed(), "record") + " that " + replica.name() + " has read "
                            + (replica.malformed() == 1 ? "is" : "are") + " in the dead-letter topic, with the reason.",
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

    static Map<String, Long> waitCounts(List<PartitionStatus> partitions) {
        Map<String, Long> counts = new TreeMap<>();
        partitions.stream()
                .flatMap(partition -> partition.waits().stream())
                .forEach(wait -> counts.merge(wait.target() + ' ' + wait.reason(), wait.keys(), Long::sum));
        return counts;
    }

    static Map<String, Long> sum(
            List<PartitionStatus> partitions, Function<PartitionStatus, Map<String, Long>> counts) {
        Map<String, Long> sum = new TreeMap<>();
        partitions.forEach(
                partition -> counts.apply(partition).forEach((name, count) -> sum.merge(name, count, Long::sum)));
        return Collections.unmodifiableMap(sum);
    }

    static long total(Map<String, Long> counts) {
        return counts.values().stream().mapToLong(Long::longValue).sum();
    }

    /** A time span in words: {@code 12 s}, {@code 4 min 10 s}, {@code 3 h 5 min}. */
    public static String age(Duration age) {
        return Words.age(age);
    }
}
