package io.trueup.avro;

/**
 * A record cannot be understood. The message is the reason, for a person; it never contains the whole record.
 *
 * <p>Whoever knows where the record lies (topic, partition, offset) adds that.
 */
public class MalformedRecordException extends Exception {

    private static final long serialVersionUID = 1L;

    /** @param reason what is wrong with the record */
    public MalformedRecordException(String reason) {
        super(reason);
    }

    /**
     * @param reason what is wrong with the record
     * @param cause the failure that revealed it
     */
    public MalformedRecordException(String reason, Throwable cause) {
        super(reason, cause);
    }
}
