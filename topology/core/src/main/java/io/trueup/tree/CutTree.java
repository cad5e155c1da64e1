package io.trueup.tree;

/**
 * A Merkle tree that stands still at a cut while writes go on: changes wait in the delta of their window until the cut of
 * that window is sealed. A sealed tree never changes. Not thread-safe.
 */
final class CutTree {

    private final MerkleTree tree;
    private final PendingDeltas pending = new PendingDeltas();
    private final Expiries expiries;
    private long sealedRound;

    /**
     * A tree that starts empty at the cut of a round.
     *
     * @param expiries what expires in windows that are not sealed
     */
    CutTree(KeyedHash hash, int bits, long sealedRound, Expiries expiries) {
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
            pending.add(window, segment, hi, lo, count);
        }
    }

    /** An entry expires in a window, {@link Windows#NONE}: never. Only while the tree is built may the window be sealed. */
    void expire(long window, Hash128 keyHash, int segment, Hash128 digest) {
        if (window <= sealedRound) {
            remove(window, segment, digest);
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
        remove(Math.min(window, expiry), segment, digest);
        if (expiries.isKnown(expiry, keyHash)) {
            expiries.cancel(expiry, segment, digest);
        }
    }

    /**
     * Moves the tree on to the cut of a round, or the last one before it of which it is known what expires; costs only what
     * changed. Rounds before the sealed one are ignored.
     */
    void seal(long round) {
        long last = Math.min(round, expiries.knownTo());
        pending.drain(last, tree::add);
        expiries.drain(last, tree::add);
        sealedRound = Math.max(sealedRound, last);
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
