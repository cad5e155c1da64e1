package io.trueup.plan;

import io.trueup.audit.result.AuditResult;
import io.trueup.audit.result.DivergentKey;
import io.trueup.audit.result.DivergentKey.Entry;
import io.trueup.audit.result.DivergentKey.State;
import io.trueup.audit.result.PartitionSummary;
import io.trueup.reconcile.rule.Divergence;
import io.trueup.reconcile.rule.SettledComparison.Difference;
import io.trueup.reconcile.settings.Settings;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The repairs that would make the replicas equal, of the keys that an audit has listed.
 *
 * @param header what it says of the audit
 * @param repairs one for each target of each key
 * @param leftOut what has no repair
 */
public record RepairPlan(PlanHeader header, List<PlannedRepair> repairs, LeftOut leftOut) {

    /**
     * How many of the listed differences have no repair, and how many keys are not listed.
     *
     * @param conflicts keys for which no entry wins
     * @param inFlight keys that differ, at one replica or at all, by writes that may be in flight
     * @param sources keys that differ only at a source, which is never repaired
     * @param absences targets that hold what the winning replica has no record of
     * @param unlisted keys that differ and are only counted
     */
    public record LeftOut(long conflicts, long inFlight, long sources, long absences, long unlisted) {}

    /** Plans the repairs of the keys that an audit has listed. */
    public static RepairPlan of(AuditResult result, Settings settings) {
        Counts counts = new Counts();
        List<PlannedRepair> repairs = new ArrayList<>();
        for (DivergentKey key : result.divergent()) {
            counts.inFlight += key.inFlight().isEmpty() ? 0 : 1;
            for (Difference finding : key.findings()) {
                if (finding.kind() == Divergence.CONFLICT
                        || settings.rules().sources().contains(finding.target())) {
                    boolean ofSource = concernsSourceAlone(key, finding, settings);
                    counts.sources += ofSource ? 1 : 0;
                    counts.conflicts += ofSource ? 0 : 1;
                } else {
                    Optional<PlannedRepair> repair = repair(key, finding);
                    counts.absences += repair.isEmpty() ? 1 : 0;
                    repair.ifPresent(repairs::add);
                }
            }
        }
        LeftOut leftOut = new LeftOut(
                counts.conflicts,
                counts.inFlight + result.inFlightKeys(),
                counts.sources,
                counts.absences,
                result.divergentKeys() - result.divergent().size());
        long momentMs = result.partitions().stream()
                .mapToLong(PartitionSummary::atMs)
                .min()
                .orElse(result.atMs());
        return new RepairPlan(
                new PlanHeader(
                        settings.dataset(), momentMs, PlanHeader.fingerprint(settings), List.copyOf(result.doubts())),
                List.copyOf(repairs),
                leftOut);
    }

    private static final class Counts {
        private long conflicts;
        private long inFlight;
        private long sources;
        private long absences;
    }

    /** The winner is the newest of the entries that count as the same, as in a round. Empty if none of them has a record. */
    private static Optional<PlannedRepair> repair(DivergentKey key, Difference finding) {
        return finding.holders().stream()
                .filter(holder ->
                        key.entries().get(holder).filter(RepairPlan::isRecorded).isPresent())
                .max(Comparator.<String>comparingLong(holder ->
                                key.entries().get(holder).orElseThrow().version())
                        .thenComparing(Comparator.reverseOrder()))
                .map(holder -> new PlannedRepair(
                        key.key(),
                        key.partition(),
                        finding.target(),
                        finding.kind(),
                        winner(holder, key.entries().get(holder).orElseThrow()),
                        key.entries().get(finding.target()).map(RepairPlan::observed),
                        key.since().timeMs()));
    }

    /** Whether an entry is more than the answer of a replica that it holds nothing. */
    private static boolean isRecorded(Entry entry) {
        return entry.version() != Long.MIN_VALUE;
    }

    private static PlannedRepair.Winner winner(String replica, Entry entry) {
        return new PlannedRepair.Winner(
                replica,
                entry.place().topic(),
                entry.place().offset(),
                entry.version(),
                entry.positionMs(),
                entry.state() != State.LIVE);
    }

    private static PlannedRepair.Observed observed(Entry entry) {
        return new PlannedRepair.Observed(
                entry.place().topic(), entry.place().offset(), entry.version(), entry.state() != State.LIVE);
    }

    /**
     * Whether all replicas that may be repaired hold the same, and no rule was undecided: a source differs, with another version. An
     * audit reports that as a conflict.
     */
    private static boolean concernsSourceAlone(DivergentKey key, Difference finding, Settings settings) {
        if (finding.kind() != Divergence.CONFLICT) {
            return true;
        }
        boolean compareValues = settings.rules().compareValues();
        Map<Boolean, List<Optional<Entry>>> bySource = key.entries().entrySet().stream()
                .collect(Collectors.partitioningBy(
                        entry -> settings.rules().sources().contains(entry.getKey()),
                        Collectors.mapping(Map.Entry::getValue, Collectors.toList())));
        List<Optional<Entry>> repairable = bySource.get(false);
        return !bySource.get(true).isEmpty()
                && repairable.stream().allMatch(entry -> isSame(entry, repairable.get(0), compareValues))
                && bySource.get(true).stream().noneMatch(entry -> contradicts(entry, repairable.get(0), compareValues));
    }

    private static boolean isSame(Optional<Entry> one, Optional<Entry> other, boolean compareValues) {
        return one.map(Entry::state).equals(other.map(Entry::state))
                && one.map(Entry::digest).equals(other.map(Entry::digest))
                && (compareValues
                        || one.map(Entry::version).equals(other.map(Entry::version))
                                && one.flatMap(Entry::vector).equals(other.flatMap(Entry::vector)));
    }

    /** Whether two entries differ although their versions do not say which is newer. */
    private static boolean contradicts(Optional<Entry> one, Optional<Entry> other, boolean compareValues) {
        if (one.isEmpty() || other.isEmpty() || isSame(one, other, compareValues)) {
            return false;
        }
        boolean vectors = one.get().vector().isPresent() && other.get().vector().isPresent();
        return vectors || one.get().version() == other.get().version();
    }
}
