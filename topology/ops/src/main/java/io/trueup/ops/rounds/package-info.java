/**
 * What the round reports of all reconcilers say about the whole dataset. Begin with {@link io.trueup.ops.rounds.RoundsFollower},
 * which reads them, and {@link io.trueup.ops.rounds.DatasetRounds}, which keeps what they add up to.
 */
package io.trueup.ops.rounds;
