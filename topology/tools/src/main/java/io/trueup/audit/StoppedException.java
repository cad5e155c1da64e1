package io.trueup.audit;

/** The audit was told to stop. */
final class StoppedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    StoppedException() {
        super("stopped");
    }
}
