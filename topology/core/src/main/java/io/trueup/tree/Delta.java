package io.trueup.tree;

import io.trueup.sketch.Sketch;
import java.util.Arrays;

/**
 * What one window changes in a tree: for each segment touched, a sum of digests and a count; and the sketch of what is added, less
 * what is removed. An open-addressing table of primitives, which grows with the segments touched, and the symbols. Not thread-safe.
 */
final class Delta {

    /** What a slot takes up. */
    static final int SLOT_BYTES = 24;

    /** Receives the change of one segment. */
    @FunctionalInterface
    interface Visitor {
        void visit(int segment, long hi, long lo, int count);
    }

    private static final int FREE = -1;

    private int[] segments = new int[16];
    private int[] counts = new int[16];
    private long[] sums = new long[32];
    private int size;
    private final KeyedHash hash;
    private final Sketch sketch;

    /** @param symbols symbols of the sketch */
    Delta(KeyedHash hash, int symbols) {
        this.hash = hash;
        this.sketch = new Sketch(symbols);
        Arrays.fill(segments, FREE);
    }

    /**
     * Adds an entry.
     *
     * @param digest digest of the entry
     * @param times 1, or -1 to remove it
     */
    void add(Hash128 keyHash, int segment, Hash128 digest, int times) {
        sketch.add(hash, keyHash.hi(), digest.hi(), times);
        add(segment, times * digest.hi(), times * digest.lo(), times);
    }

    private void add(int segment, long hi, long lo, int count) {
        if (2 * (size + 1) > segments.length) {
            grow();
        }
        int slot = slot(segment);
        if (segments[slot] == FREE) {
            segments[slot] = segment;
            size++;
        }
        sums[2 * slot] += hi;
        sums[2 * slot + 1] += lo;
        counts[slot] += count;
    }

    /** Slots of the table, of which at least half are free, and symbols; {@link #SLOT_BYTES} each. */
    int slots() {
        return segments.length + sketch.size();
    }

    Sketch sketch() {
        return sketch;
    }

    void forEach(Visitor visitor) {
        for (int slot = 0; slot < segments.length; slot++) {
            if (segments[slot] != FREE) {
                visitor.visit(segments[slot], sums[2 * slot], sums[2 * slot + 1], counts[slot]);
            }
        }
    }

    private int slot(int segment) {
        int mask = segments.length - 1;
        int slot = (segment * 0x9E3779B1) >>> 7 & mask;
        while (segments[slot] != FREE && segments[slot] != segment) {
            slot = slot + 1 & mask;
        }
        return slot;
    }

    private void grow() {
        int[] oldSegments = segments;
        int[] oldCounts = counts;
        long[] oldSums = sums;
        segments = new int[2 * oldSegments.length];
        counts = new int[segments.length];
        sums = new long[2 * segments.length];
        Arrays.fill(segments, FREE);
        for (int old = 0; old < oldSegments.length; old++) {
            if (oldSegments[old] != FREE) {
                int slot = slot(oldSegments[old]);
                segments[slot] = oldSegments[old];
                counts[slot] = oldCounts[old];
                sums[2 * slot] = oldSums[2 * old];
                sums[2 * slot + 1] = oldSums[2 * old + 1];
            }
        }
    }
}
