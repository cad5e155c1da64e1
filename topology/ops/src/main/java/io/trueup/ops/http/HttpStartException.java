package io.trueup.ops.http;

import io.trueup.failure.OperatorException;

/** The HTTP server cannot listen as it is configured. */
public final class HttpStartException extends OperatorException {

    private static final long serialVersionUID = 1L;

    HttpStartException(String message) {
        super(message);
    }
}
