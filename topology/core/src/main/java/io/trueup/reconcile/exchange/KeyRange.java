package io.trueup.reconcile.exchange;

import java.util.NavigableMap;

/**
 * Which keys lie in which segment of a tree, by the upper lanes of their hashes.
 *
 * @param bits the tree has {@code 1 << bits} segments
 */
record KeyRange(int bits) {

    /** The segment in which a key lies. */
    int segment(long key) {
        return bits == 0 ? 0 : (int) (key >>> -bits);
    }

    /** The part of a map that is about the keys of a segment: a view. Its keys are in unsigned order. */
    <T> NavigableMap<Long, T> of(NavigableMap<Long, T> byKey, int segment) {
        long first = bits == 0 ? 0 : (long) segment << -bits;
        long last = bits == 0 ? -1 : first | -1L >>> bits;
        return byKey.subMap(first, true, last, true);
    }
}
