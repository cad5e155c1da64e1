package io.trueup.ops.tree;

import io.trueup.tree.Hash128;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The trees of the replicas in one partition at one cut, as far as the replicas have exchanged them. Built once, and not changed then; hashes
 * stay in here. Thread-safe once built.
 */
public final class ComparedTree {

    /** The root is node 1; node n of a level is {@code (1 << level) + n}. */
    private static final int ROOT = 1;

    private final int bits;
    private final List<String> replicas;
    /** Hashes by node, then by replica. */
    private final Map<Integer, Map<String, Hash128>> hashes = new HashMap<>();

    private final BitSet equal = new BitSet();
    private final BitSet differing = new BitSet();
    private final BitSet unresolved = new BitSet();
    /** Below which the hashes of some replica were heard. */
    private final BitSet descended = new BitSet();

    /**
     * An empty one.
     *
     * @param bits the tree has {@code 1 << bits} segments
     * @param replicas those whose roots were heard
     */
    ComparedTree(int bits, Collection<String> replicas) {
        this.bits = bits;
        this.replicas = List.copyOf(new TreeSet<>(replicas));
    }

    /** Takes the hash that a replica has sent of a node. */
    void hash(String replica, int level, int index, Hash128 hash) {
        int node = (1 << level) + index;
        hashes.computeIfAbsent(node, n -> new TreeMap<>()).put(replica, hash);
        for (int above = node >> 1; above >= ROOT && !descended.get(above); above >>= 1) {
            descended.set(above);
        }
    }

    /** Takes a segment in which a key is known to differ. */
    void differs(int segment) {
        differing.set(segment);
    }

    /** Compares what was taken. To be called once. */
    void compare() {
        hashes.keySet().stream().sorted().forEach(this::compare);
    }

    private void compare(int node) {
        int level = level(node);
        int first = node - (1 << level) << bits - level;
        int behind = first + (1 << bits - level);
        NodeState state = exchanged(node);
        if (state == NodeState.EQUAL) {
            equal.set(first, behind);
        } else if (state == NodeState.DIFFERENT && level == bits) {
            differing.set(first);
        } else if (state == NodeState.DIFFERENT && !descended.get(node)) {
            unresolved.set(first, behind);
        }
    }

    private NodeState exchanged(int node) {
        Map<String, Hash128> sent = sent(node);
        if (sent.values().stream().distinct().count() > 1) {
            return NodeState.DIFFERENT;
        }
        return replicas.size() > 1 && sent.keySet().containsAll(replicas) ? NodeState.EQUAL : NodeState.UNKNOWN;
    }

    /** The hashes of a node; that of a replica that holds nothing below a node above is zero, too, though it does not send it. */
    private Map<String, Hash128> sent(int node) {
        Map<String, Hash128> sent = new TreeMap<>(hashes.getOrDefault(node, Map.of()));
        for (int above = node >> 1; above >= ROOT; above >>= 1) {
            hashes.getOrDefault(above, Map.of()).forEach((replica, hash) -> {
                if (hash.equals(Hash128.ZERO)) {
                    sent.putIfAbsent(replica, Hash128.ZERO);
                }
            });
        }
        return sent;
    }

    private static int level(int node) {
        return Integer.SIZE - 1 - Integer.numberOfLeadingZeros(node);
    }

    /** The number of levels below the root; the last one is that of the segments. */
    public int bits() {
        return bits;
    }

    /** The replicas that took part: their roots were heard. In order of name. */
    public List<String> replicas() {
        return replicas;
    }

    /**
     * A node.
     *
     * @throws IllegalArgumentException if there is no such node
     */
    public TreeNode node(int level, int index) {
        if (level < 0 || level > bits || index < 0 || index >= 1 << level) {
            throw new IllegalArgumentException("there is no node " + index + " at level " + level);
        }
        int first = index << bits - level;
        int behind = first + (1 << bits - level);
        int known = differing.get(first, behind).cardinality();
        int below = unresolved.get(first, behind).cardinality();
        return new TreeNode(
                level,
                index,
                first,
                behind - 1,
                state(first, behind, known + below),
                known,
                below,
                groups((1 << level) + index));
    }

    private NodeState state(int first, int behind, int different) {
        if (different > 0) {
            return NodeState.DIFFERENT;
        }
        return equal.nextClearBit(first) >= behind ? NodeState.EQUAL : NodeState.UNKNOWN;
    }

    /** The nodes of a level below a node, from left to right. */
    public List<TreeNode> below(int level, int index, int belowLevel) {
        int fan = belowLevel - level;
        List<TreeNode> nodes = new ArrayList<>();
        for (int child = 0; child < 1 << fan; child++) {
            nodes.add(node(belowLevel, (index << fan) + child));
        }
        return nodes;
    }

    private List<List<String>> groups(int node) {
        if (!hashes.containsKey(node)) {
            return List.of();
        }
        Map<Hash128, List<String>> groups = new HashMap<>();
        sent(node)
                .forEach((replica, hash) ->
                        groups.computeIfAbsent(hash, h -> new ArrayList<>()).add(replica));
        return groups.values().stream()
                .map(List::copyOf)
                .sorted((a, b) -> a.get(0).compareTo(b.get(0)))
                .toList();
    }
}
