package io.trueup.cli;

import java.io.PrintWriter;
import java.util.Optional;

/**
 * Runs a service in the foreground until it ends by itself or the process is told to stop, by Ctrl-C or SIGTERM. To stop
 * is no failure: the service is closed, and the process ends with exit code 0 instead of Java's 130 or 143.
 */
final class Foreground {

    /** Exit code after a signal. */
    static final int STOPPED = 0;

    private final Service service;
    private final PrintWriter err;

    Foreground(Service service, PrintWriter err) {
        this.service = service;
        this.err = err;
    }

    /** Returns the exit code of a service that ended by itself. */
    int run() throws InterruptedException {
        Thread stopper = new Thread(this::stop, "trueup-stop");
        Runtime.getRuntime().addShutdownHook(stopper);
        try {
            service.start();
        } catch (RuntimeException e) {
            if (isStopping(stopper)) {
                return STOPPED;
            }
            throw e;
        }
        Optional<String> failure = service.awaitEnd();
        if (isStopping(stopper)) {
            return STOPPED;
        }
        service.close();
        failure.ifPresent(reason -> err.println("trueup: " + reason));
        return failure.isPresent() ? Failures.FAILED : STOPPED;
    }

    /** A shutdown hook ends with Java's own exit code unless it halts. */
    private void stop() {
        service.close();
        Runtime.getRuntime().halt(STOPPED);
    }

    /** Takes the hook back, so that a service that ended by itself is not reported as stopped. */
    private static boolean isStopping(Thread stopper) {
        try {
            return !Runtime.getRuntime().removeShutdownHook(stopper);
        } catch (IllegalStateException e) {
            return true; // the Java machine is shutting down already
        }
    }

    /** Something that runs on threads of its own. */
    interface Service extends AutoCloseable {

        /** Starts it and returns. */
        void start();

        /** Waits until it has ended, and says why if it failed. */
        Optional<String> awaitEnd() throws InterruptedException;

        /** Stops it in good order. May be called from another thread and twice. */
        @Override
        void close();
    }
}
