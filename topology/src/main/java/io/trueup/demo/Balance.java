package io.trueup.demo;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What was injected, held against what was repaired, by key and replica.
 *
 * @param injected faults that happened, by divergence
 * @param repaired injected faults for which a repair was emitted, by the reason that the repair gives
 * @param falseRepairs repairs of a key on a replica where nothing was injected
 * @param unrepaired injected faults without repair
 */
record Balance(
        Map<String, Long> injected, Map<String, Long> repaired, List<SeenRepair> falseRepairs, List<Fault> unrepaired) {

    static Balance of(List<Injection> injections, List<SeenRepair> repairs) {
        Map<Place, Fault> broken = new HashMap<>();
        Map<String, Long> injected = new TreeMap<>();
        for (Injection injection : injections) {
            Fault fault = injection.fault();
            broken.put(new Place(fault.key(), fault.victim()), fault);
            injected.merge(fault.kind().divergence(), 1L, Long::sum);
        }
        Map<String, Long> repaired = new TreeMap<>();
        Set<Place> mended = new HashSet<>();
        for (SeenRepair repair : repairs) {
            Place place = new Place(repair.key(), repair.target());
            if (broken.containsKey(place) && mended.add(place)) {
                repaired.merge(repair.reason(), 1L, Long::sum);
            }
        }
        return new Balance(
                injected,
                repaired,
                repairs.stream()
                        .filter(repair -> !broken.containsKey(new Place(repair.key(), repair.target())))
                        .toList(),
                broken.entrySet().stream()
                        .filter(entry -> !mended.contains(entry.getKey()))
                        .map(Map.Entry::getValue)
                        .toList());
    }

    private record Place(String key, String replica) {}
}
