package io.trueup.reconcile.rule;

import io.trueup.reconcile.settings.Settings;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Compares single keys as rounds do, without rounds: whatever a replica holds is taken as settled. No write counts as on its
 * way, and no replica as lagging. A function of its arguments. Thread-safe.
 */
public final class SettledComparison {

    private final Resolver resolver;

    /** @param owners the replicas that own the partition, in order of name */
    public SettledComparison(Settings settings, List<String> owners) {
        resolver = new Resolver(settings, owners);
    }

    /**
     * One target that differs, or a conflict.
     *
     * @param target the replica that differs; for a conflict all that hold one of its sides, joined by commas
     * @param kind how it differs
     * @param holders the replicas that hold the winner, in order of name; empty for a conflict
     */
    public record Difference(String target, Divergence kind, List<String> holders) {}

    /**
     * Whether all hold the same: deleted, expired and never written are the same.
     *
     * @param atMs what expires up to then has expired
     * @param entries what each replica holds, by name; null where it holds nothing
     */
    public boolean equal(long atMs, SortedMap<String, EntrySummary> entries) {
        return settled(atMs, entries).isEqualEverywhere();
    }

    /** The replicas that differ from the winner, where not all hold the same. Where no rule decides, it is a conflict. */
    public List<Difference> differences(long atMs, SortedMap<String, EntrySummary> entries) {
        List<Difference> differences = resolver.findings(settled(atMs, entries)).stream()
                .map(finding -> new Difference(
                        finding.target(), finding.kind(), finding.isConflict() ? List.of() : finding.holders()))
                .toList();
        return differences.isEmpty()
                ? List.of(new Difference(String.join(",", entries.keySet()), Divergence.CONFLICT, List.of()))
                : differences;
    }

    private KeyAtCut settled(long atMs, SortedMap<String, EntrySummary> entries) {
        TreeMap<String, EntrySummary> settled = new TreeMap<>();
        Map<String, Evidence> evidence = new HashMap<>();
        entries.forEach((replica, entry) -> {
            settled.put(replica, entry == null ? null : settled(atMs, entry));
            evidence.put(replica, Evidence.of(Long.MAX_VALUE, Long.MAX_VALUE));
        });
        return resolver.key(atMs, settled, evidence, KeyAtCut.Approvals.NONE);
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
                entry.digest(),
                entry.undated());
    }
}
