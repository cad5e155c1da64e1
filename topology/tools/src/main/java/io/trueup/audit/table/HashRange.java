package io.trueup.audit.table;

import io.trueup.tree.Hash128;
import java.util.List;

/**
 * The keys whose hash has an upper lane between {@code first} and {@code last}, both included, as unsigned numbers.
 *
 * @param first lowest upper lane
 * @param last highest upper lane
 */
public record HashRange(long first, long last) {

    /** All keys. */
    public static final HashRange ALL = new HashRange(0, -1);

    private static final long MIN_WIDTH = 1L << 44;

    /** Whether the hash of a key is in the range. */
    public boolean contains(Hash128 hash) {
        return Long.compareUnsigned(hash.hi(), first) >= 0 && Long.compareUnsigned(hash.hi(), last) <= 0;
    }

    /** Whether it contains all keys. */
    public boolean isAll() {
        return equals(ALL);
    }

    /** The lower and the upper half. */
    public List<HashRange> halves() {
        long middle = first + (last - first >>> 1);
        return List.of(new HashRange(first, middle), new HashRange(middle + 1, last));
    }

    /** Whether it is wide enough to be divided: a millionth of all keys is not. */
    public boolean isDivisible() {
        return Long.compareUnsigned(last - first, MIN_WIDTH) > 0;
    }
}
