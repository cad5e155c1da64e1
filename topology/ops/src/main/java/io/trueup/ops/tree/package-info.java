/**
 * The trees of the replicas as they have exchanged them in one round: where they differ, from the root to the keys of a segment. Read from
 * the latest records of the control topics.
 */
package io.trueup.ops.tree;
