package io.trueup.stream;

import io.trueup.reconcile.Repair;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Spreads the repairs that a round decides at once: lets so many per second pass, in their order, and after a pause at most
 * those of one second together. A leaky bucket as in ATM's "generic cell rate algorithm". Used by the task's thread.
 */
final class RepairPacer {

    private final long nanosEach;
    private final long nanosAhead;
    private final Consumer<Repair> next;
    private final Deque<Repair> waiting = new ArrayDeque<>();
    private final long startMs;

    /** When the next one would have its turn if they passed one by one, from the start. */
    private long turnNanos;

    /**
     * @param perSecond repairs per second; may be less than one
     * @param next where they go
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

    /** Lets pass what may pass by now. */
    void release(long nowMs) {
        long nowNanos = TimeUnit.MILLISECONDS.toNanos(nowMs - startMs);
        while (!waiting.isEmpty() && turnNanos - nanosAhead <= nowNanos) {
            turnNanos = Math.max(turnNanos, nowNanos) + nanosEach;
            next.accept(waiting.remove());
        }
    }

    /** Drops what waits. */
    void clear() {
        waiting.clear();
    }
}
