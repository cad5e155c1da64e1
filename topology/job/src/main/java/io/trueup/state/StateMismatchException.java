package io.trueup.state;

import io.trueup.failure.OperatorException;

/**
 * The stored entries do not belong to the running configuration. A retry cannot help: the message names what has changed and
 * the remedy.
 */
public final class StateMismatchException extends OperatorException {

    private static final long serialVersionUID = 1L;

    StateMismatchException(String message) {
        super(message);
    }

    /** The writes partition has lost records that the stored entries were built from. */
    public static StateMismatchException lostRecords(String partition, long seenTo, long end) {
        return new StateMismatchException("The writes partition " + partition + " ends at offset " + end
                + ", but the stored entries contain records up to offset " + (seenTo - 1)
                + ". The partition has lost records: a broker's disk may have been restored from a backup, or a replica that"
                + " lagged behind may have become leader. What the entries say is in no topic any more: reset the application"
                + StateIdentity.RESET);
    }
}
