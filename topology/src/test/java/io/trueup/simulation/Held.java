package io.trueup.simulation;

import java.util.Objects;

/**
 * What a datastore holds for a key, and what a write of the feed says.
 *
 * @param version the feed's number
 * @param positionMs event time of the write
 * @param value null for a delete
 * @param expiryMs time from which on it counts as deleted
 */
record Held(long version, long positionMs, String value, long expiryMs) {

    boolean deadAt(long timeMs) {
        return value == null || expiryMs <= timeMs;
    }

    /** Whether two of them are the same for a reader at a time; null is nothing. */
    static boolean sameAt(long timeMs, Held a, Held b) {
        boolean deadA = a == null || a.deadAt(timeMs);
        boolean deadB = b == null || b.deadAt(timeMs);
        if (deadA || deadB) {
            return deadA && deadB;
        }
        return a.version == b.version && a.expiryMs == b.expiryMs && Objects.equals(a.value, b.value);
    }
}
