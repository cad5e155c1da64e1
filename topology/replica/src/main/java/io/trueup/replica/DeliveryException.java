package io.trueup.replica;

import org.apache.kafka.common.errors.RetriableException;

/** A record was not delivered to Kafka. */
final class DeliveryException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    DeliveryException(Throwable cause) {
        super("a record was not delivered to Kafka: " + cause.getMessage(), cause);
    }

    /** Whether a later attempt may succeed. */
    boolean isRetriable() {
        return getCause() instanceof RetriableException;
    }
}
