package io.trueup.repair;

import java.time.Duration;

/**
 * Bounds of a {@link ValueReader}.
 *
 * @param requests maximum number of requests under way: offered, and their results not yet polled
 * @param resultBytes reading pauses while the values not yet polled have this many bytes together
 * @param timeout how long a request may take, and how long its value is then kept
 */
public record ReadLimits(int requests, long resultBytes, Duration timeout) {

    /** 10 000 requests, 64 MiB, 30 seconds. */
    public static final ReadLimits DEFAULT = new ReadLimits(10_000, 64L << 20, Duration.ofSeconds(30));

    /** @throws IllegalArgumentException if one of them is not positive */
    public ReadLimits {
        if (requests <= 0 || resultBytes <= 0 || timeout.isNegative() || timeout.isZero()) {
            throw new IllegalArgumentException("limits must be positive");
        }
    }
}
