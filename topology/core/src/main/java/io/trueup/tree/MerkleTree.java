package io.trueup.tree;

import java.util.BitSet;

/**
 * A binary Merkle tree over {@code 1 << bits} segments. The hash of a leaf covers the lane-wise sum of its entries' digests
 * and their count: a multiset hash (Clarke et al., "Incremental Multiset Hash Functions", 2003), so that adding and removing
 * an entry cost O(1) and order does not matter. An inner node is the hash of its two children, computed when asked for, over
 * what has changed since.
 *
 * <p>Memory: 52 bytes per segment. Not thread-safe.
 */
public final class MerkleTree {

    private final KeyedHash hash;
    private final int bits;
    private final long[] sums;
    private final int[] counts;
    /** Hash of node {@code i} at {@code 2 * i}; node 1 is the root, the children of i are 2 i and 2 i + 1. */
    private final long[] nodes;

    /** Hash of a node without entries, by level. */
    private final Hash128[] empty;

    private final BitSet changed;
    private long entries;

    /** An empty tree of {@code 1 << bits} segments. */
    public MerkleTree(KeyedHash hash, int bits) {
        this.hash = hash;
        this.bits = bits;
        int segments = 1 << bits;
        sums = new long[2 * segments];
        counts = new int[segments];
        nodes = new long[4 * segments];
        empty = new Hash128[bits + 1];
        empty[bits] = hash.leaf(0, 0, 0);
        for (int level = bits - 1; level >= 0; level--) {
            Hash128 child = empty[level + 1];
            empty[level] = hash.node(child.hi(), child.lo(), child.hi(), child.lo());
        }
        changed = new BitSet(segments);
        changed.set(0, segments);
    }

    /** Adds {@code count} entries whose digests sum up to the given lanes; all three may be negative. */
    public void add(int segment, long hi, long lo, int count) {
        sums[2 * segment] += hi;
        sums[2 * segment + 1] += lo;
        counts[segment] += count;
        entries += count;
        changed.set(segment);
    }

    /** Entries in the tree. */
    public long entries() {
        return entries;
    }

    /** Hash of a node; level 0 is the root. Costs O(changed segments * bits) if the tree has changed, else O(1). */
    public Hash128 node(int level, int index) {
        refresh();
        int at = 2 * ((1 << level) + index);
        return new Hash128(nodes[at], nodes[at + 1]);
    }

    /** Whether no entry lies below a node. */
    boolean isEmpty(int level, int index) {
        refresh();
        int at = 2 * ((1 << level) + index);
        return nodes[at] == empty[level].hi() && nodes[at + 1] == empty[level].lo();
    }

    private void refresh() {
        if (changed.isEmpty()) {
            return;
        }
        int leaves = 1 << bits;
        for (int segment = changed.nextSetBit(0); segment >= 0; segment = changed.nextSetBit(segment + 1)) {
            set(leaves + segment, hash.leaf(sums[2 * segment], sums[2 * segment + 1], counts[segment]));
        }
        BitSet level = (BitSet) changed.clone();
        for (int width = leaves >> 1; width > 0; width >>= 1) {
            BitSet parents = new BitSet(width);
            for (int child = level.nextSetBit(0); child >= 0; child = level.nextSetBit(child + 1)) {
                parents.set(child >> 1);
            }
            for (int parent = parents.nextSetBit(0); parent >= 0; parent = parents.nextSetBit(parent + 1)) {
                int left = 4 * (width + parent);
                set(width + parent, hash.node(nodes[left], nodes[left + 1], nodes[left + 2], nodes[left + 3]));
            }
            level = parents;
        }
        changed.clear();
    }

    private void set(int node, Hash128 value) {
        nodes[2 * node] = value.hi();
        nodes[2 * node + 1] = value.lo();
    }
}
