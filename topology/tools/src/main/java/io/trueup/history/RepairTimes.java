package io.trueup.history;

import io.trueup.repair.EmittedRepair;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Durations of repairs, from the repair event to the answer. If the answers themselves are read, a duration ends at the timestamp
 * of the write event. Otherwise it ends at the report that counts the answer, the oldest repair first: an upper bound, about a
 * round too high. Remembers the latest {@value #MAX_OPEN} repairs that are not answered. Not thread-safe.
 */
final class RepairTimes {

    static final int MAX_OPEN = 100_000;

    private record Target(String replica, int partition) {}

    private record Id(Target target, String id) {}

    private static final class Answers {
        private long count;
        private long minMs = Long.MAX_VALUE;
        private long maxMs;

        void add(long ms) {
            count++;
            minMs = Math.min(minMs, ms);
            maxMs = Math.max(maxMs, ms);
        }
    }

    private final Map<Target, LinkedHashMap<String, Long>> open = new HashMap<>();
    private final LinkedHashMap<Id, Boolean> order = new LinkedHashMap<>();
    private final Map<Target, Answers> exact = new HashMap<>();

    void emitted(EmittedRepair repair, long timeMs) {
        Target target = new Target(repair.target(), repair.partition());
        if (open.computeIfAbsent(target, any -> new LinkedHashMap<>()).putIfAbsent(repair.id(), timeMs) == null) {
            order.put(new Id(target, repair.id()), true);
        }
        if (order.size() > MAX_OPEN) {
            Id oldest = order.keySet().iterator().next();
            take(oldest);
        }
    }

    /** A write event answers a repair. */
    void answered(String replica, int partition, String repairId, long timeMs) {
        Target target = new Target(replica, partition);
        Long since = take(new Id(target, repairId));
        if (since != null) {
            exact.computeIfAbsent(target, any -> new Answers()).add(Math.max(0, timeMs - since));
        }
    }

    /**
     * A target's reconciler reports answers.
     *
     * @param count how many repairs were answered since its last report
     * @return how long they took; null if that is not known
     */
    Round.Took reported(String replica, int partition, long count, long timeMs) {
        if (count == 0) {
            return null;
        }
        Target target = new Target(replica, partition);
        Answers known = exact.remove(target);
        if (known != null) {
            return new Round.Took(known.count, known.minMs, known.maxMs, true);
        }
        Answers bounds = new Answers();
        LinkedHashMap<String, Long> waiting = open.get(target);
        for (long i = 0; i < count && waiting != null && !waiting.isEmpty(); i++) {
            bounds.add(Math.max(
                    0, timeMs - take(new Id(target, waiting.keySet().iterator().next()))));
        }
        return bounds.count == 0 ? null : new Round.Took(bounds.count, bounds.minMs, bounds.maxMs, false);
    }

    /** Number of repairs without a known answer, by target. */
    Map<String, Long> unanswered() {
        Map<String, Long> unanswered = new HashMap<>();
        open.forEach((target, ids) -> {
            if (!ids.isEmpty()) {
                unanswered.merge(target.replica(), (long) ids.size(), Long::sum);
            }
        });
        return unanswered;
    }

    private Long take(Id id) {
        order.remove(id);
        LinkedHashMap<String, Long> waiting = open.get(id.target());
        return waiting == null ? null : waiting.remove(id.id());
    }
}
