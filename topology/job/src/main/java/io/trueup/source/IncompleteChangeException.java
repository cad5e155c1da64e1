package io.trueup.source;

import io.trueup.avro.MalformedRecordException;

/**
 * A change event does not say what the replica stores: a column was not captured, or a table was truncated. Other than a record that is
 * malformed by itself, it leaves the replica's state wrong, and more of its kind may follow.
 */
public final class IncompleteChangeException extends MalformedRecordException {

    private static final long serialVersionUID = 1L;

    IncompleteChangeException(String message) {
        super(message);
    }
}
