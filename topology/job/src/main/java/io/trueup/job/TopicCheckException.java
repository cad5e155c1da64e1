package io.trueup.job;

import io.trueup.failure.OperatorException;

/** The topics are not as the job needs them. The message names each and says what to do. */
public final class TopicCheckException extends OperatorException {

    private static final long serialVersionUID = 1L;

    TopicCheckException(String message) {
        super(message);
    }

    TopicCheckException(String message, Throwable cause) {
        super(message, cause);
    }
}
