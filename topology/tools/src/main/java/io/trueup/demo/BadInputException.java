package io.trueup.demo;

/** The input file cannot be used. The message says where and why, for the person who has given the file. */
public final class BadInputException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    BadInputException(String message) {
        super(message);
    }

    BadInputException(String message, Throwable cause) {
        super(message, cause);
    }
}
