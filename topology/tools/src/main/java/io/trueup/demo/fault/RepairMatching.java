package io.trueup.demo.fault;

import io.trueup.demo.cluster.EmittedRepair;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Injected faults matched with emitted repairs, by key and replica.
 *
 * @param injected number of faults that happened, by divergence
 * @param repaired number of injected faults for which a repair was emitted, by the reason that the repair gives
 * @param explained repairs of rows without an injected fault that a scenario explains
 * @param falseRepairs repairs of rows without an injected fault that nothing explains
 * @param unrepaired injected faults without a repair
 * @param missed injected faults without a repair, or whose row is still wrong
 * @param byKind number of faults that happened, by kind
 */
public record RepairMatching(
        Map<String, Long> injected,
        Map<String, Long> repaired,
        List<EmittedRepair> explained,
        List<EmittedRepair> falseRepairs,
        List<Fault> unrepaired,
        Set<Fault> missed,
        Map<FaultKind, Long> byKind) {

    /**
     * Matches faults and repairs.
     *
     * @param open faults whose row is still wrong
     * @param explains whether a repair is correct although no fault was injected into its row
     */
    public static RepairMatching of(
            List<Injection> injections,
            List<EmittedRepair> repairs,
            Collection<Fault> open,
            Predicate<EmittedRepair> explains) {
        Map<Row, Fault> faults = new HashMap<>();
        Map<String, Long> injected = new TreeMap<>();
        Map<FaultKind, Long> byKind = new TreeMap<>();
        for (Injection injection : injections) {
            Fault fault = injection.fault();
            faults.put(new Row(fault.key(), fault.victim()), fault);
            injected.merge(fault.divergence(), 1L, Long::sum);
            byKind.merge(fault.kind(), 1L, Long::sum);
        }
        Map<String, Long> repaired = new TreeMap<>();
        Set<Row> repairedRows = new HashSet<>();
        List<EmittedRepair> explained = new ArrayList<>();
        List<EmittedRepair> falseRepairs = new ArrayList<>();
        for (EmittedRepair repair : repairs) {
            Row row = new Row(repair.key(), repair.target());
            if (!faults.containsKey(row)) {
                (explains.test(repair) ? explained : falseRepairs).add(repair);
            } else if (repairedRows.add(row)) {
                repaired.merge(repair.reason(), 1L, Long::sum);
            }
        }
        List<Fault> unrepaired = faults.entrySet().stream()
                .filter(fault -> !repairedRows.contains(fault.getKey()))
                .map(Map.Entry::getValue)
                .toList();
        Set<Fault> missed = new HashSet<>(unrepaired);
        missed.addAll(open);
        return new RepairMatching(injected, repaired, explained, falseRepairs, unrepaired, missed, byKind);
    }

    /**
     * The result of a kind of fault that breaks single rows.
     *
     * @param note a remark, or null
     */
    FaultResult result(FaultKind kind, String note) {
        long happened = byKind.getOrDefault(kind, 0L);
        long withoutRepair =
                unrepaired.stream().filter(fault -> fault.kind() == kind).count();
        long missedOfKind =
                missed.stream().filter(fault -> fault.kind() == kind).count();
        long falseOfKind = falseRepairs.stream()
                .filter(repair -> repair.reason().equals(kind.divergence()))
                .count();
        return new FaultResult(
                happened, happened - withoutRepair, happened - withoutRepair, falseOfKind, missedOfKind, note);
    }

    private record Row(String key, String replica) {}
}
