package io.trueup.confluent;

/** A registry has answered a request with an error. */
public final class RequestRefusedException extends Exception {

    /** The registry has no schema of the id, or the subject does not have the schema. */
    public static final int SCHEMA_NOT_FOUND = 40403;

    /** The registry has no such subject. */
    public static final int SUBJECT_NOT_FOUND = 40401;

    private static final long serialVersionUID = 1L;

    private final int status;
    private final int errorCode;

    /** A refusal, with the HTTP status and the error code of the registry. */
    public RequestRefusedException(String message, int status, int errorCode) {
        super(message);
        this.status = status;
        this.errorCode = errorCode;
    }

    /** The HTTP status. */
    public int status() {
        return status;
    }

    /** The error code of the registry's own; if something else has answered, such as a proxy, any other number. */
    public int errorCode() {
        return errorCode;
    }

    /** Whether an HTTP status is a refusal that another request would get, too: 4xx, but neither a timeout nor too many requests. */
    public static boolean isFinal(int status) {
        return status >= 400 && status < 500 && status != 408 && status != 429;
    }

    /**
     * Whether it is an answer of a registry about what was asked. Refused credentials, an error of the server, or a page that something
     * else does not find say nothing about it.
     */
    boolean isOfTheRegistry() {
        boolean isPage = status == 404 && errorCode / 100 != 404;
        return isFinal(status) && status != 401 && status != 403 && !isPage;
    }
}
