package io.trueup.stream.decode;

import io.trueup.failure.OperatorException;
import io.trueup.source.IncompleteChangeException;
import org.apache.kafka.streams.processor.api.RecordMetadata;

/**
 * A capture does not say what the replica stores: no repair may be decided by what it held before.
 */
final class IncompleteCaptureException extends OperatorException {

    private static final long serialVersionUID = 1L;

    IncompleteCaptureException(RecordMetadata from, IncompleteChangeException cause) {
        super(
                from.topic() + "-" + from.partition() + "@" + from.offset() + ": " + cause.getMessage()
                        + ". No repair may be decided by what was stored before. Let the connector take a snapshot into a new topic,"
                        + " name it in the configuration, and run `trueup reset`; or set mode=observe: such records then go to the"
                        + " dead-letter topic",
                cause);
    }
}
