package io.trueup.reconcile.rule;

import io.trueup.tree.VersionVector.Order;
import java.util.List;

/**
 * The partial order of versions: a vector dominates another if it has seen all that the other has seen and more; two vectors
 * of which neither dominates are concurrent. Versions that are numbers are never concurrent.
 */
final class Dominance {

    private Dominance() {}

    /** The entries that no other one dominates. */
    static List<EntrySummary> undominated(List<EntrySummary> entries) {
        return entries.stream()
                .filter(entry -> entries.stream().noneMatch(other -> entry.order(other) == Order.BEFORE))
                .toList();
    }

    /** Whether an entry is concurrent with one of several others. */
    static boolean isConcurrentWithAny(EntrySummary entry, List<EntrySummary> others) {
        return others.stream().anyMatch(other -> entry.order(other) == Order.CONCURRENT);
    }

    /** Whether one entry dominates all of several others. */
    static boolean dominatesAll(EntrySummary entry, List<EntrySummary> others) {
        return others.stream().allMatch(other -> other.order(entry) == Order.BEFORE);
    }

    /** The entries that have the same version as one of them. */
    static List<EntrySummary> sameVersion(EntrySummary entry, List<EntrySummary> entries) {
        return entries.stream()
                .filter(other -> other.order(entry) == Order.EQUAL)
                .toList();
    }
}
