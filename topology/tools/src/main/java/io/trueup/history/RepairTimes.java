package io.trueup.history;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How long repairs took, from the repair event to the answer. Where the answers themselves are read, to the timestamp of the
 * write event; otherwise to the report that counts the answer, the oldest repair first: a bound from above, about a round too
 * high. Remembers the latest {@value #MOST} repairs that are not answered. Not thread-safe.
 */
final class RepairTimes {

    static final int MOST = 100_000;

    private record Target(String replica, int partition) {}

    private record Id(Target target, String id) {}

    private static final class Answers {
        private long count;
        private long leastMs = Long.MAX_VALUE;
        private long mostMs;

        void add(long ms) {
            count++;
            leastMs = Math.min(leastMs, ms);
            mostMs = Math.max(mostMs, ms);
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
        if (order.size() > MOST) {
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
            return new Round.Took(known.count, known.leastMs, known.mostMs, true);
        }
        Answers bounds = new Answers();
        LinkedHashMap<String, Long> waiting = open.get(target);
        for (long i = 0; i < count && waiting != null && !waiting.isEmpty(); i++) {
            bounds.add(Math.max(
                    0, timeMs - take(new Id(target, waiting.keySet().iterator().next()))));
        }
        return bounds.count == 0 ? null : new Round.Took(bounds.count, bounds.leastMs, bounds.mostMs, false);
    }

    /** Repairs that nobody is known to have answered, by target. */
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
