package io.trueup.tree;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A version vector: how many writes of each writer an entry has seen (Parker et al., "Detection of Mutual Inconsistency in
 * Distributed Systems", 1983). A writer that is absent counts 0. Immutable.
 */
public final class VersionVector {

    /** The order of one vector relative to another. */
    public enum Order {
        /** It has seen less: the other dominates it. */
        BEFORE,
        /** Both have seen the same. */
        EQUAL,
        /** It dominates the other. */
        AFTER,
        /** Each has seen something that the other has not. */
        CONCURRENT
    }

    private final TreeMap<String, Long> counters;

    private VersionVector(TreeMap<String, Long> counters) {
        this.counters = counters;
    }

    /**
     * A vector of the given counters, by writer.
     *
     * @throws IllegalArgumentException if a counter is negative, or their sum exceeds a long
     */
    public static VersionVector of(Map<String, Long> counters) {
        TreeMap<String, Long> known = new TreeMap<>();
        long total = 0;
        for (Map.Entry<String, Long> counter : counters.entrySet()) {
            if (counter.getValue() < 0) {
                throw new IllegalArgumentException(
                        "the counter of " + counter.getKey() + " is negative: " + counter.getValue());
            }
            total += counter.getValue();
            if (total < 0) {
                throw new IllegalArgumentException("the counters of a version vector add up to more than 2^63 - 1");
            }
            if (counter.getValue() > 0) {
                known.put(counter.getKey(), counter.getValue());
            }
        }
        return new VersionVector(known);
    }

    /** The most bytes that the vector takes in a message or a note: per writer its name and two numbers. */
    public int maxBytes() {
        int bytes = 20;
        for (String writer : counters.keySet()) {
            bytes += writer.getBytes(StandardCharsets.UTF_8).length + 20;
        }
        return bytes;
    }

    /** The order of one version relative to another. Vectors are compared where both have one, and numbers otherwise. */
    public static Order order(long version, VersionVector vector, long otherVersion, VersionVector other) {
        if (vector != null && other != null) {
            return vector.compare(other);
        }
        int order = Long.compare(version, otherVersion);
        return order < 0 ? Order.BEFORE : order > 0 ? Order.AFTER : Order.EQUAL;
    }

    /** The order of this vector relative to another. */
    public Order compare(VersionVector other) {
        boolean less = exceeds(other.counters, counters);
        boolean more = exceeds(counters, other.counters);
        if (less) {
            return more ? Order.CONCURRENT : Order.BEFORE;
        }
        return more ? Order.AFTER : Order.EQUAL;
    }

    /** Whether some counter of {@code a} is higher than in {@code b}. */
    private static boolean exceeds(Map<String, Long> a, Map<String, Long> b) {
        for (Map.Entry<String, Long> counter : a.entrySet()) {
            if (counter.getValue() > b.getOrDefault(counter.getKey(), 0L)) {
                return true;
            }
        }
        return false;
    }

    /**
     * The least vector that has seen everything that either has.
     *
     * @throws IllegalArgumentException if its counters add up to more than a long holds
     */
    public VersionVector merge(VersionVector other) {
        TreeMap<String, Long> merged = new TreeMap<>(counters);
        other.counters.forEach((writer, counter) -> merged.merge(writer, counter, Math::max));
        return of(merged);
    }

    /** The sum of the counters: higher than that of every vector that this one dominates. */
    public long total() {
        return counters.values().stream().mapToLong(Long::longValue).sum();
    }

    /** The counters by writer, none of them 0. */
    public SortedMap<String, Long> counters() {
        return Collections.unmodifiableSortedMap(counters);
    }

    /**
     * The canonical form: for each writer in order, its name as UTF-8 bytes behind their number, and the counter. Two vectors
     * have the same bytes only if they are equal, whatever characters the names contain.
     */
    public byte[] canonicalBytes() {
        FieldWriter fields = new FieldWriter();
        counters.forEach((writer, counter) -> fields.text(writer).number(counter));
        return fields.toBytes();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof VersionVector vector && counters.equals(vector.counters);
    }

    @Override
    public int hashCode() {
        return counters.hashCode();
    }

    /** As {@code a=1,b=2}, in order of writer: to be read by people. Names may contain the separators. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        counters.forEach((writer, counter) -> text.append(text.isEmpty() ? "" : ",")
                .append(writer)
                .append('=')
                .append(counter));
        return text.toString();
    }
}
