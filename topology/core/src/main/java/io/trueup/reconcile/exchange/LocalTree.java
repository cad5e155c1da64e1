package io.trueup.reconcile.exchange;

import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.tree.Hash128;
import java.util.List;

/** The tree of the local replica, sealed at the cut of a round, as the exchange reads it. */
public interface LocalTree {

    /** Hash of a node of the sealed tree. */
    Hash128 node(int level, int index);

    /** Whether no live entry lies below a node of the sealed tree. */
    boolean isEmpty(int level, int index);

    /**
     * Whether the replica has nothing to compare below a node: it holds nothing there, neither in the sealed tree nor now, and
     * its absence does not win.
     */
    boolean holdsNothing(int level, int index);

    /** How many entries the replica holds in a segment now, tombstones included. */
    int rows(int segment);

    /** Whether entries may have version vectors: then what they take up in memory is known from the entries alone. */
    boolean hasVectors();

    /** The entries that the replica holds in a segment now, tombstones included, in ascending order of key hash. */
    List<EntrySummary> segment(int index);
}
