package io.trueup.reconcile.exchange;

import io.trueup.reconcile.exchange.Message.Segment;
import io.trueup.reconcile.rule.EntrySummary;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A segment that waits for the entries of all replicas that take part. What it holds in memory depends on the chunks that were
 * heard, not on how many chunks a message claims. Not thread-safe.
 */
final class PendingSegment {

    private final Map<String, List<EntrySummary>> whole = new TreeMap<>();
    private final Map<String, Chunks> incomplete = new HashMap<>();

    /**
     * The chunks heard of a replica that has sent more than one.
     *
     * @param expected how many there are
     * @param heard entries by number of chunk
     */
    private record Chunks(int expected, TreeMap<Integer, List<EntrySummary>> heard) {}

    /** The entries of the replicas of which all chunks were heard, by name. */
    Map<String, List<EntrySummary>> whole() {
        return new TreeMap<>(whole);
    }

    boolean isWhole(String replica) {
        return whole.containsKey(replica);
    }

    /** Takes in all entries of a replica. */
    void put(String replica, List<EntrySummary> entries) {
        whole.put(replica, entries);
    }

    /**
     * Checks that a chunk and those heard of the replica before are parts of the same whole.
     *
     * @throws InvalidMessageException otherwise
     */
    void check(String replica, Segment segment) {
        Chunks before = incomplete.get(replica);
        if (before != null && before.expected() != segment.chunks()) {
            throw new InvalidMessageException("segment " + segment.index() + " has " + segment.chunks()
                    + " chunks here, and " + before.expected() + " in an earlier message");
        }
    }

    /** Takes in one chunk of a replica's entries, for which {@link #check} must hold. */
    void add(String replica, Segment segment) {
        Chunks chunks = incomplete.computeIfAbsent(replica, r -> new Chunks(segment.chunks(), new TreeMap<>()));
        chunks.heard().put(segment.chunk(), segment.entries());
        if (chunks.heard().size() == chunks.expected()) {
            List<EntrySummary> entries = new ArrayList<>();
            chunks.heard().values().forEach(entries::addAll);
            whole.put(replica, entries);
            incomplete.remove(replica);
        }
    }

    /** Drops what was heard of a replica: it has sealed its tree anew. */
    void forget(String replica) {
        whole.remove(replica);
        incomplete.remove(replica);
    }
}
