package io.trueup.bench.latency;

import io.trueup.bench.latency.LatencyResult.Counts;
import io.trueup.bench.latency.LatencyResult.RepairedLoss;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The writes that were lost on purpose, and what has become of them. Thread-safe. */
final class Losses {

    private final LatencyLoad load;
    private final Map<String, Loss> byKey = new LinkedHashMap<>();
    private final Map<String, Deque<Loss>> unverified = new HashMap<>();
    private int repeated;
    private int needless;

    Losses(LatencyLoad load) {
        this.load = load;
    }

    /** A lost write. */
    private static final class Loss {

        private final boolean counted;
        private final long positionMs;
        private long cutMs;
        private long repairMs = RepairedLoss.MISSING;
        private long readMs;
        private long answerMs = RepairedLoss.MISSING;
        private long reportMs = RepairedLoss.MISSING;

        Loss(boolean counted, long positionMs) {
            this.counted = counted;
            this.positionMs = positionMs;
        }
    }

    /** A write is about to be lost. */
    synchronized void planted(String key, long positionMs, boolean counted) {
        byKey.put(key, new Loss(counted, positionMs));
    }

    /** A repair event was read, for a replica and partition. */
    synchronized void repaired(String key, String target, int partition, long cutMs, long appendMs, long readMs) {
        Loss loss = byKey.get(key);
        if (loss == null) {
            needless++;
        } else if (loss.repairMs != RepairedLoss.MISSING) {
            repeated++;
        } else {
            loss.cutMs = cutMs;
            loss.repairMs = appendMs;
            loss.readMs = readMs;
            unverified
                    .computeIfAbsent(target + "/" + partition, p -> new ArrayDeque<>())
                    .add(loss);
        }
    }

    /** The answer to a repair is in the writes topic. */
    synchronized void answered(String key, long appendMs) {
        Loss loss = byKey.get(key);
        if (loss != null && loss.answerMs == RepairedLoss.MISSING) {
            loss.answerMs = appendMs;
        }
    }

    /** A replica has reported this many repairs of a partition as verified: the oldest ones, since answers keep their order. */
    synchronized void verified(String target, int partition, long count, long appendMs) {
        Deque<Loss> waiting = unverified.getOrDefault(target + "/" + partition, new ArrayDeque<>());
        for (long i = 0; i < count && !waiting.isEmpty(); i++) {
            waiting.remove().reportMs = appendMs;
        }
    }

    /** Whether every lost write is repaired, answered and verified. */
    synchronized boolean settled() {
        return byKey.values().stream()
                .allMatch(loss -> loss.reportMs != RepairedLoss.MISSING && loss.answerMs != RepairedLoss.MISSING);
    }

    synchronized Counts counts() {
        int planted = 0;
        int repaired = 0;
        int inFirstRound = 0;
        int answered = 0;
        int verified = 0;
        for (Loss loss : byKey.values()) {
            if (loss.counted) {
                planted++;
                boolean sent = loss.repairMs != RepairedLoss.MISSING;
                repaired += sent ? 1 : 0;
                inFirstRound += sent && loss.cutMs == load.cutAtOrAfter(loss.positionMs) ? 1 : 0;
                answered += loss.answerMs != RepairedLoss.MISSING ? 1 : 0;
                verified += loss.reportMs != RepairedLoss.MISSING ? 1 : 0;
            }
        }
        return new Counts(planted, repaired, inFirstRound, answered, verified, repeated, needless);
    }

    /** The losses that count and were repaired, in the order in which they were planted. */
    synchronized List<RepairedLoss> repaired() {
        List<RepairedLoss> repaired = new ArrayList<>();
        for (Loss loss : byKey.values()) {
            if (loss.counted && loss.repairMs != RepairedLoss.MISSING) {
                repaired.add(new RepairedLoss(
                        loss.cutMs,
                        loss.cutMs + load.grace().toMillis(),
                        loss.repairMs,
                        loss.readMs,
                        loss.answerMs,
                        loss.reportMs));
            }
        }
        return repaired;
    }
}
