package io.trueup.failure;

/** A failure that a retry cannot end and an operator must resolve: the message names the cause and the remedy. */
public abstract class OperatorException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    protected OperatorException(String message) {
        super(message);
    }

    protected OperatorException(String message, Throwable cause) {
        super(message, cause);
    }
}
