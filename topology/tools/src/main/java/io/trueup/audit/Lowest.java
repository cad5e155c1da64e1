package io.trueup.audit;

import io.trueup.tree.Hash128;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/** Counts key hashes and keeps the lowest of them: which these are does not depend on the order in which they come. */
final class Lowest {

    private final int most;
    private final PriorityQueue<Hash128> kept = new PriorityQueue<>(Comparator.reverseOrder());
    private long count;

    /** @param most how many to keep */
    Lowest(int most) {
        this.most = most;
    }

    void add(Hash128 hash) {
        count++;
        if (kept.size() < most) {
            kept.add(hash);
        } else if (most > 0 && hash.compareTo(kept.peek()) < 0) {
            kept.poll();
            kept.add(hash);
        }
    }

    void clear() {
        kept.clear();
        count = 0;
    }

    /** How many there were. */
    long count() {
        return count;
    }

    /** Those that are kept, in order. */
    List<Hash128> kept() {
        return kept.stream().sorted().toList();
    }
}
