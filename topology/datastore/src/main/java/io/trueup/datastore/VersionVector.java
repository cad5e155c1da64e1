package io.trueup.datastore;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A version vector: for each writer or replica, by name, how many of its writes an entry has seen. Immutable and thread-safe.
 *
 * @param counters the counters that are not zero, by name
 */
public record VersionVector(SortedMap<String, Long> counters) {

    /** The vector that has seen no write. */
    public static final VersionVector EMPTY = new VersionVector(new TreeMap<>());

    /**
     * Drops counters that are zero.
     *
     * @throws IllegalArgumentException if a name is empty, if a counter is negative, or if they add up to more than a {@code long} can
     *     hold
     */
    public VersionVector {
        SortedMap<String, Long> kept = new TreeMap<>();
        counters.forEach((name, counter) -> {
            if (name.isEmpty() || counter < 0) {
                throw new IllegalArgumentException("the vector's counter of '" + name + "' is " + counter
                        + ": names must not be empty, counters must not be negative");
            }
            if (counter > 0) {
                kept.put(name, counter);
            }
        });
        counters = Collections.unmodifiableSortedMap(kept);
        sum(counters);
    }

    /**
     * A vector of counters by name.
     *
     * @throws IllegalArgumentException as the constructor does
     */
    public static VersionVector of(Map<String, Long> counters) {
        return new VersionVector(new TreeMap<>(counters));
    }

    /** Whether this vector has seen every write that the other one has seen: it dominates the other one or is equal to it. */
    public boolean covers(VersionVector other) {
        return other.counters.entrySet().stream()
                .allMatch(counter -> counters.getOrDefault(counter.getKey(), 0L) >= counter.getValue());
    }

    /** Sum of the counters. It takes the place of the version. */
    public long total() {
        return sum(counters);
    }

    /** At most so many bytes are the names and counters in a message of Trueup, which limits them. */
    int maxBytes() {
        return counters.keySet().stream()
                .mapToInt(name -> name.getBytes(StandardCharsets.UTF_8).length + 20)
                .reduce(20, Integer::sum);
    }

    private static long sum(Map<String, Long> counters) {
        try {
            return counters.values().stream().mapToLong(Long::longValue).reduce(0, Math::addExact);
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException("the vector's counters add up to more than a long can hold", e);
        }
    }
}
