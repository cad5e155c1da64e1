package io.trueup.repair;

/**
 * A request for the value of a write event. The key array must not be changed.
 *
 * @param partition partition of the writes topic
 * @param offset offset of the write event
 * @param key the expected key
 * @param version the expected version
 * @param ticket returned with the result
 * @param <T> type of the ticket
 */
public record ReadRequest<T>(int partition, long offset, byte[] key, long version, T ticket) {

    /** @throws IllegalArgumentException if the offset is negative: a delete has no write event to read */
    public ReadRequest {
        if (offset < 0) {
            throw new IllegalArgumentException("offset " + offset + " of partition " + partition + " is negative");
        }
    }
}
