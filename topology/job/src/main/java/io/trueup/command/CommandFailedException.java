package io.trueup.command;

/** A command cannot be executed. The message names the cause and the remedy. */
public class CommandFailedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** @param message why, and what to do */
    public CommandFailedException(String message) {
        super(message);
    }

    CommandFailedException(String message, Throwable cause) {
        super(message, cause);
    }
}
