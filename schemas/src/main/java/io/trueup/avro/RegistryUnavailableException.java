package io.trueup.avro;

/**
 * A registry has given no answer, or none that says anything about the schema: whether a record can be read or written is unknown.
 * It must be tried again; nothing may be skipped.
 */
public class RegistryUnavailableException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** @param reason what is unknown, and why; free of secrets */
    public RegistryUnavailableException(String reason) {
        super(reason);
    }

    /**
     * @param reason what is unknown, and why; free of secrets
     * @param cause the failure
     */
    public RegistryUnavailableException(String reason, Throwable cause) {
        super(reason, cause);
    }
}
