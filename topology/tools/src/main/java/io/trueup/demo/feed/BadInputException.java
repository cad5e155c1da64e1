package io.trueup.demo.feed;

/** The input file cannot be used. The message names the place and the cause for the user who gave the file. */
public final class BadInputException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public BadInputException(String message) {
        super(message);
    }

    BadInputException(String message, Throwable cause) {
        super(message, cause);
    }
}
