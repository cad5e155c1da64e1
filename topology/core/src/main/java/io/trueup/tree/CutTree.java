package io.trueup.tree;

import java.util.Map;
import java.util.TreeMap;

/**
 * A Merkle tree that stands still at a cut while writes go on: changes wait in the delta of their window until the cut of
 * that window is sealed. A sealed tree never changes. Not thread-safe.
 */
final class CutTree {

    private final MerkleTree tree;
    private final TreeMap<Long, Delta> pending = new TreeMap<>();
    private long sealedRound;

    /** @param sealedRound the tree starts empty at the cut of this round */
    CutTree(KeyedHash hash, int bits, long sealedRound) {
        this.tree = new MerkleTree(hash, bits);
        this.sealedRound = sealedRound;
    }

    long sealedRound() {
        return sealedRound;
    }

    /**
     * Adds an entry's digest from a window on. Only while the tree is built may the window be sealed.
     *
     * @param window {@link Windows#NONE}: never, nothing happens
     */
    void add(long window, int segment, Hash128 digest) {
        change(window, segment, digest.hi(), digest.lo(), 1);
    }

    /** Removes an entry's digest from a window on. */
    void remove(long window, int segment, Hash128 digest) {
        change(window, segment, -digest.hi(), -digest.lo(), -1);
    }

    private void change(long window, int segment, long hi, long lo, int count) {
        if (window == Windows.NONE) {
            return;
        }
        if (window <= sealedRound) {
            tree.add(segment, hi, lo, count);
        } else {
            pending.computeIfAbsent(window, w -> new Delta()).add(segment, hi, lo, count);
        }
    }

    /** Moves the tree on to the cut of a round; costs only what changed. Rounds before the sealed one are ignored. */
    void seal(long round) {
        while (!pending.isEmpty() && pending.firstKey() <= round) {
            Map.Entry<Long, Delta> window = pending.pollFirstEntry();
            window.getValue().forEach(tree::add);
        }
        sealedRound = Math.max(sealedRound, round);
    }

    Hash128 node(int level, int index) {
        return tree.node(level, index);
    }

    boolean isEmpty(int level, int index) {
        return tree.isEmpty(level, index);
    }

    long entries() {
        return tree.entries();
    }
}
