package io.trueup.stream;

import io.trueup.reconcile.RoundSummary;

/**
 * Status of one partition's reconciler.
 *
 * @param owned whether the replica owns the partition; where it does not, there are no rounds
 * @param rounds rounds reported since the process started, skipped ones included
 * @param lastRound the last of them under the current owners, or null
 */
public record PartitionStatus(boolean owned, long rounds, RoundSummary lastRound) {}
