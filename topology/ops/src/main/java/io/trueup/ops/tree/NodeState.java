package io.trueup.ops.tree;

/** What the replicas have shown of the part of their trees below a node. */
public enum NodeState {
    /** They differ in some segment below it. */
    DIFFERENT,
    /** All that took part have the same below it. */
    EQUAL,
    /** Some replica that took part has not shown what it holds below it. */
    UNKNOWN
}
