package io.trueup.plan;

/** The brokers do not take repair events. The message is the cause and the remedy. */
public final class SendFailedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    SendFailedException(String message, Throwable cause) {
        super(message, cause);
    }
}
