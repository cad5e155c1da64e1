package io.trueup.replica.table;

/** The database cannot be reached, refuses a statement, or does not have the table. The message names it without secrets. */
public final class DatastoreException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** @param message names the database without secrets */
    public DatastoreException(String message) {
        super(message);
    }

    DatastoreException(String message, Throwable cause) {
        super(message, cause);
    }
}
