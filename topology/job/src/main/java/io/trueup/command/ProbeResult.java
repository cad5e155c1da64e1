package io.trueup.command;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a probe of one key has brought to light.
 *
 * @param partition the partition of the key
 * @param cutMs the cut at which it was compared
 * @param answers what each replica that answered holds; empty: nothing
 * @param silent owners that did not answer
 * @param agree whether all answers are the same; a tombstone and nothing are
 * @param repairs repairs of the key that were sent meanwhile
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
     * @param deleted whether the key is to be deleted
     */
    public record SentTo(String target, long version, boolean deleted) {}
}
