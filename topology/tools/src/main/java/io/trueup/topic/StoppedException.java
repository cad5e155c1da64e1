package io.trueup.topic;

/** The reading was stopped with {@link ProgressCounter#stop}, or its thread was interrupted. */
public final class StoppedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public StoppedException() {
        super("stopped");
    }
}
