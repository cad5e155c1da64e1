package io.trueup.reconcile.rule;

import io.trueup.tree.Hash128;
import java.util.List;
import java.util.Map;

/**
 * A key for which no entry wins, until a person chooses one or a new write decides it: what one replica reports about it. The
 * first replica by name that holds one of the sides, as far as it has heard the others, reports it, and reports it again, with
 * growing pauses, while it stands. Where messages were lost, several replicas do. Each report stands until it is withdrawn.
 *
 * @param key the record key
 * @param keyHash its keyed hash
 * @param cutMs cut of the round that found it
 * @param reporter the replica whose report this is
 * @param reason why no rule decides; null where the report is withdrawn
 * @param sides the entries that stand against each other; empty: the conflict is settled, and the report is withdrawn
 * @param heardMs the cut at which each replica was last compared, by name, whether or not it holds one of the sides. A replica
 *     that was not heard at {@code cutMs} is listed with what it held before
 */
public record Conflict(
        byte[] key,
        Hash128 keyHash,
        long cutMs,
        String reporter,
        Reason reason,
        List<Side> sides,
        Map<String, Long> heardMs) {

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
        REBUILT,
        /**
         * No entry wins without that of a replica whose write event could not be read, and nothing that can be read has come since
         * within {@code lag.patience}: nobody knows what the replica holds.
         */
        UNREAD
    }

    /**
     * One of the entries, or absence.
     *
     * @param replicas the replicas that hold it, in order of name
     * @param entry the entry; for absence {@link EntrySummary#absence}
     */
    public record Side(List<String> replicas, EntrySummary entry) {}
}
