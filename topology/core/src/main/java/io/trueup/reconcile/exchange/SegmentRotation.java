package io.trueup.reconcile.exchange;

import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Chooses the segments that a pair of replicas compares in a round where more differ than one round may compare: each round
 * continues where the last one stopped, so that all are reached. Both replicas of a pair choose the same as long as they hear
 * the same; if they do not, each still reaches all segments. Not thread-safe.
 */
public final class SegmentRotation {

    private final int bits;
    private final Map<String, Integer> next = new HashMap<>();

    /** @param bits the tree has {@code 1 << bits} segments */
    public SegmentRotation(int bits) {
        this.bits = bits;
    }

    /** The segments to compare with a peer, at most {@code bound} of those that differ. */
    public List<Integer> choose(String peer, BitSet differing, int bound) {
        return inOrder(peer, bits, differing.stream().boxed().toList()).stream()
                .limit(bound)
                .toList();
    }

    /** Nodes of a level in the order in which their segments are compared. */
    public TreeSet<Integer> inOrder(String peer, int level, List<Integer> nodes) {
        int mask = (1 << level) - 1;
        int start = next.getOrDefault(peer, 0) >> bits - level;
        TreeSet<Integer> order = new TreeSet<>((a, b) -> Integer.compare(a - start & mask, b - start & mask));
        order.addAll(nodes);
        return order;
    }

    /**
     * Notes the segments that were compared with a peer in a round, and all that differed. If none was compared, because the
     * differing hashes arrived only at the end of the round, the next round begins where this one would have.
     */
    public void compared(String peer, BitSet chosen, BitSet differing) {
        if (chosen.cardinality() == differing.cardinality()) {
            next.remove(peer);
            return;
        }
        if (chosen.isEmpty()) {
            return;
        }
        int last = inOrder(peer, bits, chosen.stream().boxed().toList()).last();
        next.put(peer, last + 1 & (1 << bits) - 1);
    }
}
