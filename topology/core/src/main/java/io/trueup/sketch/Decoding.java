package io.trueup.sketch;

import java.util.Arrays;

/**
 * The elements that the difference of two sketches contains, recovered by peeling: a symbol that contains a single element shows
 * it, and the element is removed from all others that contain it, of which some then contain a single one. Costs O(n log n) for n
 * symbols, whatever they contain: of wrong symbols at most n elements are peeled.
 *
 * <p>A sum of several elements passes for a single one with a probability of 2^-32 a test, by chance and for anybody who does not
 * know the hashes. What is decoded is then wrong, as it is of forged symbols. So a decoded element is a hint which keys to
 * compare, and no proof that they differ. Immutable.
 */
public final class Decoding {

    private final long[] keys;
    private final long[] digests;
    private final boolean[] ofFirst;
    private final boolean complete;

    private Decoding(Peeling peeling) {
        keys = Arrays.copyOf(peeling.keys, peeling.size);
        digests = Arrays.copyOf(peeling.digests, peeling.size);
        ofFirst = Arrays.copyOf(peeling.ofFirst, peeling.size);
        complete = peeling.left.isEmpty();
    }

    /**
     * Decodes the difference of two sketches.
     *
     * @param difference the sketch of the first set, minus that of the second; it is not changed
     */
    public static Decoding of(ElementHash hash, Sketch difference) {
        Peeling peeling = new Peeling(hash, difference.prefix(difference.size()));
        peeling.run();
        return new Decoding(peeling);
    }

    /** Whether everything was recovered. Otherwise more symbols are needed. */
    public boolean isComplete() {
        return complete;
    }

    /** Number of elements that were recovered. */
    public int size() {
        return keys.length;
    }

    /** Key of a recovered element. A key of which both sets hold something else has two elements. */
    public long key(int element) {
        return keys[element];
    }

    /** Digest of a recovered element. */
    public long digest(int element) {
        return digests[element];
    }

    /** Whether the first set has a recovered element; otherwise the second has it. */
    public boolean isOfFirst(int element) {
        return ofFirst[element];
    }

    private static final class Peeling {
        private final ElementHash hash;
        private final Sketch left;
        private final long[] keys;
        private final long[] digests;
        private final boolean[] ofFirst;
        private int size;

        /** Indices of symbols that may contain a single element. */
        private final int[] candidates;

        private final boolean[] isCandidate;
        private int waiting;

        Peeling(ElementHash hash, Sketch left) {
            this.hash = hash;
            this.left = left;
            int symbols = left.size();
            keys = new long[symbols];
            digests = new long[symbols];
            ofFirst = new boolean[symbols];
            candidates = new int[symbols];
            isCandidate = new boolean[symbols];
        }

        void run() {
            for (int index = left.size() - 1; index >= 0; index--) {
                offer(index);
            }
            while (waiting > 0 && size < keys.length) {
                int index = candidates[--waiting];
                isCandidate[index] = false;
                peel(index);
            }
        }

        private void offer(int index) {
            if (Math.abs(left.count(index)) == 1 && !isCandidate[index]) {
                isCandidate[index] = true;
                candidates[waiting++] = index;
            }
        }

        private void peel(int index) {
            int times = left.count(index);
            long key = times * left.key(index);
            long digest = times * left.digest(index);
            if (Math.abs(times) != 1 || times * left.checksum(index) != hash.checksum(key, digest)) {
                return;
            }
            long seed = hash.mapping(key, digest);
            if (!Mapping.contains(index, seed)) {
                return;
            }
            left.add(hash, key, digest, -times);
            offerAll(seed);
            keys[size] = key;
            digests[size] = digest;
            ofFirst[size] = times == 1;
            size++;
        }

        /** The symbols that contain the element with a seed contain one element less. */
        private void offerAll(long seed) {
            long state = seed;
            int index = 0;
            while (index < left.size()) {
                offer(index);
                state = Mapping.advance(state);
                index = Mapping.next(index, state);
            }
        }
    }
}
