package io.trueup.reconcile.rule;

import io.trueup.reconcile.settings.Settings.Progress;

/**
 * What a replica declares about how much it has seen of the writes of a partition. Peers conclude from it what its older
 * entries and its absence prove: {@link KeyAtCut} has the predicates. Each time is {@link #NONE} where there is none.
 *
 * @param watermarkMs highest position seen, not counting writes that repairs caused: an estimate of how far the replica lags
 * @param progressMs every write up to this position has reached the replica: a proof
 * @param proof what the progress is taken from
 * @param knownFromMs its state contains the latest write event of every key that was written since then; none: of all keys
 * @param horizonMs deletes up to then may be missing in its state, because it was rebuilt from a compacted topic
 * @param forgottenMs the latest death of a tombstone that it has forgotten, or that an owner has forgotten which it has heard
 * @param agreedMs the cut up to which it has taken part, without a gap, in the rounds in which the owners agree to forget
 *     tombstones; before the earliest delete that an owner keeps of what this replica still holds
 */
public record Evidence(
        long watermarkMs,
        long progressMs,
        Progress proof,
        long knownFromMs,
        long horizonMs,
        long forgottenMs,
        long agreedMs) {

    /** In place of a time: there is none. */
    public static final long NONE = Long.MIN_VALUE;

    /** A replica whose state is whole, and that has forgotten nothing. */
    public static Evidence of(long watermarkMs, long progressMs) {
        return new Evidence(watermarkMs, progressMs, Progress.WRITES, NONE, NONE, NONE, NONE);
    }
}
