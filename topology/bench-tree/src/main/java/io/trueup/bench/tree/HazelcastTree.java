package io.trueup.bench.tree;

import com.hazelcast.internal.util.HashUtil;
import com.hazelcast.wan.impl.merkletree.ArrayMerkleTree;
import com.hazelcast.wan.impl.merkletree.MerkleTreeUtil;
import java.util.BitSet;
import java.util.Collection;

/**
 * Hazelcast's {@link ArrayMerkleTree}, which its WAN replication compares maps with. Hashes are of 32 bits and not keyed: Murmur3 of the
 * bytes, as Hazelcast has it for serialized keys and values. The key chooses the leaf and is not part of it: a leaf is the sum of the hashes of its
 * values, an inner node the sum of its children. A change updates all nodes up to the root at once.
 */
final class HazelcastTree implements MeasuredTree {

    private final int leafLevel;
    private final ArrayMerkleTree tree;

    HazelcastTree(int leaves) {
        leafLevel = Integer.numberOfTrailingZeros(leaves);
        tree = new ArrayMerkleTree(leafLevel + 1);
    }

    /** Hashed whenever the tree asks for it, as serialized keys and values are. */
    private static final class Bytes {

        private final byte[] bytes;

        Bytes(byte[] bytes) {
            this.bytes = bytes;
        }

        @Override
        public boolean equals(Object other) {
            throw new UnsupportedOperationException("the tree compares hashes alone");
        }

        @Override
        public int hashCode() {
            return HashUtil.MurmurHash3_x86_32(bytes, 0, bytes.length);
        }
    }

    @Override
    public int leaves() {
        return MerkleTreeUtil.getNodesOnLevel(leafLevel);
    }

    @Override
    public int leaf(byte[] key) {
        return index(MerkleTreeUtil.getLeafOrderForHash(new Bytes(key).hashCode(), leafLevel));
    }

    /** Nodes are numbered level by level, from the root on. */
    private int index(int node) {
        return node - (leaves() - 1);
    }

    @Override
    public void add(byte[] key, byte[] digest) {
        tree.updateAdd(new Bytes(key), new Bytes(digest));
    }

    @Override
    public void replace(byte[] key, byte[] before, byte[] after) {
        tree.updateReplace(new Bytes(key), new Bytes(before), new Bytes(after));
    }

    @Override
    public void complete() {
        // it always is
    }

    @Override
    public Object diff(MeasuredTree other) {
        return MerkleTreeUtil.compareTrees(tree, ((HazelcastTree) other).tree);
    }

    @Override
    public BitSet leavesOf(Object diff) {
        BitSet leaves = new BitSet();
        for (Object node : (Collection<?>) diff) {
            leaves.set(index((Integer) node));
        }
        return leaves;
    }
}
