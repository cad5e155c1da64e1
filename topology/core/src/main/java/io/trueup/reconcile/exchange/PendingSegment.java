package io.trueup.reconcile.exchange;

import io.trueup.reconcile.exchange.Message.Segment;
import io.trueup.reconcile.rule.EntrySummary;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A segment that waits for the entries of all replicas that take part. Not thread-safe. */
final class PendingSegment {

    private final Map<String, List<EntrySummary>> whole = new TreeMap<>();
    private final Map<String, List<List<EntrySummary>>> chunks = new HashMap<>();

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

    /** Takes in one chunk of a replica's entries. */
    void add(String replica, Segment segment) {
        List<List<EntrySummary>> heard = chunks.computeIfAbsent(replica, r -> new ArrayList<>());
        while (heard.size() < segment.chunks()) {
            heard.add(null);
        }
        heard.set(segment.chunk(), segment.entries());
        if (!heard.contains(null)) {
            List<EntrySummary> entries = new ArrayList<>();
            heard.forEach(entries::addAll);
            whole.put(replica, entries);
            chunks.remove(replica);
        }
    }

    /** Drops what was heard of a replica: it has sealed its tree anew. */
    void forget(String replica) {
        whole.remove(replica);
        chunks.remove(replica);
    }
}
