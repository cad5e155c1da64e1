package io.trueup.avro;

/**
 * A record cannot be decoded. The message is the reason, for people; it never contains the whole record. Callers that know the topic, the
 * partition and the offset of the record add them.
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
