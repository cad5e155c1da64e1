package io.trueup.ops.http;

/** A query has an unknown parameter, or a value that is not valid. The message is for the client. */
public final class InvalidQueryException extends Exception {

    private static final long serialVersionUID = 1L;

    public InvalidQueryException(String message) {
        super(message);
    }
}
