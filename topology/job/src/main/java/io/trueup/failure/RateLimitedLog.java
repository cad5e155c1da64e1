package io.trueup.failure;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;

/** Logs warnings of one kind at most once in ten seconds, with the number of those left out. Thread-safe. */
public final class RateLimitedLog {

    private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final Logger log;
    private final AtomicLong lastNanos = new AtomicLong(System.nanoTime() - PAUSE_NANOS);
    private final AtomicLong leftOut = new AtomicLong();

    public RateLimitedLog(Logger log) {
        this.log = log;
    }

    public void warn(String message) {
        long now = System.nanoTime();
        long last = lastNanos.get();
        if (now - last < PAUSE_NANOS || !lastNanos.compareAndSet(last, now)) {
            leftOut.incrementAndGet();
            return;
        }
        long missing = leftOut.getAndSet(0);
        log.warn(missing == 0 ? message : message + " (and " + missing + " similar warnings since the last one)");
    }
}
