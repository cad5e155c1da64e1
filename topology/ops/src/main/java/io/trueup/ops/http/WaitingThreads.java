package io.trueup.ops.http;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The threads for what waits for brokers, so that the threads of the server never do. Few, with few requests in front of them. */
final class WaitingThreads implements AutoCloseable {

    static final int THREADS = 3;
    static final int QUEUED = 8;
    private static final long KEPT_SECONDS = 60;

    private final ThreadPoolExecutor threads = new ThreadPoolExecutor(
            THREADS, THREADS, KEPT_SECONDS, TimeUnit.SECONDS, new ArrayBlockingQueue<>(QUEUED), task -> {
                Thread thread = new Thread(task, "trueup-action");
                thread.setDaemon(true);
                return thread;
            });

    WaitingThreads() {
        threads.allowCoreThreadTimeOut(true);
    }

    /** Runs a task on one of the threads; false if too many wait already. */
    boolean run(Runnable task) {
        try {
            threads.execute(task);
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }

    /** Interrupts what waits. */
    @Override
    public void close() {
        threads.shutdownNow();
    }
}
