package io.trueup.ops.health;

import java.lang.management.ManagementFactory;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;

/**
 * Finds threads that wait for each other. To look stops all threads for a moment, and anybody may ask, so it looks at most every five
 * seconds. Thread-safe.
 */
public final class Deadlocks implements IntSupplier {

    static final long EVERY_NANOS = 5_000_000_000L;

    private final IntSupplier look;
    private final LongSupplier nanoTime;
    private long lookedNanos;
    private boolean looked;
    private int found;

    public Deadlocks() {
        this(Deadlocks::deadlockedThreads, System::nanoTime);
    }

    Deadlocks(IntSupplier look, LongSupplier nanoTime) {
        this.look = look;
        this.nanoTime = nanoTime;
    }

    private static int deadlockedThreads() {
        long[] threads = ManagementFactory.getThreadMXBean().findDeadlockedThreads();
        return threads == null ? 0 : threads.length;
    }

    /** The number of threads that wait for each other. */
    @Override
    public synchronized int getAsInt() {
        long now = nanoTime.getAsLong();
        if (!looked || now - lookedNanos >= EVERY_NANOS) {
            found = look.getAsInt();
            lookedNanos = now;
            looked = true;
        }
        return found;
    }
}
