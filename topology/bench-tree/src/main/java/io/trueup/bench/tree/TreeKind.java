package io.trueup.bench.tree;

import java.util.function.IntFunction;

/** The trees that are measured. Public for the benchmark's generated code. */
public enum TreeKind {
    /** This project's. */
    TRUEUP("Trueup", 128, TrueupTree::new),
    /** Apache Cassandra's, of its anti-entropy repair. */
    CASSANDRA("Cassandra", 256, CassandraTree::new),
    /** Hazelcast's, of its WAN replication. */
    HAZELCAST("Hazelcast", 32, HazelcastTree::new);

    private final String label;
    private final int hashBits;
    private final IntFunction<MeasuredTree> empty;

    TreeKind(String label, int hashBits, IntFunction<MeasuredTree> empty) {
        this.label = label;
        this.hashBits = hashBits;
        this.empty = empty;
    }

    String label() {
        return label;
    }

    /** Bits of the hash of a node. */
    int hashBits() {
        return hashBits;
    }

    /** Whether a tree can be compared again after a change. */
    boolean isUpdated() {
        return this != CASSANDRA;
    }

    /**
     * An empty tree.
     *
     * @param leaves a power of two
     */
    MeasuredTree empty(int leaves) {
        return empty.apply(leaves);
    }
}
