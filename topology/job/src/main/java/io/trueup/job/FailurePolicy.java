package io.trueup.job;

import io.trueup.avro.RegistryUnavailableException;
import io.trueup.failure.Failures;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides what happens when a stream thread dies. The thread is replaced, and its tasks start again at their last commit,
 * which is enough after a broker outage or a full disk. The job ends with the reason if more than {@value #MAX_FAILURES}
 * threads die within ten minutes, and at once where a retry cannot help (state of another topic or secret, missing
 * permission, no memory). An outage of a schema registry is not counted, however long it lasts: the thread has waited for it, and
 * the next one does. Thread-safe.
 */
final class FailurePolicy implements StreamsUncaughtExceptionHandler {

    static final int MAX_FAILURES = 5;
    static final Duration WINDOW = Duration.ofMinutes(10);

    private static final Logger LOG = LoggerFactory.getLogger(FailurePolicy.class);

    private final String replica;
    private final Function<AuthorizationException, String> denied;
    private final LongSupplier nanoTime;
    private final Consumer<String> end;
    private final Deque<Long> failures = new ArrayDeque<>();

    /**
     * @param denied explains a missing permission
     * @param end takes the reason if the job must end
     */
    FailurePolicy(
            String replica,
            Function<AuthorizationException, String> denied,
            LongSupplier nanoTime,
            Consumer<String> end) {
        this.replica = replica;
        this.denied = denied;
        this.nanoTime = nanoTime;
        this.end = end;
    }

    @Override
    public synchronized StreamThreadExceptionResponse handle(Throwable failure) {
        String reason = Failures.explain(failure, denied);
        if (Failures.isFinal(failure)) {
            return end(reason, failure);
        }
        if (isOfRegistry(failure)) {
            LOG.error(
                    "Reconciler {}: a stream thread died and is replaced, because a schema registry does not answer: {}",
                    replica,
                    reason,
                    failure);
            return StreamThreadExceptionResponse.REPLACE_THREAD;
        }
        if (countFailures() > MAX_FAILURES) {
            return end(
                    "stream threads died more than " + MAX_FAILURES + " times within " + WINDOW.toMinutes()
                            + " minutes; the last failure: " + reason,
                    failure);
        }
        LOG.error("Reconciler {}: a stream thread died and is replaced: {}", replica, reason, failure);
        return StreamThreadExceptionResponse.REPLACE_THREAD;
    }

    private static boolean isOfRegistry(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof RegistryUnavailableException) {
                return true;
            }
        }
        return false;
    }

    private int countFailures() {
        long now = nanoTime.getAsLong();
        failures.addLast(now);
        while (now - failures.peekFirst() > WINDOW.toNanos()) {
            failures.removeFirst();
        }
        return failures.size();
    }

    private StreamThreadExceptionResponse end(String reason, Throwable failure) {
        String message = "Reconciler " + replica + " ends: " + reason;
        LOG.error(message, failure);
        end.accept(message);
        return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
    }
}
