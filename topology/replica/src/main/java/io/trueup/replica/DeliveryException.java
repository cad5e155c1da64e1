package io.trueup.replica;

import org.apache.kafka.common.errors.RetriableException;

/** A record did not reach Kafka. */
final class DeliveryException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    DeliveryException(Throwable cause) {
        super("a record did not reach Kafka: " + cause.getMessage(), cause);
    }

    /** Whether the same may go well later. */
    boolean passing() {
        return getCause() instanceof RetriableException;
    }
}
