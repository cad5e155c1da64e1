package io.trueup.bench.tree;

import java.util.BitSet;

/**
 * A Merkle tree as the benchmark uses it. Each implementation is given the bytes of a key and the 16 bytes of a value's digest, and hashes
 * them itself, with the hash functions that its own project uses for that: the key chooses the leaf. Not thread-safe.
 */
interface MeasuredTree {

    /** Number of leaves. */
    int leaves();

    /** The leaf of a key, from 0 to {@link #leaves} - 1; leaves and keys are in the same order as in the tree. */
    int leaf(byte[] key);

    /** Adds a key while the tree is built. The keys come in ascending order of their leaves. */
    void add(byte[] key, byte[] digest);

    /** The value of a key changes. */
    void replace(byte[] key, byte[] before, byte[] after);

    /** Computes what is not computed yet, so that the tree can be compared. */
    void complete();

    /**
     * Finds the leaves in which two complete trees differ, in the form in which its project returns them.
     *
     * @param other a tree of the same kind and size
     */
    Object diff(MeasuredTree other);

    /** The leaves that a {@link #diff} has returned. */
    BitSet leavesOf(Object diff);
}
