package io.trueup.repair;

/**
 * What came of a request.
 *
 * @param request the request
 * @param outcome how it ended
 * @param value the value if the outcome is {@link Outcome#VALUE}, else null
 * @param note for a person: why there is no value; null where the outcome says it all
 * @param <T> type of the ticket
 */
public record ReadResult<T>(ReadRequest<T> request, Outcome outcome, byte[] value, String note) {

    /** How a request ended. */
    public enum Outcome {
        /** The value was found. */
        VALUE,
        /** The write event was found; it has a digest, but no value. */
        NO_VALUE,
        /** The write event was found; it is a delete. */
        DELETED,
        /** The topic does not hold the offset any more: compacted, retained no longer, or aborted. */
        GONE,
        /** At the offset lies something else: another key or version, or no write event. */
        MISMATCH,
        /** Not read in time. A later attempt may succeed. */
        FAILED
    }
}
