package io.trueup.reconcile;

import io.trueup.tree.Hash128;
import java.util.List;

/**
 * A key for which no entry wins, until a person chooses one or a new write decides it. Told by the first replica by name that
 * holds one of the sides; told again, with growing pauses, while it stands.
 *
 * @param key the record key
 * @param keyHash its keyed hash
 * @param cutMs cut of the round in which it was seen
 * @param sides the entries that stand against each other; empty: the conflict is settled
 */
public record Conflict(byte[] key, Hash128 keyHash, long cutMs, List<Side> sides) {

    /**
     * One of the entries.
     *
     * @param replicas who holds it, in order of name
     * @param entry the entry
     */
    public record Side(List<String> replicas, EntrySummary entry) {}
}
