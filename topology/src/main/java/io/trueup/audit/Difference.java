package io.trueup.audit;

import io.trueup.tree.Hash128;
import java.util.BitSet;
import java.util.List;
import java.util.function.Consumer;

/**
 * Finds the keys that replicas do not hold alike, by their tables. Segments that sum up to the same everywhere are not
 * looked into.
 */
final class Difference {

    private final List<KeyTable> tables;
    private final int bits;

    /** @param bits there are {@code 1 << bits} segments, by the top bits of the key hash */
    Difference(List<KeyTable> tables, int bits) {
        this.tables = tables;
        this.bits = bits;
    }

    /** Finds the hashes of the keys that differ; each once, in no order. */
    void find(Consumer<Hash128> found) {
        BitSet unequal = unequalSegments();
        if (unequal.isEmpty()) {
            return;
        }
        for (int i = 0; i < tables.size(); i++) {
            int first = i;
            tables.get(i).forEach((hi, lo, digestHi, digestLo) -> {
                if (unequal.get(segment(hi)) && isFirst(first, hi, lo) && differs(first, hi, lo, digestHi, digestLo)) {
                    found.accept(new Hash128(hi, lo));
                }
            });
        }
    }

    private BitSet unequalSegments() {
        long[] first = sums(tables.get(0));
        BitSet unequal = new BitSet();
        for (int i = 1; i < tables.size(); i++) {
            long[] other = sums(tables.get(i));
            for (int segment = 0; segment < 1 << bits; segment++) {
                if (first[2 * segment] != other[2 * segment] || first[2 * segment + 1] != other[2 * segment + 1]) {
                    unequal.set(segment);
                }
            }
        }
        return unequal;
    }

    private long[] sums(KeyTable table) {
        long[] sums = new long[2 << bits];
        table.forEach((hi, lo, digestHi, digestLo) -> {
            int segment = segment(hi);
            sums[2 * segment] += digestHi;
            sums[2 * segment + 1] += digestLo;
        });
        return sums;
    }

    /** Whether no table before this one remembers the key: then nobody has looked at it. */
    private boolean isFirst(int table, long hi, long lo) {
        for (int i = 0; i < table; i++) {
            if (tables.get(i).remembers(hi, lo)) {
                return false;
            }
        }
        return true;
    }

    private boolean differs(int table, long hi, long lo, long digestHi, long digestLo) {
        for (int i = table + 1; i < tables.size(); i++) {
            if (!tables.get(i).holds(hi, lo, digestHi, digestLo)) {
                return true;
            }
        }
        return table > 0 && (digestHi | digestLo) != 0;
    }

    private int segment(long hi) {
        return bits == 0 ? 0 : (int) (hi >>> -bits);
    }
}
