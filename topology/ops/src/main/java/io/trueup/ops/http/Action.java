package io.trueup.ops.http;

/** What a path does when something is posted to it. Called on a thread for actions, and may wait for brokers. */
@FunctionalInterface
public interface Action {

    /**
     * Carries out what a request asks for.
     *
     * @throws InvalidBodyException if the body has an unknown field or an invalid value
     */
    Answer post(Posted request) throws InvalidBodyException;
}
