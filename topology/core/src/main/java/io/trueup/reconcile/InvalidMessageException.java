package io.trueup.reconcile;

/** A control message that cannot be true, whoever sent it: nothing was changed by it. The message says what is wrong. */
public final class InvalidMessageException extends RuntimeException {

    private static final long serialVersionUID = 1;

    InvalidMessageException(String message) {
        super(message);
    }
}
