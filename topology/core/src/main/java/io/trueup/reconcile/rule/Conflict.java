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
 * @param reason why no rule decides; null where the conflict is settled
 * @param sides the entries that stand against each other; empty: the conflict is settled
 */
public record Conflict(byte[] key, Hash128 keyHash, long cutMs, Reason reason, List<Side> sides) {

    /** Why a person must decide. */
    public enum Reason {
        /** The entries are concurrent, or have the same version, or none has the majority. */
        NO_WINNER,
        /**
         * The replica whose entry or absence would win has not proved within {@code lag.patience} that it has seen the others:
         * the others may be newer.
         */
        NOT_SEEN,
        /** A replica that left the partition and returned holds an entry whose delete may be forgotten by the others. */
        RETURNED,
        /** The state of a replica that holds nothing was rebuilt: it may have held a delete of the entry. */
        REBUILT
    }

    /**
     * One of the entries, or absence.
     *
     * @param replicas the replicas that hold it, in order of name
     * @param entry the entry; for absence {@link EntrySummary#absence}
     */
    public record Side(List<String> replicas, EntrySummary entry) {}
}
