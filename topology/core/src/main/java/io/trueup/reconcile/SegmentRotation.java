package io.trueup.reconcile;

import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Which segments a pair of replicas compares in a round, where more differ than may be compared: each round goes on where the
 * last one stopped, so that all are reached. Both of a pair remember the same as long as they hear the same; if they do not,
 * each still goes round. Not thread-safe.
 */
final class SegmentRotation {

    private final int bits;
    private final Map<String, Integer> next = new HashMap<>();

    /** @param bits the tree has {@code 1 << bits} segments */
    SegmentRotation(int bits) {
        this.bits = bits;
    }

    /** The segments to compare with a peer, at most {@code bound} of those that differ. */
    List<Integer> choose(String peer, BitSet differing, int bound) {
        return inTurn(peer, bits, differing.stream().boxed().toList()).stream()
                .limit(bound)
                .toList();
    }

    /** Nodes of a level in the order in which their segments come. */
    TreeSet<Integer> inTurn(String peer, int level, List<Integer> nodes) {
        int mask = (1 << level) - 1;
        int start = next.getOrDefault(peer, 0) >> bits - level;
        TreeSet<Integer> order = new TreeSet<>((a, b) -> Integer.compare(a - start & mask, b - start & mask));
        order.addAll(nodes);
        return order;
    }

    /**
     * Notes what was compared with a peer in a round, and what would have had to be. If nothing was, because what differs was
     * heard only at the end of the round, the next one begins where this one would have.
     */
    void served(String peer, BitSet chosen, BitSet differing) {
        if (chosen.cardinality() == differing.cardinality()) {
            next.remove(peer);
            return;
        }
        if (chosen.isEmpty()) {
            return;
        }
        int last = inTurn(peer, bits, chosen.stream().boxed().toList()).last();
        next.put(peer, last + 1 & (1 << bits) - 1);
    }
}
