package io.trueup.ops.key;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Whether the replicas agree about the key, and which entry wins. Immutable.
 *
 * @param state the state
 * @param sentence the state in words
 * @param winner the entry that wins, in words; empty if none does, or none is known to
 * @param holders the replicas that hold it
 * @param because why it wins, or why none does; empty if no record that was read says so
 * @param sinceMs when the entry that wins was written; empty if that is not known
 * @param sincePlace the first write event of it that was read, if one was
 */
public record KeyVerdict(
        State state,
        String sentence,
        Optional<String> winner,
        List<String> holders,
        Optional<String> because,
        OptionalLong sinceMs,
        Optional<Place> sincePlace) {

    /** States of a key, the worst first. */
    public enum State {
        /** No entry wins, and a person must choose. */
        CONFLICT,
        /** As many repairs as {@code repair.attempts} were sent or more, and the last one is not answered. */
        FAILING,
        /** The replicas differ, and no repair is on its way. */
        DIFFERENT,
        /** The replicas differ, and a repair was sent that is not answered. */
        REPAIRING,
        /** It is not known what some replica holds, and the others agree. */
        UNKNOWN,
        /** All replicas hold the same. */
        EQUAL
    }
}
