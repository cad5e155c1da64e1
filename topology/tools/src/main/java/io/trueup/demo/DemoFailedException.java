package io.trueup.demo;

/** The demo cannot go on or has not ended as it should. The message is for the person who runs it. */
final class DemoFailedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    DemoFailedException(String message) {
        super(message);
    }
}
