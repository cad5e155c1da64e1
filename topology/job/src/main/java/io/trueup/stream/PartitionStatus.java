package io.trueup.stream;

import io.trueup.reconcile.RoundSummary;

/**
 * What a partition's reconciler has done.
 *
 * @param owned whether the replica owns the partition; where it does not, there are no rounds
 * @param rounds rounds reported since the process started, skipped ones included
 * @param lastRound the last of them under the present owners, or null
 */
public record PartitionStatus(boolean owned, long rounds, RoundSummary lastRound) {}
