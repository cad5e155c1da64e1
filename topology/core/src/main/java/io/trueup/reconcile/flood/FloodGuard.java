package io.trueup.reconcile.flood;

import io.trueup.reconcile.settings.Settings;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Holds repairs of a replica back when a round would repair so many of its keys that a mistake is likelier than divergence:
 * another partitioner, the wrong topic, a restored backup. Closed for a target until a round finds few divergences again, or
 * a person approves. Where a round ended before it had compared enough to decide, repairs wait for the next one. Not
 * thread-safe.
 */
public final class FloodGuard {

    private final Settings settings;
    private final Map<String, Long> approvedUntilMs = new HashMap<>();
    private final TreeMap<String, Long> held = new TreeMap<>();
    /** Targets of which this round has compared too little to decide. */
    private final Set<String> suspended = new HashSet<>();

    /**
     * How many keys of a target a round would repair.
     *
     * @param divergences estimated from the segments compared
     * @param atMost if all that was not compared in time is as bad as what was
     */
    public record Estimate(long divergences, long atMost) {}

    public FloodGuard(Settings settings) {
        this.settings = settings;
    }

    /** A person approves all repairs of a target up to a time. */
    public void approve(String target, long untilMs, long nowMs) {
        approvedUntilMs.put(target, untilMs);
        if (nowMs <= untilMs) {
            held.remove(target);
            suspended.remove(target);
        }
    }

    /**
     * The least number of keys to repair that is a flood.
     *
     * @param entries live entries of the larger of both sides
     */
    public long minFlood(long entries) {
        return Math.max(
                settings.limits().floodMinKeys(), (long) (settings.limits().floodFraction() * entries) + 1);
    }

    /**
     * Opens or closes the guard by what a round has found for one target.
     *
     * @param estimate the keys to repair
     * @param entries live entries of the larger of both sides
     * @param whole whether the round has compared all that differs: only then few divergences mean that all is well
     * @param mismatched whether both sides do not seem to hold the same data at all: then any divergence is too many
     */
    public void decide(String target, Estimate estimate, long entries, boolean whole, boolean mismatched, long nowMs) {
        suspended.remove(target);
        long divergences = estimate.divergences();
        boolean tooMany = mismatched && settings.limits().floodFraction() < 1 && divergences > 0;
        boolean flood = tooMany || divergences >= minFlood(entries);
        boolean approved = approvedUntilMs.getOrDefault(target, Long.MIN_VALUE) >= nowMs;
        if (flood && !approved) {
            held.put(target, divergences);
        } else if (whole && !flood) {
            held.remove(target);
        } else if (estimate.atMost() >= minFlood(entries) && !approved) {
            suspended.add(target);
        }
    }

    /** Forgets targets that own the partition no longer. */
    public void keepOnly(List<String> owners) {
        held.keySet().retainAll(owners);
        suspended.retainAll(owners);
    }

    public boolean holdsBack(String target) {
        return held.containsKey(target) || suspended.contains(target);
    }

    /** Repairs held back by target, as estimated last. */
    public Map<String, Long> held() {
        return new TreeMap<>(held);
    }
}
