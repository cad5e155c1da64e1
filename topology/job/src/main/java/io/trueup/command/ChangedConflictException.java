package io.trueup.command;

/** A conflict has changed since a person has read it: what was chosen is not what is listed now. The list must be read again. */
public final class ChangedConflictException extends CommandFailedException {

    private static final long serialVersionUID = 1L;

    ChangedConflictException(String message) {
        super(message);
    }
}
