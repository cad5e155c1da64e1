package io.trueup.reconcile.exchange;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * With which replicas each key was judged in one round, this one included: with its segment, or by itself. A key is judged again once
 * it is heard of more replicas, and of all those with which it was judged before. Not thread-safe.
 */
final class JudgedWith {

    private final KeyRange ranges;
    private final Map<Integer, Set<String>> segments = new HashMap<>();
    /** Keys that were judged by themselves, and with other replicas than their segment. */
    private final TreeMap<Long, Set<String>> keys = new TreeMap<>(Long::compareUnsigned);
    /** Equal sets are kept once. */
    private final Map<Set<String>, Set<String>> sets = new HashMap<>();

    JudgedWith(KeyRange ranges) {
        this.ranges = ranges;
    }

    /** The replicas with which a key was judged; none if it was not judged. */
    Set<String> of(long key) {
        Set<String> single = keys.get(key);
        return single == null ? segments.getOrDefault(ranges.segment(key), Set.of()) : single;
    }

    /** Whether a key is to be judged with replicas, because they are more than those with which it was judged. */
    boolean isMore(long key, Set<String> replicas) {
        Set<String> before = of(key);
        return replicas.size() > before.size() && replicas.containsAll(before);
    }

    /** All keys of a segment were judged with replicas, but for those that were judged with others. */
    void segment(int segment, Set<String> replicas) {
        segments.put(segment, once(replicas));
        ranges.of(keys, segment).values().removeIf(replicas::containsAll);
    }

    /** A key was judged with replicas. */
    void key(long key, Set<String> replicas) {
        keys.put(key, once(replicas));
    }

    /** What a replica held does not count: it has sealed its tree anew. */
    void forget(String replica) {
        segments.replaceAll((segment, replicas) -> without(replica, replicas));
        keys.replaceAll((key, replicas) -> without(replica, replicas));
    }

    private Set<String> without(String replica, Set<String> replicas) {
        if (!replicas.contains(replica)) {
            return replicas;
        }
        TreeSet<String> others = new TreeSet<>(replicas);
        others.remove(replica);
        return once(others);
    }

    private Set<String> once(Set<String> replicas) {
        return sets.computeIfAbsent(Set.copyOf(replicas), all -> all);
    }
}
