package io.trueup.bench.tree;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Iterator;
import java.util.List;
import org.apache.cassandra.db.Digest;
import org.apache.cassandra.dht.Murmur3Partitioner;
import org.apache.cassandra.dht.Range;
import org.apache.cassandra.dht.Token;
import org.apache.cassandra.utils.MerkleTree;
import org.apache.cassandra.utils.MerkleTree.RowHash;
import org.apache.cassandra.utils.MerkleTree.TreeRange;
import org.apache.cassandra.utils.MerkleTrees;

/**
 * Cassandra's {@link MerkleTree}, on the heap, as a validation of a repair builds it. The key chooses the leaf by its token, 64 bits of Murmur3. A row's
 * hash is the validator's digest of key and value: two Murmur3 of 128 bits, not keyed. A leaf is the XOR of its rows' hashes, an inner
 * node the XOR of its children; inner nodes are computed once, when the tree is first compared.
 *
 * <p>Cassandra never changes a tree: each repair builds a new one from all rows, in the order of their tokens. {@link #replace} does what its
 * interface allows, and what XOR makes right for the leaf: it adds the former row's hash again, and the new one's. Nodes above the leaf that are
 * computed already stay as they are, so the time is that of the leaf alone, and a tree is compared before it is changed or not at all.
 */
final class CassandraTree implements MeasuredTree {

    private static final Murmur3Partitioner PARTITIONER = Murmur3Partitioner.instance;
    private static final Range<Token> ALL = new Range<>(PARTITIONER.getMinimumToken(), PARTITIONER.getMinimumToken());

    private final MerkleTrees trees = new MerkleTrees(PARTITIONER);
    private final MerkleTree tree;
    /** The leaves from the last one on that a key was added to. */
    private final Iterator<TreeRange> unfilled;

    private TreeRange filling;

    CassandraTree(int leaves) {
        tree = trees.addMerkleTree(leaves, (byte) Integer.numberOfTrailingZeros(leaves), ALL);
        trees.init();
        unfilled = trees.rangeIterator();
        filling = unfilled.next();
    }

    @Override
    public int leaves() {
        return Math.toIntExact(tree.size());
    }

    /** Ranges are halved from the lowest token on, so the top bits of a token are the number of its leaf. */
    @Override
    public int leaf(byte[] key) {
        return leaf(token(key));
    }

    /** The range of a leaf ends with a token of the leaf, and the last one with the lowest token of all. */
    private int leaf(Token token) {
        long fromZero = token.getLongValue() ^ Long.MIN_VALUE;
        return (int) (fromZero - 1 >>> Long.SIZE - Integer.numberOfTrailingZeros(leaves()));
    }

    private static Murmur3Partitioner.LongToken token(byte[] key) {
        return PARTITIONER.getToken(ByteBuffer.wrap(key));
    }

    @Override
    public void add(byte[] key, byte[] digest) {
        Token token = token(key);
        while (!filling.contains(token)) {
            filling = unfilled.next();
        }
        filling.addHash(row(token, key, digest));
    }

    @Override
    public void replace(byte[] key, byte[] before, byte[] after) {
        Token token = token(key);
        TreeRange leaf = tree.get(token);
        leaf.addHash(row(token, key, before));
        leaf.addHash(row(token, key, after));
    }

    private static RowHash row(Token token, byte[] key, byte[] value) {
        Digest digest = Digest.forValidator();
        digest.update(key, 0, key.length);
        digest.update(value, 0, value.length);
        return new RowHash(token, digest.digest(), digest.inputBytes());
    }

    @Override
    public void complete() {
        trees.hash(ALL);
    }

    @Override
    public Object diff(MeasuredTree other) {
        return MerkleTree.difference(tree, ((CassandraTree) other).tree);
    }

    /** Neighbouring leaves come as one range. */
    @Override
    public BitSet leavesOf(Object diff) {
        List<Range<?>> differing = new ArrayList<>();
        for (Object range : (List<?>) diff) {
            differing.add((Range<?>) range);
        }
        BitSet leaves = new BitSet();
        for (TreeRange leaf : trees.rangeIterator()) {
            if (differing.stream().anyMatch(range -> contains(range, leaf.right))) {
                leaves.set(leaf(leaf.right));
            }
        }
        return leaves;
    }

    private static boolean contains(Range<?> range, Token token) {
        return Range.contains((Token) range.left, (Token) range.right, token);
    }
}
