package io.trueup.cli.shell;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Runs a service in the foreground until it ends by itself or the process is stopped by Ctrl-C or SIGTERM. Stopping the
 * process is not a failure: the service is closed, and the process ends with exit code 0 instead of Java's 130 or 143.
 */
public final class ServiceRunner {

    private final Service service;
    private final PrintWriter err;

    public ServiceRunner(Service service, PrintWriter err) {
        this.service = service;
        this.err = err;
    }

    /**
     * Starts the service and waits until it ends.
     *
     * @return the exit code of a service that ended by itself
     */
    public int run() throws InterruptedException {
        ShutdownHook hook = ShutdownHook.register(service::close, Duration.ZERO, OptionalInt.of(ExitCodes.OK));
        try {
            service.start();
        } catch (RuntimeException e) {
            if (hook.release()) {
                return ExitCodes.OK;
            }
            throw e;
        }
        Optional<String> failure = service.awaitEnd();
        if (hook.release()) {
            return ExitCodes.OK;
        }
        service.close();
        failure.ifPresent(reason -> err.println("trueup: " + reason));
        return failure.isPresent() ? ExitCodes.FAILED : ExitCodes.OK;
    }

    /** Something that runs on threads of its own. */
    public interface Service extends AutoCloseable {

        /** Starts it and returns. */
        void start();

        /** Waits until it has ended, and returns the reason if it failed. */
        Optional<String> awaitEnd() throws InterruptedException;

        /** Stops it in good order. May be called from another thread and more than once. */
        @Override
        void close();
    }
}
