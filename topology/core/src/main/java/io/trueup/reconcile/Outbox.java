package io.trueup.reconcile;

import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.rule.Conflict;

/** What a reconciler sends. Called on the thread that calls the reconciler. */
public interface Outbox {

    /** Sends a control message to all peers and returns its encoded size in bytes. */
    int publish(Message message);

    /** Notes that a message which arrived before its cut was sealed cannot be true, and is dropped; see {@link Reconciler#message}. */
    void refused(Message message, String reason);

    /** Emits a repair event into the target's repair topic, with the value read back. */
    void repair(Repair repair);

    /**
     * A repair of this replica is verified: the replica has answered it with the winning entry or a newer one. Nothing has to be done.
     *
     * @param afterMs from when this reconciler has read the repair until the answer was appended
     */
    default void verified(long afterMs) {}

    /** Reports a conflict to people: that it arose, that it still stands, or that a report of it is withdrawn. */
    void conflict(Conflict conflict);

    /**
     * Announces that a replica lacks so much that it is filled, before the first repair.
     *
     * @param lacking about how many keys it lacks in this partition
     * @param entries live entries of the replica that holds most
     * @param held whether its repairs are held back until a person approves
     */
    void filling(String target, long lacking, long entries, boolean held);

    /**
     * The entries that a scan of the datastore has not found are dropped.
     *
     * @param scan its id
     * @param dropped how many
     */
    void scanCompleted(String scan, long dropped);

    /** Writes the report of a closed round. */
    void report(RoundSummary summary);
}
