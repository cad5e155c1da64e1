package io.trueup.ops.http;

/** The body of a request is no JSON, has an unknown field, or a value that is not valid. The message is for the client. */
public final class InvalidBodyException extends Exception {

    private static final long serialVersionUID = 1L;

    public InvalidBodyException(String message) {
        super(message);
    }
}
