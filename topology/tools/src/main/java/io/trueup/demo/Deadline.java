package io.trueup.demo;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** The time that a demo has. Waits for conditions until it is over. */
final class Deadline {

    private static final long LOOK_EVERY_MS = 400;

    private final long startNanos = System.nanoTime();
    private final Duration timeout;

    Deadline(Duration timeout) {
        this.timeout = timeout;
    }

    /** Since the start. */
    long elapsedMs() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos);
    }

    /**
     * Waits until a condition holds.
     *
     * @param what it means, to follow "gave up waiting until"
     * @throws DemoFailedException if the time is over
     */
    void await(String what, BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            if (elapsedMs() > timeout.toMillis()) {
                throw new DemoFailedException(
                        "gave up after " + timeout.toSeconds() + " s (--timeout) waiting until " + what);
            }
            try {
                TimeUnit.MILLISECONDS.sleep(LOOK_EVERY_MS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new DemoFailedException("interrupted");
            }
        }
    }
}
