package io.trueup.repair;

import java.time.Duration;

/**
 * Bounds of a {@link ValueReader}.
 *
 * @param requests most requests that are under way: offered, and their results not yet polled
 * @param resultBytes reading pauses while the values not yet polled have more bytes than this together
 * @param patience how long a request may take, and how long its value is then kept
 */
public record ReadLimits(int requests, long resultBytes, Duration patience) {

    /** 10 000 requests, 64 MiB, 30 seconds. */
    public static final ReadLimits DEFAULT = new ReadLimits(10_000, 64L << 20, Duration.ofSeconds(30));

    /** @throws IllegalArgumentException if one of them is not positive */
    public ReadLimits {
        if (requests <= 0 || resultBytes <= 0 || patience.isNegative() || patience.isZero()) {
            throw new IllegalArgumentException("limits must be positive");
        }
    }
}
