/**
 * Update, build and diff of Trueup's Merkle tree next to those of Apache Cassandra and Hazelcast. Begin with {@link
 * io.trueup.bench.tree.MeasuredTree}.
 */
package io.trueup.bench.tree;
