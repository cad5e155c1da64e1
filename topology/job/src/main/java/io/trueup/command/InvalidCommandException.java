package io.trueup.command;

/** A command names something that does not exist: a replica, a partition, a conflict. To send it again does not help. */
public final class InvalidCommandException extends CommandFailedException {

    private static final long serialVersionUID = 1L;

    InvalidCommandException(String message) {
        super(message);
    }
}
