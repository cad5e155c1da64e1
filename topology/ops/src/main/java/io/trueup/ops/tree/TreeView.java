package io.trueup.ops.tree;

import io.trueup.ops.key.ReadRange;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * What the replicas have exchanged about one partition in one round. Immutable, apart from what its parts say.
 *
 * @param partition the partition of the dataset
 * @param cutMs the cut of the round in milliseconds since the epoch; empty if no message of a round was found
 * @param isSketched whether the replicas have found differences by sketches: they have then exchanged no hashes of the parts of their trees
 *     where the sketches sufficed
 * @param tree where the trees differ
 * @param keys the keys that differ in segments whose entries were exchanged, by segment
 * @param ranges what was read of each topic
 */
public record TreeView(
        int partition,
        OptionalLong cutMs,
        boolean isSketched,
        ComparedTree tree,
        Map<Integer, List<SegmentKey>> keys,
        List<ReadRange> ranges) {

    /** Whether there are records that were not read: older ones, or those of a topic that cannot be read. */
    public boolean isPartial() {
        return ranges.stream().anyMatch(range -> !range.isWhole());
    }
}
