package io.trueup.reconcile;

/** What a reconciler sends out. Called on the thread that calls the reconciler. */
public interface Outbox {

    /** Sends a control message to all peers and returns its encoded size in bytes. */
    int publish(Message message);

    /** Emits a repair event into the target's repair topic, with the value read back. */
    void repair(Repair repair);

    /** Tells people of a conflict, that it still stands, or that it is settled. */
    void conflict(Conflict conflict);

    /** Writes the report of a closed round. */
    void report(RoundSummary summary);

    /**
     * Asks for a call of {@link Reconciler#sealed} as soon as everything that was in the writes partition at this moment or
     * later is consumed. A later request replaces this one.
     *
     * @param round the round whose cut is to be sealed
     */
    void awaitEnd(long round);

    /**
     * Asks for a call of {@link Reconciler#probesConsumed} as soon as everything that was in the writes partition at this
     * moment or later is consumed. Independent of {@link #awaitEnd}; a later request replaces this one.
     *
     * @param ticket number of the request
     */
    void awaitEndForProbes(long ticket);
}
