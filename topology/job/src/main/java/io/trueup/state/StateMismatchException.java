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
}
