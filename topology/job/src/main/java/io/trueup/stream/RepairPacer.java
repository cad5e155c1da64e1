package io.trueup.stream;

import io.trueup.reconcile.Repair;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Limits the rate of repairs, in their order: a round decides many at once. After a pause at most the repairs of one second
 * pass together. A leaky bucket, as in the "generic cell rate algorithm" of ATM. Used by the task's thread.
 */
final class RepairPacer {

    private final long nanosEach;
    private final long nanosAhead;
    private final Consumer<Repair> next;
    private final Deque<Repair> waiting = new ArrayDeque<>();
    private final long startMs;

    /** Time since the start at which the next repair would pass if repairs passed one by one at the rate. */
    private long theoreticalArrivalNanos;

    /**
     * @param perSecond repairs per second; may be less than one
     * @param next takes the repairs that pass
     */
    RepairPacer(double perSecond, long nowMs, Consumer<Repair> next) {
        this.next = next;
        nanosEach = Math.round(TimeUnit.SECONDS.toNanos(1) / perSecond);
        nanosAhead = nanosEach * Math.max(0, (long) perSecond - 1);
        startMs = nowMs;
    }

    void add(Repair repair, long nowMs) {
        waiting.add(repair);
        release(nowMs);
    }

    /** Passes on the repairs that the rate allows by now. */
    void release(long nowMs) {
        long nowNanos = TimeUnit.MILLISECONDS.toNanos(nowMs - startMs);
        while (!waiting.isEmpty() && theoreticalArrivalNanos - nanosAhead <= nowNanos) {
            theoreticalArrivalNanos = Math.max(theoreticalArrivalNanos, nowNanos) + nanosEach;
            next.accept(waiting.remove());
        }
    }

    /** Drops the repairs that wait. */
    void clear() {
        waiting.clear();
    }
}
