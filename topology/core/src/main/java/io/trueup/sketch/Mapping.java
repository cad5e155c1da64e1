package io.trueup.sketch;

/**
 * The symbols that contain an element: of the symbols at index i a share of 1 / (1 + i / 2) does, so the first contains all. The
 * gap from one index to the next is drawn in one step, by the inverse of its distribution: (i + 1.5) * (u^(-1/2) - 1) for a u
 * that is even in (0, 1]. See section 4 of the paper, and its authors' implementation (github.com/yangl1996/riblt). An element
 * lies in about 2 ln(n / 1.5) + 1 of the first n symbols.
 *
 * <p>Square roots are rounded alike on all processors (IEEE 754), so all replicas compute the same.
 */
final class Mapping {

    private static final double UNIT = 0x1.0p-53;

    private Mapping() {}

    /** The state of the generator after a seed or an earlier state: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014). */
    static long advance(long state) {
        return state + 0x9E3779B97F4A7C15L;
    }

    /** The next index that contains the element; {@link Integer#MAX_VALUE} if it is too large. */
    static int next(int index, long state) {
        double u = ((mixed(state) >>> 11) + 1) * UNIT;
        double gap = Math.ceil((index + 1.5) * (1 / Math.sqrt(u) - 1));
        return (int) Math.min(Integer.MAX_VALUE, index + Math.max(1, gap));
    }

    private static long mixed(long state) {
        long z = (state ^ state >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }

    /** The share of all elements that the symbol at an index contains. */
    static double share(int index) {
        return 1 / (1 + index / 2.0);
    }

    /** Whether the symbol at an index contains an element. */
    static boolean contains(int index, long seed) {
        int at = 0;
        for (long state = advance(seed); at < index; state = advance(state)) {
            at = next(at, state);
        }
        return at == index;
    }
}
