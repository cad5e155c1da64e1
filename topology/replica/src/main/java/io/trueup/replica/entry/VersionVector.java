package io.trueup.replica.entry;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * How many writes of each writer an entry has seen. One vector dominates another if none of its counters is lower and some
 * counter is higher; if neither covers the other, the two are concurrent. Written as {@code name=counter} pairs in the
 * order of their names, separated by commas. Immutable.
 *
 * @param counters the counters that are not zero, by name
 */
public record VersionVector(SortedMap<String, Long> counters) {

    /** Has seen nothing. */
    public static final VersionVector EMPTY = new VersionVector(new TreeMap<>());

    /**
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

    /** @throws IllegalArgumentException as the constructor does */
    public static VersionVector of(Map<String, Long> counters) {
        return new VersionVector(new TreeMap<>(counters));
    }

    /**
     * Reads the written form; blanks around names and counters do not matter.
     *
     * @throws IllegalArgumentException if the text is no vector
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

    /** Whether it dominates the other one or is equal to it. */
    boolean covers(VersionVector other) {
        return other.counters.entrySet().stream()
                .allMatch(counter -> counters.getOrDefault(counter.getKey(), 0L) >= counter.getValue());
    }

    /** Whether it covers the other one and has seen more. */
    boolean dominates(VersionVector other) {
        return covers(other) && !equals(other);
    }

    /** Sum of the counters, which takes the place of the version: higher than that of every dominated vector. */
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
