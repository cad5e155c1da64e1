package io.trueup.demo.cluster;

/** The demo cannot continue or did not end as expected. The message is for the user who runs it. */
public final class DemoFailedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public DemoFailedException(String message) {
        super(message);
    }
}
