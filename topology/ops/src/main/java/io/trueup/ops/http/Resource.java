package io.trueup.ops.http;

/** What a path answers. Called on a thread of the server, by several at once; it must not wait for anything. */
@FunctionalInterface
public interface Resource {

    /**
     * Answers a GET request.
     *
     * @throws InvalidQueryException if the query has an unknown parameter or an invalid value
     */
    Answer get(Query query) throws InvalidQueryException;
}
