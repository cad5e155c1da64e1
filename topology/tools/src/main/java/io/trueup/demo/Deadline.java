package io.trueup.demo;

import io.trueup.demo.cluster.DemoFailedException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** The time limit of a run, counted from its start. Waits for conditions until then. */
final class Deadline {

    private static final long CHECK_INTERVAL_MS = 400;

    private final long startNanos = System.nanoTime();
    private final Duration timeout;

    Deadline(Duration timeout) {
        this.timeout = timeout;
    }

    /** Time since the start. */
    long elapsedMs() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos);
    }

    /**
     * Waits until a condition holds.
     *
     * @param what the condition in words; the error message continues "waiting until" with it
     * @throws DemoFailedException if the time limit is reached before
     */
    void await(String what, BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            if (elapsedMs() > timeout.toMillis()) {
                throw new DemoFailedException(
                        "gave up after " + timeout.toSeconds() + " s (--timeout) waiting until " + what);
            }
            try {
                TimeUnit.MILLISECONDS.sleep(CHECK_INTERVAL_MS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new DemoFailedException("interrupted");
            }
        }
    }
}
