package io.trueup.simulation;

import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.rule.Divergence;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * Runs schedules twice, once with trees alone and once with sketches, and compares what both find: each repair and each conflict, in each
 * round. No repair arrives, so that both runs have the same writes and the same faults; reconcilers neither fail nor fall behind, and
 * control messages neither get lost nor are they late. Once a finding of a key differs, its later ones may: then other suppliers have
 * their turn. So the key is not compared any further. What may differ:
 *
 * <ul>
 *   <li>A write event of the key is appended between the cut and the end of its round. Entries are sent as they are when they are asked
 *       for, and that is sooner with sketches.
 *   <li>The same in an earlier round. With trees, a segment is sent because of another key: what was written there since the cut is seen,
 *       and remembered as a hot key, though nothing is found yet.
 *   <li>The key is missing somewhere, or was in an earlier round. With trees, segments in which a replica holds nothing are not exchanged:
 *       the others fill them, each by what it has heard by then, and not while they differ from each other there. So the suppliers have
 *       other turns. A person may be asked about its absence, too: with trees, a delete of another key counts as not carried out
 *       for as long as anything differs in its segment; a sketch shows that it is.
 *   <li>A person's choices take effect at other times, and the load that is drawn afterwards is another one. An approval that falls into an
 *       exchange takes effect in that round or in the next one; that counts as a difference all the same (seed 59001440 with 3 symbols).
 * </ul>
 */
final class BothExchanges {

    private static final Message.Entries ENTRIES = new Message.Entries(List.of(), List.of());

    private long keys;
    private long findings;
    private long writtenMeanwhile;
    private long writtenBefore;
    private long missing;
    private long otherLoad;
    private final List<String> differences = new ArrayList<>();

    /**
     * Faults without which every round is one of all owners that has time to end, and without cuts that are not those of rounds. A replica
     * that loses everything in the midst of a round has been heard with sketches, and has not with trees (seed 55000221).
     */
    private static Set<Fault> leftOut() {
        EnumSet<Fault> faults = EnumSet.of(Fault.PROBE, Fault.DISK_LOST);
        for (Fault fault : Fault.values()) {
            if (fault.kind == Fault.Kind.CONTROL || fault.kind == Fault.Kind.RECONCILER) {
                faults.add(fault);
            }
        }
        return faults;
    }

    /** Compares the schedules of consecutive seeds. */
    static BothExchanges of(long first, long count, int symbols) {
        BothExchanges both = new BothExchanges();
        LongStream.range(first, first + count).parallel().forEach(seed -> both.compare(seed, symbols));
        return both;
    }

    /** Keys of which something was found. */
    long keys() {
        return keys;
    }

    /** Repairs and conflicts that are the same. */
    long findings() {
        return findings;
    }

    /** What is not the same. */
    List<String> differences() {
        return differences;
    }

    private void compare(long seed, int symbols) {
        Changes changes = Changes.NONE.symbols(0);
        for (Fault fault : leftOut()) {
            changes = changes.without(fault);
        }
        Plan plan = Plan.draw(seed, changes);
        boolean knowsSketches = plan.replicas().stream().allMatch(replica -> plan.knows(replica, ENTRIES));
        if (isBounded(plan) || !knowsSketches) { // without an answer, keys are judged at the deadline
            return;
        }
        Trace trees = run(plan);
        Trace sketches = run(Plan.draw(seed, changes.symbols(symbols)));
        TreeSet<String> found = new TreeSet<>(trees.findings().keySet());
        found.addAll(sketches.findings().keySet());
        for (String key : found) {
            compare(seed, plan, key, trees, sketches);
        }
    }

    /** Which segments and keys a bounded round compares depends on the exchange. */
    private static boolean isBounded(Plan plan) {
        return plan.settings().limits().maxEntriesPerRound() < plan.keys()
                || plan.settings().limits().maxSegmentsPerRound()
                        < 1 << plan.settings().shape().segmentBits()
                || plan.settings().limits().repairsPerRound() < plan.keys()
                || plan.roundMemory() < Long.MAX_VALUE;
    }

