package io.trueup.demo;

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
 * What was injected, held against what was repaired, by key and replica.
 *
 * @param injected faults that happened, by divergence
 * @param repaired injected faults for which a repair was emitted, by the reason that the repair gives
 * @param explained repairs of a key on a replica where nothing was injected, yet right because of something else that happened
 * @param falseRepairs repairs of a key on a replica where nothing was injected, and that nothing else explains
 * @param unrepaired injected faults without repair
 * @param missed those, and injected faults that still stand
 * @param byKind faults that happened, by kind
 */
record Balance(
        Map<String, Long> injected,
        Map<String, Long> repaired,
        List<SeenRepair> explained,
        List<SeenRepair> falseRepairs,
        List<Fault> unrepaired,
        Set<Fault> missed,
        Map<FaultKind, Long> byKind) {

    /**
     * @param standing faults that still stand
     * @param explains whether a repair is right though no fault of its key was injected
     */
    static Balance of(
            List<Injection> injections,
            List<SeenRepair> repairs,
            Collection<Fault> standing,
            Predicate<SeenRepair> explains) {
        Map<Place, Fault> broken = new HashMap<>();
        Map<String, Long> injected = new TreeMap<>();
        Map<FaultKind, Long> byKind = new TreeMap<>();
        for (Injection injection : injections) {
            Fault fault = injection.fault();
            broken.put(new Place(fault.key(), fault.victim()), fault);
            injected.merge(fault.divergence(), 1L, Long::sum);
            byKind.merge(fault.kind(), 1L, Long::sum);
        }
        Map<String, Long> repaired = new TreeMap<>();
        Set<Place> mended = new HashSet<>();
        List<SeenRepair> explained = new ArrayList<>();
        List<SeenRepair> falsely = new ArrayList<>();
        for (SeenRepair repair : repairs) {
            Place place = new Place(repair.key(), repair.target());
            if (!broken.containsKey(place)) {
                (explains.test(repair) ? explained : falsely).add(repair);
            } else if (mended.add(place)) {
                repaired.merge(repair.reason(), 1L, Long::sum);
            }
        }
        List<Fault> unrepaired = broken.entrySet().stream()
                .filter(entry -> !mended.contains(entry.getKey()))
                .map(Map.Entry::getValue)
                .toList();
        Set<Fault> missed = new HashSet<>(unrepaired);
        missed.addAll(standing);
        return new Balance(injected, repaired, explained, falsely, unrepaired, missed, byKind);
    }

    /**
     * What came of the faults of a kind that breaks single keys.
     *
     * @param note what else is to be said, or null
     */
    Account account(FaultKind kind, String note) {
        long happened = byKind.getOrDefault(kind, 0L);
        long without = unrepaired.stream().filter(fault -> fault.kind() == kind).count();
        long left = missed.stream().filter(fault -> fault.kind() == kind).count();
        long falsely = falseRepairs.stream()
                .filter(repair -> repair.reason().equals(kind.divergence()))
                .count();
        return new Account(happened, happened - without, happened - without, falsely, left, note);
    }

    private record Place(String key, String replica) {}
}
