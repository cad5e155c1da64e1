package io.trueup.audit;

import io.trueup.tree.Hash128;
import java.util.List;

/**
 * The keys whose hash has an upper lane from {@code first} to {@code last}, both included, as unsigned numbers.
 *
 * @param first lowest upper lane
 * @param last highest upper lane
 */
record HashRange(long first, long last) {

    static final HashRange ALL = new HashRange(0, -1);

    private static final long SMALLEST = 1L << 44;

    boolean contains(Hash128 hash) {
        return Long.compareUnsigned(hash.hi(), first) >= 0 && Long.compareUnsigned(hash.hi(), last) <= 0;
    }

    boolean isAll() {
        return equals(ALL);
    }

    /** The lower and the upper half. */
    List<HashRange> halves() {
        long middle = first + (last - first >>> 1);
        return List.of(new HashRange(first, middle), new HashRange(middle + 1, last));
    }

    /** Whether it is worth dividing: a millionth of all keys is not. */
    boolean isDivisible() {
        return Long.compareUnsigned(last - first, SMALLEST) > 0;
    }
}
