package io.trueup.ops.key;

import java.util.Optional;

/**
 * One thing that has happened to the key. Immutable.
 *
 * @param timeMs when, in milliseconds since the epoch: that of the record, or the cut of the round
 * @param place the record; empty for what a round has found
 * @param what the kind, in the words of {@code trueup history --key}
 * @param replica the replica that it is about; empty for none
 * @param text what happened, in words
 */
public record KeyLine(long timeMs, Optional<Place> place, What what, String replica, String text) {

    /** Kinds of what happens to a key. */
    public enum What {
        /** A repair event was sent. */
        REPAIR,
        /** A replica has answered a repair. */
        ANSWER,
        /** A replica has sent a write event. */
        WRITE,
        /** In a comparison, a replica held something else than before. */
        HELD,
        /** Somebody asked to compare the key at once. */
        PROBE,
        /** A person has chosen an entry. */
        CHOSEN,
        /** A round has found that the replicas differ. */
        DIFFERS
    }
}
