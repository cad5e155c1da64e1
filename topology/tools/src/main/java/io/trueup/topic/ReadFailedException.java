package io.trueup.topic;

import org.apache.kafka.common.KafkaException;

/**
 * A range was not read to its end. The message contains the cause, the offset from which on each range is missing, and what to do.
 */
public final class ReadFailedException extends KafkaException {

    private static final long serialVersionUID = 1L;

    ReadFailedException(String message, KafkaException cause) {
        super(message, cause);
    }
}
