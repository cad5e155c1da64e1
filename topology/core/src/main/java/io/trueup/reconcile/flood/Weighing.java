package io.trueup.reconcile.flood;

import io.trueup.reconcile.flood.FloodTotals.Others;
import io.trueup.reconcile.settings.Settings;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Weighs what a round has found of a replica in this partition together with what the other partitions have found of it. Where
 * all partitions together could amount to a flood, it waits until the others have reported a round that is not older; for three
 * rounds at most, then it concludes from those that have reported. Not thread-safe.
 */
final class Weighing {

    private static final int MAX_ROUNDS = 3;
    private static final long NONE = Long.MIN_VALUE;

    /** What was weighed. */
    enum Result {
        /** No flood. */
        FEW,
        /** Too many divergences, here or in all partitions together. */
        FLOOD,
        /** The other partitions have not reported yet. */
        UNKNOWN
    }

    /**
     * What a round has found that may be part of a flood.
     *
     * @param divergences the most found so far
     * @param sinceMs cut of the round that found them
     * @param waitsFromMs cut of the first round that has waited for the other partitions; {@link #NONE} for none
     * @param decided whether these divergences were weighed with all that the other partitions had reported in time
     */
    private record Suspicion(long divergences, long sinceMs, long waitsFromMs, boolean decided) {}

    private final Settings settings;
    private final int partition;
    private final FloodTotals totals;
    private final Map<String, Suspicion> suspicions = new HashMap<>();
    /** Replicas of which this round has concluded without all other partitions, and what it had. */
    private final Map<String, Others> incomplete = new TreeMap<>();

    Weighing(Settings settings, int partition, FloodTotals totals) {
        this.settings = settings;
        this.partition = partition;
        this.totals = totals;
    }

    /**
     * Weighs what was found of a target.
     *
     * @param found its divergences in this partition
     * @param entries live entries of the larger of both sides
     * @param closed whether its repairs are held back: then few divergences count only once all other partitions have reported
     */
    Result weigh(String target, long found, long entries, long cutMs, boolean closed) {
        if (settings.limits().floodFraction() >= 1 || found == 0) {
            suspicions.remove(target);
            return Result.FEW;
        }
        if (isFlood((double) found, (double) entries)) {
            return Result.FLOOD;
        }
        Suspicion suspicion = suspicion(target, found, cutMs);
        long sinceMs = closed ? cutMs - settings.times().intervalMs() : suspicion.sinceMs();
        Others others = totals.others(target, partition, cutMs, sinceMs);
        boolean flood = isFloodInAll(found, entries, others);
        if (!flood && !closed && !couldBePartOfFlood(found, entries, others)) {
            suspicions.remove(target);
            return Result.FEW;
        }
        if (!others.complete() && (closed || isWaiting(suspicion, cutMs))) {
            long fromMs = suspicion.waitsFromMs() == NONE ? cutMs : suspicion.waitsFromMs();
            suspicions.put(target, new Suspicion(suspicion.divergences(), suspicion.sinceMs(), fromMs, false));
            return Result.UNKNOWN;
        }
        if (!others.complete()) {
            incomplete.put(target, others);
        }
        suspicions.put(target, new Suspicion(suspicion.divergences(), suspicion.sinceMs(), NONE, true));
        return flood ? Result.FLOOD : Result.FEW;
    }

    /** What was found of a target up to now. If this round has found more, the other partitions must report once more. */
    private Suspicion suspicion(String target, long found, long cutMs) {
        Suspicion before = suspicions.getOrDefault(target, new Suspicion(0, cutMs, NONE, false));
        return found > before.divergences() ? new Suspicion(found, cutMs, before.waitsFromMs(), false) : before;
    }

    private boolean isWaiting(Suspicion suspicion, long cutMs) {
        boolean patient = suspicion.waitsFromMs() == NONE
                || cutMs - suspicion.waitsFromMs()
                        < MAX_ROUNDS * settings.times().intervalMs();
        return !suspicion.decided() && patient;
    }

    /** The least number of keys to repair that is a flood, of a number of keys. */
    long minFlood(double keys) {
        return Math.max(
                settings.limits().floodMinKeys(), (long) (settings.limits().floodFraction() * keys) + 1);
    }

    private boolean isFlood(double found, double keys) {
        return found >= minFlood(keys);
    }

    /** Whether it would be a flood if the other partitions had lost as large a share. If not, all may be repaired at once. */
    private boolean couldBePartOfFlood(long found, long entries, Others others) {
        double partitions = others.partitions() + 1.0;
        return isFlood(found * partitions, entries * partitions);
    }

    /** Whether all partitions together have a flood; those that have not reported are taken to be like the rest. */
    private boolean isFloodInAll(long found, long entries, Others others) {
        double factor = (others.partitions() + 1.0) / (others.reported() + 1.0);
        return isFlood((found + others.divergences()) * factor, (entries + others.keys()) * factor);
    }

    /** The owners have changed. */
    void keepOnly(List<String> owners) {
        suspicions.keySet().retainAll(owners);
    }

    /** The decisions that were made without all other partitions since the last call, a sentence each. */
    List<String> takeNote() {
        List<String> notes = new ArrayList<>();
        incomplete.forEach(
                (target, others) -> notes.add("the flood guard decided on repairs of " + target + " by the reports of "
                        + (others.reported() + 1) + " of " + (others.partitions() + 1)
                        + " partitions, because the others have not reported for " + MAX_ROUNDS + " rounds"));
        incomplete.clear();
        return notes;
    }
}
