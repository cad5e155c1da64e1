/**
 * Compares the replicas of a dataset by replaying their writes topics: whether they are equal, now or at an earlier point, and
 * since which write they differ. It reads only: no group, no commits, no writes. Begin with {@link io.trueup.audit.Audit}, then
 * {@link io.trueup.audit.PartitionAudit}.
 */
package io.trueup.audit;
