package io.trueup.reconcile.exchange;

/** A control message that cannot be true, whichever replica sent it. It has changed nothing. The text names what is wrong. */
public final class InvalidMessageException extends RuntimeException {

    private static final long serialVersionUID = 1;

    InvalidMessageException(String message) {
        super(message);
    }
}
