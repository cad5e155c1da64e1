package io.trueup.reconcile;

import io.trueup.reconcile.RoundSummary.Action;
import io.trueup.reconcile.RoundSummary.DivergentKey;
import io.trueup.tree.Hash128;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What was found and done since the last report. Not thread-safe. */
final class RoundCounts {

    private static final int MOST_SAMPLES = 32;

    private final EnumMap<Divergence, Long> divergences = new EnumMap<>(Divergence.class);
    private final TreeMap<String, Long> repairs = new TreeMap<>();
    private final List<DivergentKey> sample = new ArrayList<>();
    long waiting;
    long failed;
    long probes;
    long forgotten;
    long dropped;

    void found(Divergence kind) {
        divergences.merge(kind, 1L, Long::sum);
    }

    void emitted(String target) {
        repairs.merge(target, 1L, Long::sum);
    }

    /** Keeps the first few divergences as examples. */
    void did(Action action, Hash128 keyHash, byte[] key, String target, Divergence kind, String supplier) {
        if (sample.size() < MOST_SAMPLES) {
            sample.add(new DivergentKey(keyHash.toString(), key, target, kind, supplier, action));
        }
    }

    Map<Divergence, Long> divergences() {
        return Collections.unmodifiableMap(new EnumMap<>(divergences));
    }

    Map<String, Long> repairs() {
        return Collections.unmodifiableMap(new TreeMap<>(repairs));
    }

    List<DivergentKey> sample() {
        return List.copyOf(sample);
    }
}
