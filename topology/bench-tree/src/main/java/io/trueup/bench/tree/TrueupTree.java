package io.trueup.bench.tree;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.trueup.tree.Entry;
import io.trueup.tree.EntryDigest;
import io.trueup.tree.Hash128;
import io.trueup.tree.KeyedHash;
import io.trueup.tree.MerkleTree;
import java.util.BitSet;

/**
 * {@link MerkleTree} of this project with its keyed hashes of 128 bits. An entry's digest is a hash of the key's hash, a version, an expiry
 * and the value's digest. A leaf is the sum of these digests with their number; inner nodes are hashes of their children, and are
 * computed when they are asked for. The diff descends from the root where hashes are unequal.
 */
final class TrueupTree implements MeasuredTree {

    private static final byte[] SECRET = "the secret of a benchmark".getBytes(UTF_8);
    private static final long VERSION = 1;

    private final int bits;
    private final KeyedHash hash = new KeyedHash(SECRET);
    private final EntryDigest digests = new EntryDigest(hash, false);
    private final MerkleTree tree;

    TrueupTree(int leaves) {
        bits = Integer.numberOfTrailingZeros(leaves);
        tree = new MerkleTree(hash, bits);
    }

    @Override
    public int leaves() {
        return 1 << bits;
    }

    @Override
    public int leaf(byte[] key) {
        return leaf(hash.key(key));
    }

    private int leaf(Hash128 keyHash) {
        return (int) (keyHash.hi() >>> -bits);
    }

    @Override
    public void add(byte[] key, byte[] digest) {
        Hash128 keyHash = hash.key(key);
        Hash128 entry = entry(keyHash, digest);
        tree.add(leaf(keyHash), entry.hi(), entry.lo(), 1);
    }

    @Override
    public void replace(byte[] key, byte[] before, byte[] after) {
        Hash128 keyHash = hash.key(key);
        Hash128 old = entry(keyHash, before);
        Hash128 entry = entry(keyHash, after);
        int leaf = leaf(keyHash);
        tree.add(leaf, -old.hi(), -old.lo(), -1);
        tree.add(leaf, entry.hi(), entry.lo(), 1);
    }

    private Hash128 entry(Hash128 keyHash, byte[] digest) {
        return digests.of(keyHash, VERSION, null, Entry.NEVER, Hash128.fromBytes(digest));
    }

    @Override
    public void complete() {
        tree.node(0, 0);
    }

    @Override
    public Object diff(MeasuredTree other) {
        BitSet leaves = new BitSet();
        descend(((TrueupTree) other).tree, 0, 0, leaves);
        return leaves;
    }

    private void descend(MerkleTree other, int level, int index, BitSet leaves) {
        if (tree.node(level, index).equals(other.node(level, index))) {
            return;
        }
        if (level == bits) {
            leaves.set(index);
            return;
        }
        descend(other, level + 1, 2 * index, leaves);
        descend(other, level + 1, 2 * index + 1, leaves);
    }

    @Override
    public BitSet leavesOf(Object diff) {
        return (BitSet) diff;
    }
}
