package io.trueup.cli.shell;

import java.time.Duration;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Stops the work of a command in good order when the process is stopped by Ctrl-C or SIGTERM. The only class of the command
 * line that registers shutdown hooks. Thread-safe.
 *
 * <p>On a signal it asks the work to stop, waits until {@link #release} is called or the time is over, and then ends the
 * process.
 */
public final class ShutdownHook {

    private final CountDownLatch released = new CountDownLatch(1);
    private final Thread thread;

    private ShutdownHook(Runnable stop, Duration maxWait, Supplier<OptionalInt> exitCode) {
        thread = new Thread(
                () -> {
                    stop.run();
                    await(maxWait);
                    exitCode.get().ifPresent(Runtime.getRuntime()::halt);
                },
                "trueup-stop");
    }

    /**
     * Registers a hook.
     *
     * @param stop asks the work to stop; called on a thread of its own
     * @param maxWait how long the work may take to end after that
     * @param exitCode of the process; empty: the one that Java gives a process that a signal stopped, 130 or 143
     */
    public static ShutdownHook register(Runnable stop, Duration maxWait, OptionalInt exitCode) {
        return register(new ShutdownHook(stop, maxWait, () -> exitCode));
    }

    /**
     * Registers a hook.
     *
     * @param exitCode the exit code of the process, asked for once the work has ended, or the time for that is over; empty: Java's
     */
    public static ShutdownHook register(Runnable stop, Duration maxWait, Supplier<OptionalInt> exitCode) {
        return register(new ShutdownHook(stop, maxWait, exitCode));
    }

    private static ShutdownHook register(ShutdownHook hook) {
        Runtime.getRuntime().addShutdownHook(hook.thread);
        return hook;
    }

    /**
     * Says that the work has ended, and removes the hook. May be called more than once.
     *
     * @return whether the process is being stopped: then it ends without further action
     */
    public boolean release() {
        released.countDown();
        try {
            return !Runtime.getRuntime().removeShutdownHook(thread);
        } catch (IllegalStateException e) {
            return true; // the Java virtual machine is shutting down already
        }
    }

    private void await(Duration maxWait) {
        try {
            var unused = released.await(maxWait.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
