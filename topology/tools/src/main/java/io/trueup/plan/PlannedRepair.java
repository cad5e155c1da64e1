package io.trueup.plan;

import io.trueup.reconcile.rule.Divergence;
import java.util.Optional;

/**
 * One line of a plan: make a target hold the winning entry of a key in place of the observed one.
 *
 * @param key the record key; must not be changed
 * @param partition its partition
 * @param target the replica to repair
 * @param reason how the target differs
 * @param winner the entry that wins
 * @param observed what the target holds; empty: nothing
 * @param sinceMs since when the replicas differ, in milliseconds since the epoch
 */
public record PlannedRepair(
        byte[] key,
        int partition,
        String target,
        Divergence reason,
        Winner winner,
        Optional<Observed> observed,
        long sinceMs) {

    /**
     * The entry that wins.
     *
     * @param replica the replica that holds it
     * @param topic the writes topic of this replica
     * @param offset offset of its write event
     * @param version its version, or the sum of its vector
     * @param positionMs its position
     * @param deleted whether it was deleted, or had expired, at the moment of the audit
     */
    public record Winner(String replica, String topic, long offset, long version, long positionMs, boolean deleted) {}

    /**
     * The entry that the target holds.
     *
     * @param topic the writes topic of the target
     * @param offset offset of its write event
     * @param version its version, or the sum of its vector
     * @param deleted whether it was deleted, or had expired, at the moment of the audit
     */
    public record Observed(String topic, long offset, long version, boolean deleted) {}
}
