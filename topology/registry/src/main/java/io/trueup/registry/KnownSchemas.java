package io.trueup.registry;

import io.trueup.avro.RegistryUnavailableException;
import io.trueup.avro.SchemaRegistry;
import io.trueup.avro.UnusableSchemaException;
import io.trueup.confluent.ConfluentClient;
import io.trueup.confluent.ConfluentClient.Registered;
import io.trueup.confluent.RequestRefusedException;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.SchemaParser;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The schemas of a registry that this process has asked for. One thread asks, with growing pauses after failures. What follows from an
 * answer:
 *
 * <ul>
 *   <li>A schema never changes: it is kept.
 *   <li>"There is no such schema" counts once the registry has answered nothing else for a while, because its servers read the newest
 *       schemas one after the other. It is believed for a minute, and asked for again then; {@link #schema} returns the last answer
 *       meanwhile, so that a caller to whom {@link #isSettled} has said yes never waits.
 *   <li>Anything else, such as a refused connection, an error of the server or refused credentials, says nothing about the schema: it is
 *       asked for again until there is an answer.
 * </ul>
 *
 * <p>Ids come from records that anybody may have written. So there is a limit to the ids that are asked for at a time, those beyond it
 * are asked for later, and to the ids of which it is remembered that there is no schema.
 *
 * <p>Thread-safe. Schemas that are known are found without a lock.
 */
final class KnownSchemas implements SchemaRegistry {

    /** How many ids are asked for at a time, and of how many it is remembered that there is no schema: about a megabyte each. */
    static final int MOST_IDS = 10_000;

    private static final Logger LOG = LoggerFactory.getLogger(KnownSchemas.class);

    private final RegistryRequests requests;
    private final String where;
    private final Times times;
    private final RegisteredIds ids;
    private final Map<Integer, Schema> found = new ConcurrentHashMap<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<Integer, Unusable> unusable = new Newest<>();
    private final Map<Integer, Wanted> wanted = new HashMap<>();
    private final PriorityQueue<Wanted> due = new PriorityQueue<>();
    private String failure = "no answer yet";
    private int failing;
    private long warnAgainNanos = System.nanoTime();
    private Thread thread;
    private boolean closed;

    /**
     * How long what takes.
     *
     * @param patience how long a caller waits for an answer
     * @param confirm how long "there is no such schema" must be the answer until it counts
     * @param believe how long it is believed then
     * @param firstPause pause after a first failure; it doubles with each further one
     * @param lastPause the longest pause
     * @param warnEvery how often a failure that lasts is logged
     */
    record Times(
            Duration patience,
            Duration confirm,
            Duration believe,
            Duration firstPause,
            Duration lastPause,
            Duration warnEvery) {

        /** How long what takes where only these two differ. */
        static Times of(Duration patience, Duration confirm) {
            return new Times(
                    patience,
                    confirm,
                    Duration.ofMinutes(1),
                    Duration.ofMillis(500),
                    Duration.ofSeconds(5),
                    Duration.ofMinutes(1));
        }
    }

    /** The registry's answer that there is no schema of an id that could be used. */
    private record Unusable(String reason, long believedUntilNanos) {}

    /** Forgets what was not looked at for the longest time. */
    private static final class Newest<V> extends LinkedHashMap<Integer, V> {

        private static final long serialVersionUID = 1L;

        Newest() {
            super(16, 0.75f, true);
        }

        @Override
        protected boolean removeEldestEntry(Map.Entry<Integer, V> eldest) {
            return size() > MOST_IDS;
        }
    }

    /** An id that is asked for, ordered by when it is due. */
    private static final class Wanted implements Comparable<Wanted> {
        private final int id;
        private long dueNanos = System.nanoTime();
        private long pauseNanos;
        private boolean failed;
        private boolean doubted;
        private long doubtedSinceNanos;

        Wanted(int id) {
            this.id = id;
        }

        @Override
        public int compareTo(Wanted other) {
            return Long.compare(dueNanos - other.dueNanos, 0);
        }
    }

    /** @param where the addresses of the registry, for messages */
    KnownSchemas(RegistryRequests requests, String where, Times times) {
        this.requests = requests;
        this.where = where;
        this.times = times;
        ids = new RegisteredIds(requests, where, times);
    }

    @Override
    public Schema schema(int id) throws UnusableSchemaException {
        Schema known = found.get(id);
        return known != null ? known : awaited(id);
    }

    private Schema awaited(int id) throws UnusableSchemaException {
        long untilNanos = System.nanoTime() + times.patience().toNanos();
        lock.lock();
        try {
            while (true) {
                Schema schema = found.get(id);
                if (schema != null) {
                    return schema;
                }
                Unusable none = unusable.get(id);
                if (none == null || !isBelieved(none)) {
                    want(id);
                }
                if (none != null) {
                    throw new UnusableSchemaException(none.reason());
                }
                long leftNanos = untilNanos - System.nanoTime();
                if (leftNanos <= 0 || closed) {
                    throw new RegistryUnavailableException("the schema registry at " + where
                            + " does not say what schema id " + id + " is: " + failure);
                }
                long unused = changed.awaitNanos(leftNanos);
            }
        } catch (InterruptedException e) {
            throw RegisteredIds.interrupted();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean isSettled(int id) {
        if (found.containsKey(id)) {
            return true;
        }
        lock.lock();
        try {
            Unusable none = unusable.get(id);
            if (none != null && isBelieved(none)) {
                return true;
            }
            want(id);
            return false;
        } finally {
            lock.unlock();
        }
    }

    private static boolean isBelieved(Unusable none) {
        return System.nanoTime() - none.believedUntilNanos() < 0;
    }

    private void want(int id) {
        if (closed || wanted.size() >= MOST_IDS || found.containsKey(id) || wanted.containsKey(id)) {
            return;
        }
        Wanted next = new Wanted(id);
        wanted.put(id, next);
        due.add(next);
        start();
        changed.signalAll();
    }

    private void start() {
        if (thread == null || !thread.isAlive()) {
            thread = new Thread(this::ask, "trueup-schema-registry");
            thread.setDaemon(true);
            thread.start();
        }
    }

    private void ask() {
        try {
            for (Wanted next = next(); next != null; next = next()) {
                ask(next);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits for an id that is due, and takes it. Returns null once this is closed. */
    private Wanted next() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (!closed) {
                Wanted first = due.peek();
                if (first == null) {
                    changed.await();
                } else if (first.dueNanos - System.nanoTime() <= 0) {
                    return due.remove();
                } else {
                    long unused = changed.awaitNanos(first.dueNanos - System.nanoTime());
                }
            }
            return null;
        } finally {
            lock.unlock();
        }
    }

    /** A class that is missing in a jar, or a schema that is nested too deep, must not end the thread without a message. */
    private void ask(Wanted next) {
        try {
            read(next, requests.schema(next.id));
        } catch (RequestRefusedException e) {
            if (e.errorCode() == RequestRefusedException.SCHEMA_NOT_FOUND) {
                notFound(next, e.getMessage());
            } else {
                failed(next, RegisteredIds.refusal(e));
            }
        } catch (IOException | RuntimeException | LinkageError | StackOverflowError e) {
            failed(next, ReadFailures.reason(e));
        }
    }

    /** Avro refuses a {@code fixed} of a size that no array has as unsupported, and all else that is no schema as its own failure. */
    private void read(Wanted id, Registered registered) {
        if (!registered.type().equals(ConfluentClient.AVRO)) {
            unusable(id, "it is of type " + registered.type() + ", not " + ConfluentClient.AVRO);
            return;
        }
        try {
            Schema schema = new SchemaParser().parse(registered.text()).mainSchema();
            settle(id, () -> {
                found.put(id.id, schema);
                unusable.remove(id.id);
            });
        } catch (AvroRuntimeException | UnsupportedOperationException e) {
            unusable(id, "it is no schema of Avro: " + e.getMessage());
        }
    }

    private void unusable(Wanted id, String reason) {
        Unusable none = new Unusable(reason, System.nanoTime() + times.believe().toNanos());
        settle(id, () -> unusable.put(id.id, none));
    }

    private void settle(Wanted id, Runnable change) {
        lock.lock();
        try {
            change.run();
            wanted.remove(id.id);
            answered(id);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void notFound(Wanted id, String message) {
        long nowNanos = System.nanoTime();
        if (id.doubted && nowNanos - id.doubtedSinceNanos >= times.confirm().toNanos()) {
            unusable(id, "the registry at " + where + " has no such schema (" + message + ")");
            return;
        }
        lock.lock();
        try {
            if (!id.doubted) {
                id.doubted = true;
                id.doubtedSinceNanos = nowNanos;
                id.pauseNanos = 0;
            }
            failure = "it has no such schema, and is asked again for "
                    + times.confirm().toSeconds() + " s";
            answered(id);
            askAgain(id, nowNanos, id.doubtedSinceNanos + times.confirm().toNanos() - nowNanos);
        } finally {
            lock.unlock();
        }
    }

    private void failed(Wanted id, String reason) {
        lock.lock();
        try {
            long nowNanos = System.nanoTime();
            id.doubted = false;
            failure = reason;
            if (!closed && (failing == 0 || nowNanos - warnAgainNanos > 0)) {
                LOG.warn(
                        "The schema registry at {} does not say what schema id {} is: {}. Records of schemas that are not known yet"
                                + " wait, and nothing is skipped. It is asked again every {} s at the latest.",
                        where,
                        id.id,
                        reason,
                        Math.max(1, times.lastPause().toSeconds()));
                warnAgainNanos = nowNanos + times.warnEvery().toNanos();
            }
            if (!id.failed) {
                id.failed = true;
                failing++;
            }
            askAgain(id, nowNanos, Long.MAX_VALUE);
        } finally {
            lock.unlock();
        }
    }

    private void askAgain(Wanted id, long nowNanos, long mostNanos) {
        id.pauseNanos = Math.min(
                times.lastPause().toNanos(), Math.max(times.firstPause().toNanos(), 2 * id.pauseNanos));
        id.dueNanos = nowNanos + Math.min(id.pauseNanos, mostNanos);
        due.add(id);
    }

    /** The registry answers again once all that is asked for is answered: it may well know some ids and fail for others. */
    private void answered(Wanted id) {
        if (id.failed) {
            id.failed = false;
            failing--;
            if (failing == 0) {
                LOG.info("The schema registry at {} answers again.", where);
            }
        }
    }

    /** How many ids are asked for, or are known to have no schema. */
    int remembered() {
        lock.lock();
        try {
            return wanted.size() + unusable.size();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public int id(String subject, Schema schema) {
        return ids.of(subject, schema);
    }

    @Override
    public void close() {
        Thread asking;
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
            asking = thread;
        } finally {
            lock.unlock();
        }
        if (asking != null) {
            asking.interrupt();
        }
        requests.close();
    }
}
