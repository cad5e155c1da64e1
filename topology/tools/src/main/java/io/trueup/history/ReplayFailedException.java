package io.trueup.history;

/** The topics cannot be replayed. The message contains the cause and what to do. */
public final class ReplayFailedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    ReplayFailedException(String message) {
        super(message);
    }

    ReplayFailedException(String message, Throwable cause) {
        super(message, cause);
    }
}
