package io.trueup.demo.fault;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * The planned faults, in order. The same seed and keys give the same plan.
 *
 * @param faults faults of writes, each with a key of its own; in a conflict, several replicas share one key
 * @param rows faults of rows in the database of one replica, each with a key of its own
 * @param outageVictim the replica that is down for a while, or null
 */
public record FaultPlan(List<Fault> faults, List<Fault> rows, String outageVictim) {

    /** No faults. */
    public static final FaultPlan NONE = new FaultPlan(List.of(), List.of(), null);

    private static final int MIN_PER_KIND = 5;
    private static final int MAX_PER_KIND = 100;
    private static final int KEYS_PER_FAULT = 1_000;

    /** Few, because a person has to resolve each. */
    private static final int MAX_CONFLICTS = 10;

    /** Number of faults of each kind that suits a dataset of this size. */
    public static int perKind(int keys) {
        return Math.max(MIN_PER_KIND, Math.min(MAX_PER_KIND, keys / KEYS_PER_FAULT));
    }

    /**
     * Draws a plan.
     *
     * @param kinds the kinds of fault
     * @param replicas names of all replicas
     * @param keys keys that are loaded, without repetition; at least 7 × {@code perKind}
     * @param perKind number of faults of each kind
     */
    public static FaultPlan draw(
            long seed, Set<FaultKind> kinds, List<String> replicas, List<String> keys, int perKind) {
        Random random = new Random(seed);
        List<String> shuffled = new ArrayList<>(keys);
        Collections.shuffle(shuffled, random);
        Iterator<String> free = shuffled.iterator();
        List<Fault> faults = new ArrayList<>();
        for (FaultKind kind : FaultKind.values()) {
            int number = kind == FaultKind.CONFLICT ? Math.min(perKind, MAX_CONFLICTS) : perKind;
            for (int i = 1; kind.breaksWrites() && kinds.contains(kind) && i <= number; i++) {
                String chosen = replicas.get(random.nextInt(replicas.size()));
                String key = kind == FaultKind.LOST ? newKey(shuffled, random, i) : free.next();
                replicas.stream()
                        .filter(replica -> replica.equals(chosen) != (kind == FaultKind.CONFLICT))
                        .forEach(victim -> faults.add(new Fault(kind, key, victim)));
            }
        }
        Collections.shuffle(faults, random);
        String victim = kinds.contains(FaultKind.OUTAGE) ? replicas.get(random.nextInt(replicas.size())) : null;
        List<Fault> rows = new ArrayList<>();
        if (kinds.contains(FaultKind.SCRUB)) {
            String scrubbed = replicas.get(random.nextInt(replicas.size()));
            for (int i = 0; i < 2 * perKind; i++) {
                rows.add(new Fault(FaultKind.SCRUB, free.next(), scrubbed, i % 2 == 0 ? "CORRUPT" : "MISSING"));
            }
        }
        return new FaultPlan(List.copyOf(faults), List.copyOf(rows), victim);
    }

    private static String newKey(List<String> keys, Random random, int number) {
        return keys.get(random.nextInt(keys.size())) + "~lost" + number;
    }

    /** Keys that only faults may touch. */
    public Set<String> keys() {
        Set<String> keys = new HashSet<>();
        faults.forEach(fault -> keys.add(fault.key()));
        rows.forEach(fault -> keys.add(fault.key()));
        return keys;
    }

    /** Number of faults. */
    public int size() {
        return faults.size() + rows.size();
    }

    /** The faults of writes of one kind. */
    List<Fault> ofKind(FaultKind kind) {
        return faults.stream().filter(fault -> fault.kind() == kind).toList();
    }

    /** The faults of writes, those of one write together. */
    public Collection<List<Fault>> writes() {
        Map<String, List<Fault>> byKey = new LinkedHashMap<>();
        faults.forEach(fault ->
                byKey.computeIfAbsent(fault.key(), key -> new ArrayList<>()).add(fault));
        return byKey.values();
    }
}
