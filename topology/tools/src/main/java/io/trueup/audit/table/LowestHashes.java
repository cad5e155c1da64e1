package io.trueup.audit.table;

import io.trueup.tree.Hash128;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/** Counts key hashes and keeps the lowest of them. The order in which they are added does not matter. Not thread-safe. */
public final class LowestHashes {

    private final int max;
    private final PriorityQueue<Hash128> kept = new PriorityQueue<>(Comparator.reverseOrder());
    private long count;

    /**
     * An empty set.
     *
     * @param max how many hashes to keep
     */
    public LowestHashes(int max) {
        this.max = max;
    }

    /** Counts a hash, and keeps it if it is among the lowest. */
    public void add(Hash128 hash) {
        count++;
        if (kept.size() < max) {
            kept.add(hash);
        } else if (max > 0 && hash.compareTo(kept.peek()) < 0) {
            kept.poll();
            kept.add(hash);
        }
    }

    /** Forgets all hashes. */
    public void clear() {
        kept.clear();
        count = 0;
    }

    /** How many were added. */
    public long count() {
        return count;
    }

    /** Those that are kept, in order. */
    public List<Hash128> kept() {
        return kept.stream().sorted().toList();
    }
}
