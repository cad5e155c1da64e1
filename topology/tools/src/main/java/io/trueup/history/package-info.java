/**
 * Replaying what reconcilers wrote into the dataset's topics: rounds, control messages, repairs, conflicts, in order of time and
 * with bounded memory. Reads only: it joins no group, commits nothing and writes nothing. Begin with {@link
 * io.trueup.history.Replay} and {@link io.trueup.history.DatasetTopics}.
 */
package io.trueup.history;
