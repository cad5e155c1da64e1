/**
 * Entries, segments, digests and the Merkle tree of one replica and one partition, compared at cuts. Pure: no Kafka, no
 * clock, no input or output.
 */
package io.trueup.tree;
