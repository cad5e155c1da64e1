package io.trueup.failure;

/** A failure that trying again cannot end, only an operator: the message names the cause and what to do. */
public abstract class OperatorException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    protected OperatorException(String message) {
        super(message);
    }

    protected OperatorException(String message, Throwable cause) {
        super(message, cause);
    }
}
