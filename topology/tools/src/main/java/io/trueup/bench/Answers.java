package io.trueup.bench;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;

/** Waits for answers of brokers. */
public final class Answers {

    private Answers() {}

    /**
     * Waits for an answer.
     *
     * @throws IllegalStateException if the request failed, or this thread was interrupted
     */
    public static <T> T of(Future<T> answer) {
        try {
            return answer.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for the broker", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }
}
