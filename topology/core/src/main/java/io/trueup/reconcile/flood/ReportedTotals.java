package io.trueup.reconcile.flood;

import io.trueup.reconcile.settings.Placement;
import io.trueup.reconcile.settings.Settings;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * The sums of what reconcilers report. Of several reports about a partition, the most divergences and the fewest keys count: no
 * report takes back another one. Reports are not signed: a forged one can close the guard, and it can open it if no other
 * reconciler reports the partition. A report counts for three intervals. Bounded by the number of partitions and replicas. Thread-safe.
 */
public final class ReportedTotals implements FloodTotals {

    private static final int COUNTS_FOR_INTERVALS = 3;
    /** How many intervals a report may be under way. */
    private static final int MAX_DELAY_INTERVALS = 2;

    private static final long MAX_COUNT = 1L << 40;

    private final Settings.Times times;
    private final int partitions;
    private final Map<Place, TreeMap<Long, Count>> reports = new HashMap<>();
    private Placement placement;

    private record Place(String target, int partition) {}

    private record Count(long divergences, long keys) {
        Count and(Count other) {
            return new Count(Math.max(divergences, other.divergences), Math.min(keys, other.keys));
        }
    }

    /** @param partitions partitions of the dataset */
    public ReportedTotals(Settings settings, int partitions) {
        this.times = settings.times();
        this.partitions = partitions;
        this.placement = settings.placement();
    }

    /** Changes the owners of partitions. */
    public synchronized void place(Placement changed) {
        placement = changed;
    }

    /**
     * Takes in what a reconciler has reported of one round. What cannot be true is ignored: a partition or an owner that does not
     * exist, a cut far from now.
     *
     * @param divergences for each replica that it has weighed, the keys that may be a sign of a mistake
     * @param keys live entries of the replica that holds most
     */
    public synchronized void reported(
            String reporter, int partition, long cutMs, Map<String, Long> divergences, long keys, long nowMs) {
        boolean isCut = Math.floorMod(cutMs + times.graceMs(), times.intervalMs()) == 0;
        if (partition < 0 || partition >= partitions || !isCut || !isTimely(cutMs, nowMs)) {
            return;
        }
        if (!placement.owners(partition).contains(reporter)) {
            return;
        }
        divergences.forEach((target, found) -> {
            // a replica does not see which keys it lacks where it holds nothing
            boolean sees = !target.equals(reporter) || found > 0;
            if (sees && placement.owners(partition).contains(target)) {
                TreeMap<Long, Count> ofTarget =
                        reports.computeIfAbsent(new Place(target, partition), place -> new TreeMap<>());
                ofTarget.merge(cutMs, new Count(bounded(found), bounded(keys)), Count::and);
                ofTarget.headMap(oldestMs(nowMs)).clear();
            }
        });
    }

    private boolean isTimely(long cutMs, long nowMs) {
        return cutMs >= oldestMs(nowMs) && cutMs <= nowMs + times.intervalMs();
    }

    private long oldestMs(long nowMs) {
        return nowMs - times.graceMs() - (COUNTS_FOR_INTERVALS + MAX_DELAY_INTERVALS) * times.intervalMs();
    }

    private static long bounded(long count) {
        return Math.max(0, Math.min(MAX_COUNT, count));
    }

    @Override
    public synchronized Others others(String target, int partition, long cutMs, long sinceMs) {
        long divergences = 0;
        long keys = 0;
        int reported = 0;
        int owned = 0;
        boolean complete = true;
        for (int other = 0; other < partitions; other++) {
            if (other == partition || !placement.owners(other).contains(target)) {
                continue;
            }
            owned++;
            NavigableMap<Long, Count> counting = counting(new Place(target, other), cutMs);
            if (counting.isEmpty()) {
                complete = false;
                continue;
            }
            reported++;
            complete &= counting.lastKey() >= sinceMs;
            Count count = counting.values().stream().reduce(Count::and).orElseThrow();
            divergences += count.divergences();
            keys += count.keys();
        }
        return new Others(divergences, keys, reported, owned, complete);
    }

    private NavigableMap<Long, Count> counting(Place place, long cutMs) {
        return reports.getOrDefault(place, new TreeMap<>())
                .subMap(cutMs - COUNTS_FOR_INTERVALS * times.intervalMs(), true, cutMs + times.intervalMs(), true);
    }
}
