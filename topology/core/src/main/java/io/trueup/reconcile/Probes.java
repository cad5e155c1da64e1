package io.trueup.reconcile;

import io.trueup.bounded.BoundedMap;
import io.trueup.reconcile.exchange.Message.Body;
import io.trueup.reconcile.exchange.Message.Probe;
import io.trueup.reconcile.exchange.Message.ProbeAnswer;
import io.trueup.reconcile.settings.Settings;
import io.trueup.tree.Hash128;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Comparisons of single keys without a round. A probe is broadcast with a cut. Each owner answers with what it holds, once its
 * clock has passed the cut by the grace and it has consumed what was in its writes partition then: the same condition under
 * which the cut of a round is sealed. When all have answered, or when time is up, the key is judged as in a round. Bounded.
 * Not thread-safe.
 */
final class Probes {

    private static final int MAX_OPEN = 10_000;

    /** The local replica as probes see it. */
    interface Local {
        /** What it holds now. */
        ProbeAnswer held(long cutMs, Hash128 keyHash);

        /** Sends to all peers, about a cut. */
        void publish(long cutMs, Body body);

        /** Asks for a call of {@link #consumed} once the writes partition is consumed. */
        void awaitEnd(long ticket);

        /** All answers about a key were heard, or time is up. */
        void judge(long cutMs, Hash128 keyHash, Map<String, ProbeAnswer> heard);
    }

    private record Id(long cutMs, Hash128 keyHash) {}

    private static final class Open {
        private final long untilMs;
        private final Map<String, ProbeAnswer> heard = new TreeMap<>();
        private boolean requested;
        private boolean answered;

        Open(long untilMs) {
            this.untilMs = untilMs;
        }
    }

    private final Settings settings;
    private final Local local;
    private final Map<Id, Open> open = new LinkedHashMap<>();
    private final Set<Hash128> underWay = new HashSet<>();

    /** Probes that have ended: answers that arrive late must not open a probe again. */
    private final Map<Id, Boolean> closed = BoundedMap.oldestFirst(MAX_OPEN);

    private long ticket;
    private boolean outstanding;

    Probes(Settings settings, Local local) {
        this.settings = settings;
        this.local = local;
    }

    /** Starts to compare a key, unless that is under way, or too many probes are. */
    void start(long nowMs, Hash128 keyHash) {
        if (!underWay.contains(keyHash) && open.size() < MAX_OPEN) {
            long cutMs = nowMs - settings.times().graceMs();
            local.publish(cutMs, new Probe(keyHash));
            heard(nowMs, cutMs, keyHash);
        }
    }

    /** A probe of a key at a cut was heard; one whose cut lies too far back or ahead is ignored. */
    void heard(long nowMs, long cutMs, Hash128 keyHash) {
        long dueMs = cutMs + settings.times().graceMs();
        boolean timely = Math.abs(nowMs - dueMs)
                <= settings.times().graceMs() + settings.times().settleMs();
        Id id = new Id(cutMs, keyHash);
        if (timely && open.size() < MAX_OPEN && !open.containsKey(id) && !closed.containsKey(id)) {
            open.put(id, new Open(Math.max(nowMs, dueMs) + settings.times().settleMs()));
            underWay.add(keyHash);
        }
    }

    /** A peer has answered; its answer may arrive before the probe itself. */
    void answered(long nowMs, String replica, long cutMs, ProbeAnswer held) {
        heard(nowMs, cutMs, held.keyHash());
        Open probe = open.get(new Id(cutMs, held.keyHash()));
        if (probe != null) {
            probe.heard.put(replica, held);
        }
    }

    /** Forgets all probes under way: the owners of the partition have changed. */
    void forget() {
        open.clear();
        underWay.clear();
        outstanding = false;
    }

    /** The writes partition is consumed up to an end asked for by {@link Local#awaitEnd}. */
    void consumed(long ofTicket) {
        if (!outstanding || ofTicket != ticket) {
            return;
        }
        outstanding = false;
        for (Map.Entry<Id, Open> probe : open.entrySet()) {
            if (probe.getValue().requested && !probe.getValue().answered) {
                probe.getValue().answered = true;
                ProbeAnswer own =
                        local.held(probe.getKey().cutMs(), probe.getKey().keyHash());
                probe.getValue().heard.put(settings.replica(), own);
                local.publish(probe.getKey().cutMs(), own);
            }
        }
    }

    /** Lets time pass: asks for the end of the writes partition, judges what is complete or out of time. */
    void tick(long nowMs, int owners) {
        if (open.isEmpty()) {
            return;
        }
        request(nowMs);
        for (Id id : new ArrayList<>(open.keySet())) {
            Open probe = open.get(id);
            if (probe.heard.size() >= owners || nowMs >= probe.untilMs) {
                open.remove(id);
                closed.put(id, true);
                underWay.remove(id.keyHash());
                if (probe.answered && probe.heard.size() > 1) {
                    local.judge(id.cutMs(), id.keyHash(), probe.heard);
                }
            }
        }
    }

    private void request(long nowMs) {
        if (outstanding) {
            return;
        }
        boolean some = false;
        for (Map.Entry<Id, Open> probe : open.entrySet()) {
            if (!probe.getValue().requested
                    && nowMs >= probe.getKey().cutMs() + settings.times().graceMs()) {
                probe.getValue().requested = true;
                some = true;
            }
        }
        if (some) {
            outstanding = true;
            local.awaitEnd(++ticket);
        }
    }
}
