package io.trueup.replica;

import io.trueup.replica.table.DatastoreException;
import io.trueup.replica.table.Table;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The reference datastore: keeps a table equal to a feed, applies the repairs of its repair topic, and tells in its writes topic what it
 * holds. Several instances with the same configuration share the partitions among them.
 *
 * <p>A crash at any moment loses no write and no write event; both may be repeated. Malformed records go to the dead-letter topic.
 *
 * <p>Thread-safe. The work is done by a thread of its own.
 */
public final class Replica implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Replica.class);
    private static final long FIRST_PAUSE_MS = 100;
    private static final long LONGEST_PAUSE_MS = 5_000;

    private final ReplicaConfig config;
    private final Intake intake;
    private final Counters counters = new Counters();

    /** Held during a cycle; fair, so that {@link #pause} does not wait for more than one. */
    private final ReentrantLock cycle = new ReentrantLock(true);

    private final CountDownLatch ending = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);
    private Thread thread;
    private volatile boolean paused;
    private volatile boolean abrupt;
    private volatile RuntimeException failure;

    /** A replica that works as it should. */
    public Replica(ReplicaConfig config) {
        this(config, Intake.FAITHFUL);
    }

    /** @param intake decides what becomes of each record of the feed */
    public Replica(ReplicaConfig config, Intake intake) {
        this.config = config;
        this.intake = intake;
    }

    /**
     * Checks the topics, opens the table, creating it if needed, and starts to work.
     *
     * @throws org.apache.kafka.common.config.ConfigException if a topic is missing or has the wrong number of partitions
     * @throws DatastoreException if the database cannot be opened
     * @throws IllegalStateException if the cluster does not answer, or if the replica was started before
     */
    public synchronized void start() {
        if (thread != null) {
            throw new IllegalStateException("replica " + config.name() + " was started before");
        }
        TopicCheck.check(config);
        Worker worker = worker(Table.open(config.location()));
        thread = new Thread(() -> run(worker), "replica-" + config.name());
        thread.start();
    }

    private Worker worker(Table table) {
        try {
            return new Worker(config, table, intake, counters);
        } catch (RuntimeException e) {
            table.close();
            throw e;
        }
    }

    /** Stops reading and telling, as in an outage. When it returns, nothing more is applied or sent. */
    public void pause() {
        cycle.lock();
        try {
            paused = true;
        } finally {
            cycle.unlock();
        }
    }

    /** Goes on after a {@link #pause}. */
    public void resume() {
        paused = false;
    }

    /**
     * Stops as a crash would, wherever the work is: what is in the database stays, what was not yet told or committed in
     * Kafka is left to the next start. Returns when the thread has ended.
     */
    public void stop() {
        abrupt = true;
        ending.countDown();
        interrupt();
        join();
    }

    /** Finishes the current batch, leaves the group and closes everything. */
    @Override
    public void close() {
        ending.countDown();
        join();
    }

    /**
     * Waits until the replica has ended, by itself or because it was told to.
     *
     * @return false if it has not within this time
     * @throws RuntimeException the failure by which it ended, if it did
     */
    public boolean awaitTermination(Duration timeout) throws InterruptedException {
        boolean over = ended.await(timeout.toNanos(), TimeUnit.NANOSECONDS);
        if (over && failure != null) {
            throw failure;
        }
        return over;
    }

    /** What the replica is doing and has done. */
    public Status status() {
        return new Status(
                state(),
                counters.applied.sum(),
                counters.declined.sum(),
                counters.repaired.sum(),
                counters.repairsDeclined.sum(),
                counters.unresolved.sum(),
                counters.deadLetters.sum(),
                counters.failures.sum(),
                counters.buried.sum(),
                counters.forgotten.sum());
    }

    private State state() {
        if (failure != null) {
            return State.FAILED;
        }
        if (ending.getCount() == 0) {
            return State.ENDED;
        }
        return paused ? State.PAUSED : State.RUNNING;
    }

    private void run(Worker worker) {
        boolean closed = false;
        try {
            work(worker);
            if (!abrupt) {
                worker.close();
                closed = true;
            }
        } catch (RuntimeException | InterruptedException e) {
            fail(e);
        } finally {
            Thread.interrupted();
            if (!closed) {
                worker.abandon();
            }
            ended.countDown();
        }
    }

    private void work(Worker worker) throws InterruptedException {
        long pauseMs = 0;
        while (!ending.await(pauseMs, TimeUnit.MILLISECONDS)) {
            boolean well = once(worker);
            pauseMs = well ? 0 : Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, 2 * pauseMs));
        }
    }

    private boolean once(Worker worker) {
        cycle.lock();
        try {
            return paused ? worker.rest() : worker.cycle();
        } finally {
            cycle.unlock();
        }
    }

    private void fail(Exception e) {
        if (abrupt) {
            LOG.debug("Replica {} was stopped", config.name(), e);
            return;
        }
        LOG.error("Replica {} ends: {}", config.name(), e.getMessage(), e);
        failure = e instanceof RuntimeException known ? known : new IllegalStateException(e);
    }

    private synchronized void interrupt() {
        if (thread != null) {
            thread.interrupt();
        }
    }

    private void join() {
        Thread running;
        synchronized (this) {
            running = thread;
        }
        try {
            if (running != null && running != Thread.currentThread()) {
                running.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What a replica is doing. */
    public enum State {
        /** Working, or not yet started. */
        RUNNING,
        /** Between {@link Replica#pause} and {@link Replica#resume}. */
        PAUSED,
        /** Closed or stopped. */
        ENDED,
        /** Ended by a failure. */
        FAILED
    }

    /**
     * What a replica is doing and has done since its start.
     *
     * @param state what it is doing
     * @param applied feed records stored
     * @param declined feed records not stored, because something as new was held
     * @param repaired repairs applied
     * @param repairsDeclined repairs not applied
     * @param unresolved repairs that referred to a value that could not be fetched; they are declined, too
     * @param deadLetters malformed records put aside
     * @param failures cycles that failed and were done again
     * @param buried expired values of which only the tombstone was kept
     * @param forgotten tombstones deleted
     */
    public record Status(
            State state,
            long applied,
            long declined,
            long repaired,
            long repairsDeclined,
            long unresolved,
            long deadLetters,
            long failures,
            long buried,
            long forgotten) {}
}
