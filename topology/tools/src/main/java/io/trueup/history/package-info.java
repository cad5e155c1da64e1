/**
 * Replays what reconcilers wrote into the dataset's topics: rounds, control messages, repairs and conflicts, in order of time and
 * with bounded memory. It reads only: no group, no commits, no writes. Begin with {@link io.trueup.history.Replay}, then {@link
 * io.trueup.history.Rounds} for rounds and {@link io.trueup.history.KeyHistory} for one key.
 */
package io.trueup.history;
