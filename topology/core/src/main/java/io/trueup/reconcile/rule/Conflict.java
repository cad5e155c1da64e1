package io.trueup.reconcile.rule;

import io.trueup.tree.Hash128;
import java.util.List;

/**
 * A key for which no entry wins, until a person chooses one or a new write decides it. The first replica by name that holds one
 * of the sides reports it, and reports it again, with growing pauses, while it stands.
 *
 * @param key the record key
 * @param keyHash its keyed hash
 * @param cutMs cut of the round that found it
 * @param sides the entries that stand against each other; empty: the conflict is settled
 */
public record Conflict(byte[] key, Hash128 keyHash, long cutMs, List<Side> sides) {

    /**
     * One of the entries.
     *
     * @param replicas the replicas that hold it, in order of name
     * @param entry the entry
     */
    public record Side(List<String> replicas, EntrySummary entry) {}
}
