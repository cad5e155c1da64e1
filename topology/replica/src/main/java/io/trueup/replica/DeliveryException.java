package io.trueup.replica;

import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.RetriableException;

/** A record was not delivered to Kafka. */
final class DeliveryException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    DeliveryException(String topic, Throwable cause) {
        super(
                "a record for topic " + topic + " was not delivered to Kafka: " + cause.getMessage()
                        + (cause instanceof RecordTooLargeException
                                ? " Raise max.message.bytes of the topic, and max.request.size of the producer."
                                : ""),
                cause);
    }

    /** Whether a later attempt may succeed. */
    boolean isRetriable() {
        return getCause() instanceof RetriableException;
    }
}
