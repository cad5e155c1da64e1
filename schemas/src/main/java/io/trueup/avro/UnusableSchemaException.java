package io.trueup.avro;

/** A registry has answered, and by its answer no record can be read: there is no schema of the id, or none of Avro. */
public class UnusableSchemaException extends Exception {

    private static final long serialVersionUID = 1L;

    /** @param reason what the registry has answered */
    public UnusableSchemaException(String reason) {
        super(reason);
    }
}
