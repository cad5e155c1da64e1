package io.trueup.replica;

import io.trueup.avro.RecordCodecs;
import io.trueup.registry.ConfiguredCodecs;
import io.trueup.replica.table.DatastoreException;
import io.trueup.replica.table.Table;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The reference datastore: applies the writes of a feed and the repairs of its repair topic to a table, and sends write events for the
 * entries that it holds to its writes topic. Several instances with the same configuration share the partitions.
 *
 * <p>A crash at any time loses no write and no write event; both may be repeated. Malformed records are sent to the dead-letter topic.
 *
 * <p>Thread-safe. The work is done by a thread of its own.
 */
public final class Replica implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Replica.class);
    private static final long MIN_BACKOFF_MS = 100;
    private static final long MAX_BACKOFF_MS = 5_000;

    private final ReplicaConfig config;
    private final Intake intake;
    private final Counters counters = new Counters();

    /** Locked during a cycle. It is fair, so that {@link #pause} waits for at most one cycle. */
    private final ReentrantLock cycle = new ReentrantLock(true);

    private final CountDownLatch stopRequested = new CountDownLatch(1);
    private final CountDownLatch terminated = new CountDownLatch(1);
    private Thread thread;
    private volatile boolean paused;
    private volatile boolean abrupt;
    private volatile RuntimeException failure;

    /** A replica that stores every record of the feed. */
    public Replica(ReplicaConfig config) {
        this(config, Intake.FAITHFUL);
    }

    /** @param intake decides what is done with each record of the feed */
    public Replica(ReplicaConfig config, Intake intake) {
        this.config = config;
        this.intake = intake;
    }

    /**
     * Checks the topics, opens the table (it is created if it does not exist), and starts the thread.
     *
     * @throws org.apache.kafka.common.config.ConfigException if a topic is missing or has the wrong number of partitions
     * @throws DatastoreException if the database cannot be opened
     * @throws IllegalStateException if the cluster does not answer, or if the replica was started before
     * @throws io.trueup.avro.SchemaRefusedException if a registry refuses the schemas of the replica's events
     * @throws io.trueup.avro.RegistryUnavailableException if a registry gives no answer
     */
    public synchronized void start() {
        if (thread != null) {
            throw new IllegalStateException("replica " + config.name() + " was started before");
        }
        TopicCheck.check(config);
        Worker worker = worker(Table.open(config.jdbc()));
        thread = new Thread(() -> run(worker), "replica-" + config.name());
        thread.start();
    }

    private Worker worker(Table table) {
        RecordCodecs codecs = null;
        try {
            codecs = ConfiguredCodecs.open(config.registry());
            return new Worker(config, table, intake, counters, codecs);
        } catch (RuntimeException e) {
            table.close();
            if (codecs != null) {
                codecs.close();
            }
            throw e;
        }
    }

    /** Stops reading and sending, as in an outage. When the method returns, nothing more is applied or sent. */
    public void pause() {
        cycle.lock();
        try {
            paused = true;
        } finally {
            cycle.unlock();
        }
    }

    /** Continues after a {@link #pause}. */
    public void resume() {
        paused = false;
    }

    /**
     * Stops at once, as in a crash: committed database transactions stay, and write events that were not sent and offsets that were not
     * committed are left to the next start. Returns when the thread has ended.
     */
    public void stop() {
        abrupt = true;
        stopRequested.countDown();
        interrupt();
        join();
    }

    /** Finishes the current batch, leaves the group and closes everything. */
    @Override
    public void close() {
        stopRequested.countDown();
        join();
    }

    /**
     * Waits until the replica has ended, by a failure or because it was closed or stopped.
     *
     * @return false if it has not ended within this time
     * @throws RuntimeException the failure, if it ended by one
     */
    public boolean awaitTermination(Duration timeout) throws InterruptedException {
        boolean ended = terminated.await(timeout.toNanos(), TimeUnit.NANOSECONDS);
        if (ended && failure != null) {
            throw failure;
        }
        return ended;
    }

    /** The state of the replica, and counts since its start. */
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
                counters.expired.sum(),
                counters.tombstonesPurged.sum());
    }

    private State state() {
        if (failure != null) {
            return State.FAILED;
        }
        if (stopRequested.getCount() == 0) {
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
            terminated.countDown();
        }
    }

    private void work(Worker worker) throws InterruptedException {
        long backoffMs = 0;
        while (!stopRequested.await(backoffMs, TimeUnit.MILLISECONDS)) {
            boolean succeeded = once(worker);
            backoffMs = succeeded ? 0 : Math.min(MAX_BACKOFF_MS, Math.max(MIN_BACKOFF_MS, 2 * backoffMs));
        }
    }

    private boolean once(Worker worker) {
        cycle.lock();
        try {
            return paused ? worker.pausedCycle() : worker.cycle();
        } finally {
            cycle.unlock();
        }
    }

    private void fail(Exception e) {
        if (abrupt) {
            LOG.debug("Replica {} was stopped", config.name(), e);
            return;
        }
        LOG.error("Replica {} failed: {}", config.name(), e.getMessage(), e);
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

    /** The state of a replica. */
    public enum State {
        /** It runs, or was not started yet. */
        RUNNING,
        /** It is paused: between {@link Replica#pause} and {@link Replica#resume}. */
        PAUSED,
        /** It was closed or stopped. */
        ENDED,
        /** It ended by a failure. */
        FAILED
    }

    /**
     * The state of a replica, and counts since its start.
     *
     * @param state its state
     * @param applied feed records that were stored
     * @param declined feed records that were not stored, because the held entry was not older
     * @param repaired repairs that were applied
     * @param repairsDeclined repairs that were not applied
     * @param unresolved repairs whose value could not be fetched from the replica to which they refer; they are also declined
     * @param deadLetters malformed records that were sent to the dead-letter topic
     * @param failures cycles that failed and were repeated
     * @param expired expired values that were replaced by tombstones
     * @param tombstonesPurged tombstones that were deleted
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
            long expired,
            long tombstonesPurged) {}
}
