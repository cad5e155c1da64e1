package io.trueup.stream;

import io.trueup.tree.EntryTree;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntPredicate;

/**
 * The share of its thread's time in which a task may read or drop its stored entries. The time is for all tasks together, however
 * many have to read: a thread must return well before the transaction of its tasks expires. Used by the task's thread.
 */
final class TimeShare {

    private final AtomicInteger tasks;
    private boolean counted;
    private int slices = 1;

    /** @param tasks counts the tasks that have to read */
    TimeShare(AtomicInteger tasks) {
        this.tasks = tasks;
    }

    /** Whether the task has to read. */
    void needed(boolean needed) {
        if (needed != counted) {
            tasks.addAndGet(needed ? 1 : -1);
            counted = needed;
            slices = 1;
        }
    }

    /**
     * Reads, for this task's share of so long.
     *
     * @param read reads so many slices, and says whether nothing is left
     * @return whether nothing is left
     */
    boolean use(long nanosOfAll, IntPredicate read) {
        long nanos = nanosOfAll / Math.max(1, tasks.get());
        long start = System.nanoTime();
        long now = start;
        boolean done = false;
        while (!done && now - start < nanos) {
            done = read.test(slices);
            long before = now;
            now = System.nanoTime();
            slices = now - before < nanos / 8 ? Math.min(2 * slices, EntryTree.SLICES) : Math.max(1, slices / 2);
        }
        return done;
    }
}