    private static Trace run(Plan plan) {
        Trace trace = Trace.isolated();
        try {
            Simulation.run(plan, trace);
        } catch (Violation e) {
            requireUnrepaired(e);
        }
        return trace;
    }

    /** Since no repair arrives, schedules end with keys that are not repaired. */
    private static void requireUnrepaired(Violation e) {
        if (!e.getMessage().contains("not repaired within")) {
            throw e;
        }
    }

    private synchronized void compare(long seed, Plan plan, String key, Trace trees, Trace sketches) {
        TreeMap<Long, TreeSet<String>> ofTrees = trees.findings().getOrDefault(key, new TreeMap<>());
        TreeMap<Long, TreeSet<String>> ofSketches = sketches.findings().getOrDefault(key, new TreeMap<>());
        TreeSet<Long> cuts = new TreeSet<>(ofTrees.keySet());
        cuts.addAll(ofSketches.keySet());
        keys++;
        for (long cutMs : cuts) {
            TreeSet<String> there = ofTrees.getOrDefault(cutMs, new TreeSet<>());
            TreeSet<String> here = ofSketches.getOrDefault(cutMs, new TreeSet<>());
            if (!there.equals(here)) {
                differs(seed, plan, key, cutMs, there, here, trees, sketches);
                return;
            }
            findings += there.size();
        }
    }

    private void differs(
            long seed,
            Plan plan,
            String key,
            long cutMs,
            TreeSet<String> ofTrees,
            TreeSet<String> ofSketches,
            Trace trees,
            Trace sketches) {
        long endMs = cutMs
                + plan.settings().times().graceMs()
                + plan.settings().times().intervalMs();
        long firstMs = plan.settings().times().intervalMs();
        if (!trees.appendedBefore(key, endMs).equals(sketches.appendedBefore(key, endMs))) {
            otherLoad++;
        } else if (trees.isAppended(key, cutMs, endMs)) {
            writtenMeanwhile++;
        } else if (onlyOne(ofTrees, ofSketches).allMatch(BothExchanges::isMissing)
                || isMissingBefore(trees, key, cutMs)
                || isMissingBefore(sketches, key, cutMs)) {
            missing++;
        } else if (trees.isAppended(key, Timeline.START_MS + firstMs, endMs)) {
            writtenBefore++;
        } else {
            differences.add(String.format(
                    Locale.ROOT,
                    "seed %d, cut %s, %s: trees %s, sketches %s",
                    seed,
                    Trace.seconds(cutMs),
                    key,
                    ofTrees,
                    ofSketches));
        }
    }

    /** What one of two sets contains alone. */
    private static Stream<String> onlyOne(Set<String> one, Set<String> other) {
        return Stream.concat(
                one.stream().filter(finding -> !other.contains(finding)),
                other.stream().filter(finding -> !one.contains(finding)));
    }

    private static boolean isMissing(String finding) {
        return finding.startsWith(Divergence.MISSING.name());
    }

    private static boolean isMissingBefore(Trace trace, String key, long cutMs) {
        return trace.findings().getOrDefault(key, new TreeMap<>()).headMap(cutMs).values().stream()
                .flatMap(Set::stream)
                .anyMatch(BothExchanges::isMissing);
    }

    /** Keys that were not compared to the end, because something differs that may. */
    long leftOff() {
        return writtenMeanwhile + writtenBefore + missing + otherLoad;
    }

    @Override
    public String toString() {
        return findings + " findings of " + keys + " keys are the same, " + differences.size()
                + " differ; keys not compared to the end: " + writtenMeanwhile + " that were written meanwhile, "
                + writtenBefore + " that were written in an earlier round, " + missing
                + " that were missing somewhere, " + otherLoad
                + " with another load";
    }

    /** Arguments: number of schedules, first seed, and how many symbols are kept. */
    public static void main(String[] arguments) {
        BothExchanges both =
                of(Long.parseLong(arguments[1]), Long.parseLong(arguments[0]), Integer.parseInt(arguments[2]));
        both.differences.forEach(System.out::println);
        System.out.println(both);
    }
}
