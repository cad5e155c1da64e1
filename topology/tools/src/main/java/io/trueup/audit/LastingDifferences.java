package io.trueup.audit;

import io.trueup.reconcile.rule.Divergence;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.rule.SettledComparison;
import io.trueup.reconcile.rule.SettledComparison.Difference;
import io.trueup.reconcile.settings.Settings;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Distinguishes differences that have lasted from writes in flight. A difference of a replica has lasted if
 *
 * <ul>
 *   <li>the replicas have differed without a break since before the settle time, and
 *   <li>what the replica holds now loses against what the others held at the settle time. A replica that has caught up with
 *       that lacks newer writes only: so a key that is written all the time is in flight on a replica that follows closely, and
 *       differs on one that does not follow.
 * </ul>
 *
 * Where versions do not decide, a replica that has written the key since the settle time may be ahead of what the others held
 * then: its difference has not lasted. Immutable.
 */
final class LastingDifferences {

    private final SettledComparison comparison;
    private final RecordBound bound;
    private final boolean versionsDecide;

    /** @param owners the replicas that own the partition, in order of name */
    LastingDifferences(Settings settings, List<String> owners, RecordBound bound) {
        this.bound = bound;
        comparison = new SettledComparison(settings, owners);
        versionsDecide = settings.rules().newestWins() && !settings.rules().compareValues();
    }

    /**
     * What a replica holds for a key, without the value.
     *
     * @param now its entry at the moment of the audit; null where it holds nothing
     * @param then its entry at the settle time; null where it held nothing
     * @param sinceMs timestamp of the record by which its present entry came about; {@link Long#MIN_VALUE} if there is none
     */
    record Holding(EntrySummary now, EntrySummary then, long sinceMs) {}

    /** Whether all replicas hold the same now. */
    boolean equal(SortedMap<String, Holding> replicas) {
        return comparison.equal(bound.atMs(), now(replicas));
    }

    /** All differences, whether they have lasted or not. */
    List<Difference> all(SortedMap<String, Holding> replicas) {
        return comparison.differences(bound.atMs(), now(replicas));
    }

    /**
     * Whether one of these differences has lasted. Different values under one version have, whatever was written meanwhile: no write in
     * flight explains them.
     *
     * @param originMs since when the replicas differ without a break
     */
    boolean hasLasted(Difference difference, SortedMap<String, Holding> replicas, long originMs) {
        boolean contradicts = versionsDecide && difference.kind() == Divergence.CORRUPT;
        return bound.isSettled(originMs)
                && (contradicts || targets(difference).stream().anyMatch(target -> isBehind(target, replicas)));
    }

    private boolean isBehind(String target, SortedMap<String, Holding> replicas) {
        TreeMap<String, EntrySummary> others = new TreeMap<>();
        replicas.forEach((replica, held) -> others.put(replica, replica.equals(target) ? held.now() : held.then()));
        boolean mayBeAhead =
                !versionsDecide && !bound.isSettled(replicas.get(target).sinceMs());
        return !mayBeAhead
                && !comparison.equal(bound.settledMs(), others)
                && comparison.differences(bound.settledMs(), others).stream()
                        .anyMatch(found -> targets(found).contains(target));
    }

    private static SortedMap<String, EntrySummary> now(SortedMap<String, Holding> replicas) {
        TreeMap<String, EntrySummary> now = new TreeMap<>();
        replicas.forEach((replica, held) -> now.put(replica, held.now()));
        return now;
    }

    /** The replicas that a difference is about: several for a conflict. */
    static List<String> targets(Difference difference) {
        return Arrays.asList(difference.target().split(",", -1));
    }
}
