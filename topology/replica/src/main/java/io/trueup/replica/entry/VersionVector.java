package io.trueup.replica.entry;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * A version vector: for each writer, how many of its writes an entry has seen. One vector dominates another if none of its counters
 * is lower and at least one is higher; if neither covers the other, the two are concurrent. The text form has {@code name=counter}
 * pairs in the order of their names, separated by commas. Immutable.
 *
 * @param counters the counters that are not zero, by name of the writer
 */
public record VersionVector(SortedMap<String, Long> counters) {

    /** The vector that has seen no write. */
    public static final VersionVector EMPTY = new VersionVector(new TreeMap<>());

    /**
     * Checks the counters and drops those that are zero.
     *
     * @throws IllegalArgumentException if a name is empty or contains {@code =} or {@code ,}, if a counter is negative, or
     *     if they add up to more than a {@code long} can hold
     */
    public VersionVector {
        SortedMap<String, Long> kept = new TreeMap<>();
        counters.forEach((name, counter) -> {
            check(name, counter);
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

    /**
     * Parses the text form. Blanks around names and counters are ignored.
     *
     * @throws IllegalArgumentException if the text is not a vector
     */
    public static VersionVector parse(String text) {
        SortedMap<String, Long> counters = new TreeMap<>();
        if (!text.isBlank()) {
            for (String pair : text.split(",", -1)) {
                add(pair, counters);
            }
        }
        return new VersionVector(counters);
    }

    private static void add(String pair, SortedMap<String, Long> counters) {
        int equals = pair.indexOf('=');
        if (equals < 0) {
            throw new IllegalArgumentException("a part of the vector is not name=counter");
        }
        String name = pair.substring(0, equals).strip();
        try {
            if (counters.put(name, Long.parseLong(pair.substring(equals + 1).strip())) != null) {
                throw new IllegalArgumentException("the vector names " + name + " twice");
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("the vector's counter of " + name + " is not a whole number", e);
        }
    }

    /** Whether this vector dominates the other one or is equal to it. */
    boolean covers(VersionVector other) {
        return other.counters.entrySet().stream()
                .allMatch(counter -> counters.getOrDefault(counter.getKey(), 0L) >= counter.getValue());
    }

    /** Whether this vector covers the other one and has seen at least one write more. */
    boolean dominates(VersionVector other) {
        return covers(other) && !equals(other);
    }

    /** Sum of the counters. It takes the place of the version: it is higher than the sum of every dominated vector. */
    public long total() {
        return sum(counters);
    }

    private static void check(String name, long counter) {
        if (name.isEmpty() || name.indexOf('=') >= 0 || name.indexOf(',') >= 0) {
            throw new IllegalArgumentException("the vector has a name that is empty or contains '=' or ','");
        }
        if (counter < 0) {
            throw new IllegalArgumentException("the vector's counter of " + name + " is negative: " + counter);
        }
    }

    private static long sum(Map<String, Long> counters) {
        try {
            return counters.values().stream().mapToLong(Long::longValue).reduce(0, Math::addExact);
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException("the vector's counters add up to more than a long can hold", e);
        }
    }

    @Override
    public String toString() {
        return counters.entrySet().stream()
                .map(counter -> counter.getKey() + "=" + counter.getValue())
                .collect(Collectors.joining(","));
    }
}
