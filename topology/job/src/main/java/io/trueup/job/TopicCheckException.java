package io.trueup.job;

import io.trueup.failure.OperatorException;

/** The topics do not meet the needs of the job. The message names each of them and gives the remedy. */
public final class TopicCheckException extends OperatorException {

    private static final long serialVersionUID = 1L;

    TopicCheckException(String message) {
        super(message);
    }

    TopicCheckException(String message, Throwable cause) {
        super(message, cause);
    }
}
