package io.trueup.tree;

import io.trueup.sketch.Sketch;

/**
 * A Merkle tree that stands still at a cut while writes go on: changes wait in the delta of their window until the cut of
 * that window is sealed. A sealed tree never changes. The first symbols of a sketch of the same entries stand beside it. Not
 * thread-safe.
 */
final class CutTree {

    private final MerkleTree tree;
    private final KeyedHash hash;
    private final Sketch sketch;
    private final PendingDeltas pending;
    private final Expiries expiries;
    private long sealedRound;

    /**
     * A tree that starts empty at the cut of a round.
     *
     * @param symbols symbols of the sketch
     * @param expiries what expires in windows that are not sealed
     */
    CutTree(KeyedHash hash, int bits, int symbols, long sealedRound, Expiries expiries) {
        this.hash = hash;
        this.sketch = new Sketch(symbols);
        this.pending = new PendingDeltas(hash, symbols);
        this.tree = new MerkleTree(hash, bits);
        this.expiries = expiries;
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
    void add(long window, Hash128 keyHash, int segment, Hash128 digest) {
        change(window, keyHash, segment, digest, 1);
    }

    /** Removes an entry's digest from a window on. */
    void remove(long window, Hash128 keyHash, int segment, Hash128 digest) {
        change(window, keyHash, segment, digest, -1);
    }

    private void change(long window, Hash128 keyHash, int segment, Hash128 digest, int times) {
        if (window == Windows.NONE) {
            return;
        }
        if (window <= sealedRound) {
            tree.add(segment, times * digest.hi(), times * digest.lo(), times);
            sketch.add(hash, keyHash.hi(), digest.hi(), times);
        } else {
            pending.add(window, keyHash, segment, digest, times);
        }
    }

    /** An entry expires in a window, {@link Windows#NONE}: never. Only while the tree is built may the window be sealed. */
    void expire(long window, Hash128 keyHash, int segment, Hash128 digest) {
        if (window <= sealedRound) {
            remove(window, keyHash, segment, digest);
        } else {
            expiries.add(window, keyHash, segment, digest);
        }
    }

    /**
     * An entry that was to expire in a window, and is not stored any more, leaves the tree from another window on, which is not sealed;
     * or when it expires, if that is before. Its expiry does not wait among the others: those are found in the table again once there
     * was no room for them.
     */
    void leave(long window, long expiry, Hash128 keyHash, int segment, Hash128 digest) {
        if (expiry <= sealedRound) {
            return; // it has left
        }
        remove(Math.min(window, expiry), keyHash, segment, digest);
        if (expiries.isKnown(expiry, keyHash)) {
            expiries.cancel(expiry, keyHash, segment, digest);
        }
    }

    /**
     * Moves the tree on to the cut of a round, or the last one before it of which it is known what expires; costs only what
     * changed. Rounds before the sealed one are ignored.
     */
    void seal(long round) {
        long last = Math.min(round, expiries.knownTo());
        pending.drain(last, this::add);
        expiries.drain(last, this::add);
        sealedRound = Math.max(sealedRound, last);
    }

    private void add(Delta delta) {
        delta.forEach(tree::add);
        sketch.add(delta.sketch());
    }

    /** The sketch of what is in the tree; it must not be changed. */
    Sketch sketch() {
        return sketch;
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
