package io.trueup.command;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The result of a probe of one key.
 *
 * @param partition the partition of the key
 * @param cutMs the cut at which it was compared
 * @param answers the entry of each replica that answered; empty if it holds none
 * @param silent owners that did not answer
 * @param agree whether all answers are equal; a tombstone equals no entry
 * @param repairs repairs of the key that were sent during the probe
 */
public record ProbeResult(
        int partition,
        long cutMs,
        Map<String, Optional<EntryView>> answers,
        List<String> silent,
        boolean agree,
        List<SentTo> repairs) {

    /**
     * A repair that was sent.
     *
     * @param target the replica to repair
     * @param version version of the winning entry; with a vector, the sum of its counters
     * @param deleted whether the repair deletes the key
     */
    public record SentTo(String target, long version, boolean deleted) {}
}
