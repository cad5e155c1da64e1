package io.trueup.reconcile;

import io.trueup.tree.Hash128;
import java.util.List;

/**
 * A control message: one step of the exchange about one partition at one cut.
 *
 * @param replica the replica whose reconciler sent it
 * @param partition the partition of the dataset
 * @param cutMs the cut that it is about
 * @param sealOffset offset up to which the sender had consumed its writes when it sealed the cut
 * @param fingerprint hash of the settings that all reconcilers of a dataset must share
 * @param body what it says
 */
public record Message(String replica, int partition, long cutMs, long sealOffset, long fingerprint, Body body) {

    /** What a message says. */
    public sealed interface Body permits Root, Level, Segment {}

    /**
     * The tree in one hash.
     *
     * @param hash hash of the root node
     * @param entries live entries in the tree
     * @param watermarkMs highest position seen, not counting writes that repairs caused
     */
    public record Root(Hash128 hash, long entries, long watermarkMs) implements Body {}

    /**
     * Hashes below nodes at which replicas differ.
     *
     * @param parentLevel level of the parents; 0 is the root
     * @param level level of the hashes
     * @param parents index of each parent within its level
     * @param hashes {@code long[2 * parents.length << (level - parentLevel)]}: upper and lower lane of the descendants of
     *     each parent, from left to right
     */
    public record Level(int parentLevel, int level, int[] parents, long[] hashes) implements Body {}

    /**
     * The entries that the sender holds in one segment now, tombstones included.
     *
     * @param index the segment
     * @param chunk number of this chunk, from 0
     * @param chunks how many chunks the segment has
     * @param entries in ascending order of key hash
     */
    public record Segment(int index, int chunk, int chunks, List<Summary> entries) implements Body {}

    /**
     * One entry without its value.
     *
     * @param keyHash keyed hash of the key
     * @param version version of the entry
     * @param positionMs position of the entry
     * @param appendTimeMs when its write event was appended or first seen
     * @param expiryMs time from which on it counts as deleted, or {@link io.trueup.tree.Entry#NEVER}
     * @param deleted true for a tombstone
     * @param digest digest of the value; {@link Hash128#ZERO} for a tombstone
     */
    public record Summary(
            Hash128 keyHash,
            long version,
            long positionMs,
            long appendTimeMs,
            long expiryMs,
            boolean deleted,
            Hash128 digest) {}
}
