package io.trueup.reconcile;

/**
 * Reports when the writes partition is consumed up to its end. Each request is answered by a call of the reconciler; a later
 * request of the same kind replaces an earlier one. Called on the thread that calls the reconciler.
 */
public interface EndOfInput {

    /**
     * Asks for a call of {@link Reconciler#sealed} as soon as all records that are in the writes partition at this moment are
     * consumed.
     *
     * @param round the round whose cut will be sealed
     */
    void awaitEnd(long round);

    /**
     * Asks for a call of {@link Reconciler#probesConsumed} as soon as all records that are in the writes partition at this
     * moment are consumed. Independent of {@link #awaitEnd}.
     *
     * @param ticket number of the request
     */
    void awaitEndForProbes(long ticket);
}
