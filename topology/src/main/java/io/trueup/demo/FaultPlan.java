package io.trueup.demo;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * Which faults happen to whom, in order. A function of its arguments: the same seed and keys give the same plan.
 *
 * @param faults faults of keys, each with a key of its own
 * @param outageVictim the replica that is down for a while, or null
 */
record FaultPlan(List<Fault> faults, String outageVictim) {

    private static final int LEAST_PER_KIND = 5;
    private static final int MOST_PER_KIND = 100;
    private static final int KEYS_PER_FAULT = 1_000;

    /** How many faults of each kind suit a dataset of this size. */
    static int perKind(int keys) {
        return Math.max(LEAST_PER_KIND, Math.min(MOST_PER_KIND, keys / KEYS_PER_FAULT));
    }

    /**
     * Draws a plan.
     *
     * @param kinds what may go wrong
     * @param replicas names of all replicas
     * @param keys keys that are loaded, without repetition; at least 3 × {@code perKind}
     * @param perKind faults of each kind
     */
    static FaultPlan draw(long seed, Set<FaultKind> kinds, List<String> replicas, List<String> keys, int perKind) {
        Random random = new Random(seed);
        List<String> shuffled = new ArrayList<>(keys);
        Collections.shuffle(shuffled, random);
        Iterator<String> free = shuffled.iterator();
        List<Fault> faults = new ArrayList<>();
        for (FaultKind kind : FaultKind.values()) {
            for (int i = 1; kind.breaksKeys() && kinds.contains(kind) && i <= perKind; i++) {
                String victim = replicas.get(random.nextInt(replicas.size()));
                String key = kind == FaultKind.LOST ? newKey(shuffled, random, i) : free.next();
                faults.add(new Fault(kind, key, victim));
            }
        }
        Collections.shuffle(faults, random);
        String victim = kinds.contains(FaultKind.OUTAGE) ? replicas.get(random.nextInt(replicas.size())) : null;
        return new FaultPlan(List.copyOf(faults), victim);
    }

    private static String newKey(List<String> keys, Random random, int number) {
        return keys.get(random.nextInt(keys.size())) + "~lost" + number;
    }

    /** Keys that only faults may touch. */
    Set<String> keys() {
        Set<String> keys = new HashSet<>();
        faults.forEach(fault -> keys.add(fault.key()));
        return keys;
    }
}
