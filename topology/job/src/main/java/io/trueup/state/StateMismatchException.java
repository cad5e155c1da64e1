package io.trueup.state;

import io.trueup.failure.OperatorException;

/**
 * The stored entries do not belong to the running configuration. Nothing heals this by itself: the message says what has
 * changed and what to do.
 */
public final class StateMismatchException extends OperatorException {

    private static final long serialVersionUID = 1L;

    StateMismatchException(String message) {
        super(message);
    }
}
