package io.trueup.ops.rounds;

/**
 * How far one replica is, over all partitions that it owns: the worst of them counts.
 *
 * @param replica the replica
 * @param agreementAgeMs how long ago the latest cut was at which its reconciler has compared it with all other owners and found them
 *     equal. While there was none, the time since the first report that was read, or since the start if there is no report
 * @param lagMs how far its newest write is behind the newest one that another owner has reported
 * @param reportAgeMs how long ago the latest cut was of which its reconciler has reported; the same as above while there
 *     is none
 */
public record ReplicaProgress(String replica, long agreementAgeMs, long lagMs, long reportAgeMs) {}
