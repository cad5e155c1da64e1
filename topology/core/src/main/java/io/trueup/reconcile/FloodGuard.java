package io.trueup.reconcile;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Holds repairs of a replica back when a round would repair so many of its keys that a mistake is likelier than divergence:
 * another partitioner, the wrong topic, a restored backup. Closed for a target until a round finds few again, or a person
 * approves. Where a round was cut off before it could tell, repairs wait for the next one. Not thread-safe.
 */
final class FloodGuard {

    private final Settings settings;
    private final Map<String, Long> approvedUntilMs = new HashMap<>();
    private final TreeMap<String, Long> held = new TreeMap<>();
    /** Targets of which this round has seen too little to tell. */
    private final Set<String> suspended = new HashSet<>();

    FloodGuard(Settings settings) {
        this.settings = settings;
    }

    /** Repairs of a target are meant, whatever they are, up to a time. */
    void approve(String target, long untilMs, long nowMs) {
        approvedUntilMs.put(target, untilMs);
        if (nowMs <= untilMs) {
            held.remove(target);
            suspended.remove(target);
        }
    }

    /** How many keys to repair are a flood, where the larger of both sides has some number of live entries. */
    long leastFlood(long entries) {
        return Math.max(
                settings.limits().floodMinKeys(), (long) (settings.limits().floodFraction() * entries) + 1);
    }

    /**
     * Weighs what a round has found for one target.
     *
     * @param divergences keys to repair, estimated from the segments compared
     * @param entries live entries of the larger of both sides
     * @param atMost keys to repair, if all that was not compared in time is as bad as what was
     * @param whole whether the round was seen to its end: only then few divergences mean that all is well
     * @param strange whether it seems not to be the same data at all: then any divergence is too many
     */
    void weigh(String target, long divergences, long atMost, long entries, boolean whole, boolean strange, long nowMs) {
        suspended.remove(target);
        boolean tooMany = strange && settings.limits().floodFraction() < 1 && divergences > 0;
        boolean flood = tooMany || divergences >= leastFlood(entries);
        boolean approved = approvedUntilMs.getOrDefault(target, Long.MIN_VALUE) >= nowMs;
        if (flood && !approved) {
            held.put(target, divergences);
        } else if (whole && !flood) {
            held.remove(target);
        } else if (atMost >= leastFlood(entries) && !approved) {
            suspended.add(target);
        }
    }

    /** Forgets targets that own the partition no longer. */
    void keepOnly(List<String> owners) {
        held.keySet().retainAll(owners);
        suspended.retainAll(owners);
    }

    boolean holdsBack(String target) {
        return held.containsKey(target) || suspended.contains(target);
    }

    /** Repairs held back by target, as estimated last. */
    Map<String, Long> held() {
        return new TreeMap<>(held);
    }
}
