package io.trueup.plan;

/** The repairs of a plan must not be sent. The message is the reason and the remedy, without the name of the file. */
public final class UnusablePlanException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    UnusablePlanException(String message) {
        super(message);
    }
}
