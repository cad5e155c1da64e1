package io.trueup.avro;

/** A registry refuses a schema by which records are to be written, or does not have it. Trying again does not help. */
public class SchemaRefusedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** @param reason the schema, what the registry has answered, and what to do; free of secrets */
    public SchemaRefusedException(String reason) {
        super(reason);
    }
}
