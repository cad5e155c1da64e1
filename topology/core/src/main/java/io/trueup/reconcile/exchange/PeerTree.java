package io.trueup.reconcile.exchange;

import io.trueup.reconcile.exchange.Message.Root;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** What one round has learned of a peer's tree. Not thread-safe. */
final class PeerTree {

    static final int NONE = -1;

    final String name;
    final long sealOffset;
    final Root root;
    /** False: the peer lags behind as a whole, or this replica behind the peer; then nothing below the root is compared. */
    final boolean compared;

    /** Nodes above the leaves, numbered {@code (1 << level) + index}, of which the peer's hashes below are still awaited. */
    final BitSet awaited = new BitSet();
    /** Nodes of which the hashes below were heard: they do not change, and may be heard again. */
    final BitSet heardBelow = new BitSet();
    /** Segments in which the peer differs from this replica. */
    final BitSet differing = new BitSet();
    /** Those of them that are compared in this round. */
    final BitSet chosen = new BitSet();
    /** Entries that this replica holds in these. */
    long chosenRows;

    /** Segments that were resolved with what the peer holds there. */
    final BitSet resolvedWith = new BitSet();
    /** Segments in which the peer holds nothing, while this replica has live entries there. */
    final BitSet nothing = new BitSet();

    /** Whether the peer has sent the hashes below its root. */
    boolean descended;
    /** Whether the peer has sent symbols. */
    boolean sentSymbols;
    /** Whether the peer is compared by sketches of everything, of which none is decoded yet. */
    boolean sketching;
    /** Whether this replica has begun with a sketch of what it holds now, because the symbols at the cut cannot suffice. */
    boolean begunNow;
    /** Whether the keys in which the peer differs are known by a sketch of everything. */
    boolean keyed;
    /** Whether all keys are known in which the peer differed at the cut. */
    boolean exact;
    /** What was heard of the peer's sketches, by the segments that they cover. */
    final Map<List<Integer>, PeerSketch> sketches = new HashMap<>();
    /** Segments in which the keys are known that differ. */
    final BitSet decoded = new BitSet();
    /** These keys by segment: the upper lanes of their hashes. */
    final Map<Integer, Set<Long>> keys = new HashMap<>();
    /** Keys that were resolved with what the peer holds. */
    final Set<Long> resolvedWithKeys = new HashSet<>();

    /** The first segment that was chosen and heard of the peer, or {@link #NONE}. */
    int firstChosen = NONE;
    /** The first one that was heard though it was not chosen. */
    int firstOther = NONE;
    /** Whether keys were heard of the peer. */
    boolean heardKeys;

    /** Number of nodes below which the peer holds something and this replica nothing. */
    int onlyThere;

    /** Whether the segments to compare in this round were chosen. */
    boolean hasChosen;

    PeerTree(String name, long sealOffset, Root root, boolean compared) {
        this.name = name;
        this.sealOffset = sealOffset;
        this.root = root;
        this.compared = compared;
    }

    /** The keys of a segment that are known to differ. */
    Set<Long> keys(int segment) {
        return keys.getOrDefault(segment, Set.of());
    }

    /** The keys are known in which the peer differs in a segment. */
    void decoded(int segment, long key) {
        keys.computeIfAbsent(segment, s -> new TreeSet<>(Long::compareUnsigned)).add(key);
    }

    /**
     * Whether segments are resolved: as a whole, or each key that differs.
     *
     * @param whole segments that are resolved as a whole
     * @param single keys that are resolved
     */
    boolean areResolved(BitSet segments, BitSet whole, Set<Long> single) {
        for (int segment = segments.nextSetBit(0); segment >= 0; segment = segments.nextSetBit(segment + 1)) {
            if (!whole.get(segment) && !(decoded.get(segment) && single.containsAll(keys(segment)))) {
                return false;
            }
        }
        return true;
    }

    /** Whether what was compared in segments is all in which the peer differed there at the cut. */
    boolean isProven(BitSet segments) {
        BitSet byKeys = (BitSet) segments.clone();
        byKeys.andNot(resolvedWith);
        return exact || byKeys.isEmpty();
    }

    /** Whether the peer may differ in a key. */
    boolean differs(int segment, long key) {
        return nothing.get(segment)
                || differing.get(segment) && !(exact && !keys(segment).contains(key));
    }

    /** Adds the segments that differ, and those below nodes of which nothing was heard: they may differ. */
    void addWhatMayDiffer(BitSet segments, int bits) {
        segments.or(differing);
        for (int node = awaited.nextSetBit(0); node >= 0; node = awaited.nextSetBit(node + 1)) {
            int level = Integer.SIZE - 1 - Integer.numberOfLeadingZeros(node);
            int first = node - (1 << level) << bits - level;
            segments.set(first, first + (1 << bits - level));
        }
    }
}
