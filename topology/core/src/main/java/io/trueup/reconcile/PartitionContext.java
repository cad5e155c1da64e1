package io.trueup.reconcile;

import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.exchange.Message.Body;
import io.trueup.reconcile.settings.Settings;
import io.trueup.tree.EntryTable;
import io.trueup.tree.EntryTree;
import io.trueup.tree.KeyedHash;
import io.trueup.tree.Windows;

/**
 * What stays the same as long as a reconciler lives.
 *
 * @param settings the configuration
 * @param partition the partition of the dataset
 * @param hash the dataset's keyed hashes
 * @param windows the arithmetic of cuts
 * @param table what the replica holds
 * @param tree its tree
 * @param outbox receives everything that is sent
 */
record PartitionContext(
        Settings settings,
        int partition,
        KeyedHash hash,
        Windows windows,
        EntryTable table,
        EntryTree tree,
        Outbox outbox) {

    /** The local replica's name. */
    String replica() {
        return settings.replica();
    }

    boolean isLocal(String replica) {
        return replica.equals(settings.replica());
    }

    /**
     * Sends a control message to all peers.
     *
     * @param sealOffset offset up to which the writes were consumed when the cut was sealed; -1 for a probe
     * @return its encoded size in bytes
     */
    int publish(long cutMs, long sealOffset, long fingerprint, Body body) {
        return outbox.publish(new Message(replica(), partition, cutMs, sealOffset, fingerprint, body));
    }

    /** The latest time at which a round closes. */
    long deadlineMs(long round) {
        return windows.dueMs(round) + settings.times().deadlineMs();
    }
}
