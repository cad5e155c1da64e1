package io.trueup.ops.tree;

import java.util.List;

/**
 * A node of the trees. Immutable.
 *
 * @param level its level; 0 is the root
 * @param index its number within the level, from left to right, from 0
 * @param firstSegment the first segment below it
 * @param lastSegment the last segment below it
 * @param state what is known of what lies below it
 * @param differing how many segments below it are known to differ
 * @param unresolved how many segments lie below nodes that differ and of which the replicas have sent nothing deeper
 * @param groups the replicas that hold the same below it, group by group; empty if they have not exchanged hashes of this very node
 */
public record TreeNode(
        int level,
        int index,
        int firstSegment,
        int lastSegment,
        NodeState state,
        int differing,
        int unresolved,
        List<List<String>> groups) {}
