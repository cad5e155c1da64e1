package io.trueup.source;

import io.trueup.avro.MalformedRecordException;

/**
 * A change event does not say what the replica stores: a column was not captured, or a table was truncated. Other than a record that is
 * malformed by itself, it leaves the replica's state wrong, and more of its kind may follow.
 */
public final class IncompleteChangeException extends MalformedRecordException {

    private static final long serialVersionUID = 1L;

    private final boolean concernsAllKeys;

    private IncompleteChangeException(String message, boolean concernsAllKeys) {
        super(message);
        this.concernsAllKeys = concernsAllKeys;
    }

    /** What is stored under the key of the event is unknown. */
    static IncompleteChangeException ofKey(String message) {
        return new IncompleteChangeException(message, false);
    }

    /** What is stored under any key is unknown, in all partitions. */
    static IncompleteChangeException ofAllKeys(String message) {
        return new IncompleteChangeException(message, true);
    }

    /** Whether the event concerns all keys of all partitions, and not its own alone. */
    public boolean concernsAllKeys() {
        return concernsAllKeys;
    }
}
