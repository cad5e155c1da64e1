package io.trueup.stream.decode;

import io.trueup.failure.OperatorException;
import io.trueup.source.IncompleteChangeException;
import org.apache.kafka.streams.processor.api.RecordMetadata;

/**
 * A capture does not say what the replica stores: no repair may be decided by what it held before, and where all keys are concerned, nothing
 * may be called equal by it either.
 */
final class IncompleteCaptureException extends OperatorException {

    private static final long serialVersionUID = 1L;

    IncompleteCaptureException(RecordMetadata from, IncompleteChangeException cause) {
        super(
                from.topic() + "-" + from.partition() + "@" + from.offset() + ": " + cause.getMessage()
                        + (cause.concernsAllKeys()
                                ? ". Nothing may be compared with what was stored before"
                                : ". No repair may be decided by what was stored before")
                        + ". Let the connector take a snapshot into a new topic, name it in the configuration, and run `trueup reset`"
                        + (cause.concernsAllKeys()
                                ? ""
                                : "; or set mode=observe: such records then go to the dead-letter topic"),
                cause);
    }
}
