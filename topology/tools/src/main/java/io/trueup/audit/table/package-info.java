/**
 * The compact table in which an audit compares the keys of all replicas, and the means to keep it within memory: ranges of key
 * hashes, and a bounded set of the hashes that differ. Begin with {@link io.trueup.audit.table.KeyTable}.
 */
package io.trueup.audit.table;
