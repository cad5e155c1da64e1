package io.trueup.source;

import io.trueup.tree.Write;

/** What a record of a writes topic tells about the replica. */
public sealed interface Observation {

    /**
     * The replica stores a key as an entry.
     *
     * @param write the entry
     */
    record Observed(Write write) implements Observation {}

    /**
     * The replica has applied every write of the partition up to a position.
     *
     * @param positionMs milliseconds since the epoch
     */
    record Progress(long positionMs) implements Observation {}
}
