package io.trueup.repair;

/**
 * The result of a request.
 *
 * @param request the request
 * @param outcome how it ended
 * @param value the value if the outcome is {@link Outcome#VALUE}, else null
 * @param note why there is no value, for logs; null if the outcome explains it
 * @param <T> type of the ticket
 */
public record ReadResult<T>(ReadRequest<T> request, Outcome outcome, byte[] value, String note) {

    /** How a request has ended. */
    public enum Outcome {
        /** The value was found. */
        VALUE,
        /** The write event was found; it has a digest, but no value. */
        NO_VALUE,
        /** The write event was found; it is a delete. */
        DELETED,
        /** The topic no longer holds the offset: compacted, deleted by retention, or aborted. */
        GONE,
        /** The record at the offset has another key or version, or is not a write event. */
        MISMATCH,
        /** Not read in time. A later attempt may succeed. */
        FAILED
    }
}
