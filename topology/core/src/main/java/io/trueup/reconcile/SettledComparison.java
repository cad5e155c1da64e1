package io.trueup.reconcile;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Judges single keys as rounds do, without rounds: whatever a replica holds is taken as settled. No write counts as on its
 * way, and nobody as lagging. A function of its arguments. Thread-safe.
 */
public final class SettledComparison {

    private final Judge judge;

    /** @param owners the replicas that own the partition, in order of name */
    public SettledComparison(Settings settings, List<String> owners) {
        judge = new Judge(settings, owners);
    }

    /**
     * One target that differs, or a conflict.
     *
     * @param target the replica that differs; for a conflict all that hold one of its sides, joined by commas
     * @param kind how it differs
     * @param holders the replicas that hold what wins, in order of name; empty for a conflict
     */
    public record Finding(String target, Divergence kind, List<String> holders) {}

    /**
     * Whether all hold the same: deleted, expired and never written are the same.
     *
     * @param atMs what expires up to then has expired
     * @param entries what each replica holds, by name; null where it holds nothing
     */
    public boolean equal(long atMs, SortedMap<String, EntrySummary> entries) {
        return judge.equal(settled(atMs, entries));
    }

    /** Who differs from what wins, where not all hold the same. What nothing decides is a conflict. */
    public List<Finding> judge(long atMs, SortedMap<String, EntrySummary> entries) {
        List<Finding> findings = judge.judge(settled(atMs, entries)).stream()
                .map(found -> new Finding(
                        found.target(),
                        found.kind(),
                        found.kind() == Divergence.CONFLICT ? List.of() : found.holders()))
                .toList();
        return findings.isEmpty()
                ? List.of(new Finding(String.join(",", entries.keySet()), Divergence.CONFLICT, List.of()))
                : findings;
    }

    private static Judge.Case settled(long atMs, SortedMap<String, EntrySummary> entries) {
        TreeMap<String, EntrySummary> settled = new TreeMap<>();
        Map<String, Long> watermarks = new HashMap<>();
        entries.forEach((replica, entry) -> {
            settled.put(replica, entry == null ? null : settled(atMs, entry));
            watermarks.put(replica, Long.MAX_VALUE);
        });
        return new Judge.Case(atMs, settled, watermarks);
    }

    private static EntrySummary settled(long atMs, EntrySummary entry) {
        return new EntrySummary(
                entry.keyHash(),
                entry.version(),
                entry.vector(),
                Math.min(entry.positionMs(), atMs),
                Math.min(entry.appendTimeMs(), atMs),
                entry.expiryMs(),
                entry.deleted(),
                entry.digest());
    }
}
