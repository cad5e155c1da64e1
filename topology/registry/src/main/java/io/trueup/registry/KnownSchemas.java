package io.trueup.registry;

import io.trueup.avro.RegistryUnavailableException;
import io.trueup.avro.SchemaRefusedException;
import io.trueup.avro.SchemaRegistry;
import io.trueup.avro.UnusableSchemaException;
import io.trueup.confluent.ConfluentClient;
import io.trueup.confluent.ConfluentClient.Registered;
import io.trueup.confluent.RequestRefusedException;
import java.io.IOException;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
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
 *   <li>"There is no such schema" counts once the registry has answered it twice, because one of its servers may not have read the
 *       newest schemas yet. It is believed for a minute.
 *   <li>Anything else, such as a refused connection, an error of the server or refused credentials, says nothing about the schema: it is
 *       asked for again until there is an answer.
 * </ul>
 *
 * Thread-safe.
 */
final class KnownSchemas implements SchemaRegistry {

    private static final Logger LOG = LoggerFactory.getLogger(KnownSchemas.class);

    private final RegistryRequests requests;
    private final String where;
    private final Times times;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<Integer, Settled> settled = new HashMap<>();
    private final Map<Integer, Wanted> wanted = new HashMap<>();
    private final Map<Written, Integer> ids = new ConcurrentHashMap<>();
    private String failure = "no answer yet";
    private boolean failing;
    private long warnAgainNanos;
    private Thread thread;
    private boolean closed;

    /**
     * How long what takes.
     *
     * @param patience how long a caller waits for an answer
     * @param confirm how long after "there is no such schema" it is asked again
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

        static Times of(Duration patience) {
            return new Times(
                    patience,
                    Duration.ofSeconds(1),
                    Duration.ofMinutes(1),
                    Duration.ofMillis(500),
                    Duration.ofSeconds(5),
                    Duration.ofMinutes(1));
        }
    }

    /** A schema by which records are written. */
    private record Written(String subject, Schema schema) {}

    /** The registry's answer about an id. */
    private sealed interface Settled {

        record Found(Schema schema) implements Settled {}

        record Unusable(String reason, long believedUntilNanos) implements Settled {}
    }

    /** An id that is asked for. */
    private static final class Wanted {
        private final int id;
        private long dueNanos = System.nanoTime();
        private long pauseNanos;
        private boolean doubted;

        Wanted(int id) {
            this.id = id;
        }
    }

    /** @param where the addresses of the registry, for messages */
    KnownSchemas(RegistryRequests requests, String where, Times times) {
        this.requests = requests;
        this.where = where;
        this.times = times;
    }

    @Override
    public Schema schema(int id) throws UnusableSchemaException {
        long untilNanos = System.nanoTime() + times.patience().toNanos();
        lock.lock();
        try {
            while (true) {
                Settled answer = answer(id);
                if (answer instanceof Settled.Found found) {
                    return found.schema();
                }
                if (answer instanceof Settled.Unusable unusable) {
                    throw new UnusableSchemaException(unusable.reason());
                }
                long leftNanos = untilNanos - System.nanoTime();
                if (leftNanos <= 0 || closed) {
                    throw new RegistryUnavailableException("the schema registry at " + where
                            + " does not say what schema id " + id + " is: " + failure);
                }
                long unused = changed.awaitNanos(leftNanos);
            }
        } catch (InterruptedException e) {
            throw interrupted();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean isSettled(int id) {
        lock.lock();
        try {
            return answer(id) != null;
        } finally {
            lock.unlock();
        }
    }

    /** Returns the answer about an id; if there is none, null, and the id is asked for. */
    private Settled answer(int id) {
        Settled answer = settled.get(id);
        if (answer instanceof Settled.Unusable unusable && System.nanoTime() - unusable.believedUntilNanos() > 0) {
            settled.remove(id);
            answer = null;
        }
        if (answer == null && !closed && wanted.putIfAbsent(id, new Wanted(id)) == null) {
            start();
            changed.signalAll();
        }
        return answer;
    }

    private void start() {
        if (thread == null) {
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

    /** Waits for an id that is due. Returns null once this is closed. */
    private Wanted next() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (!closed) {
                Wanted first = wanted.values().stream()
                        .min(Comparator.comparingLong(id -> id.dueNanos - System.nanoTime()))
                        .orElse(null);
                if (first == null) {
                    changed.await();
                } else if (first.dueNanos - System.nanoTime() <= 0) {
                    return first;
                } else {
                    long unused = changed.awaitNanos(first.dueNanos - System.nanoTime());
                }
            }
            return null;
        } finally {
            lock.unlock();
        }
    }

    private void ask(Wanted next) {
        try {
            settle(next, read(requests.schema(next.id)));
        } catch (RequestRefusedException e) {
            if (e.errorCode() == RequestRefusedException.SCHEMA_NOT_FOUND) {
                notFound(next, e.getMessage());
            } else {
                failed(next, refusal(e));
            }
        } catch (IOException | RuntimeException e) {
            failed(next, reason(e));
        }
    }

    private Settled read(Registered registered) {
        if (!registered.type().equals(ConfluentClient.AVRO)) {
            return unusable("it is of type " + registered.type() + ", not " + ConfluentClient.AVRO);
        }
        try {
            return new Settled.Found(new SchemaParser().parse(registered.text()).mainSchema());
        } catch (AvroRuntimeException e) {
            return unusable("it is no schema of Avro: " + e.getMessage());
        }
    }

    private Settled unusable(String reason) {
        return new Settled.Unusable(reason, System.nanoTime() + times.believe().toNanos());
    }

    private void settle(Wanted id, Settled answer) {
        lock.lock();
        try {
            wanted.remove(id.id);
            settled.put(id.id, answer);
            answered();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void notFound(Wanted id, String message) {
        if (id.doubted) {
            settle(id, unusable("the registry at " + where + " has no such schema (" + message + ")"));
            return;
        }
        lock.lock();
        try {
            id.doubted = true;
            id.dueNanos = System.nanoTime() + times.confirm().toNanos();
            failure = "it has no such schema, and is asked once more";
            answered();
        } finally {
            lock.unlock();
        }
    }

    private void failed(Wanted id, String reason) {
        lock.lock();
        try {
            id.doubted = false;
            id.pauseNanos = Math.min(
                    times.lastPause().toNanos(), Math.max(times.firstPause().toNanos(), 2 * id.pauseNanos));
            id.dueNanos = System.nanoTime() + id.pauseNanos;
            failure = reason;
            if (!closed && (!failing || System.nanoTime() - warnAgainNanos > 0)) {
                LOG.warn(
                        "The schema registry at {} does not say what schema id {} is: {}. Records of schemas that are not known yet"
                                + " wait, and nothing is skipped. It is asked again every {} s at the latest.",
                        where,
                        id.id,
                        reason,
                        Math.max(1, times.lastPause().toSeconds()));
                warnAgainNanos = System.nanoTime() + times.warnEvery().toNanos();
            }
            failing = true;
        } finally {
            lock.unlock();
        }
    }

    private void answered() {
        if (failing) {
            failing = false;
            LOG.info("The schema registry at {} answers again.", where);
        }
    }

    @Override
    public int id(String subject, Schema schema) {
        Written written = new Written(subject, schema);
        Integer known = ids.get(written);
        if (known == null) {
            known = requested(subject, schema);
            ids.put(written, known);
        }
        return known;
    }

    private int requested(String subject, Schema schema) {
        long untilNanos = System.nanoTime() + times.patience().toNanos();
        long pauseNanos = times.firstPause().toNanos();
        boolean warned = false;
        while (true) {
            String reason;
            try {
                return requests.id(subject, schema);
            } catch (RequestRefusedException e) {
                if (!mayPass(e)) {
                    throw new SchemaRefusedException(explain(subject, schema, e));
                }
                reason = refusal(e);
            } catch (SchemaRefusedException e) {
                throw e;
            } catch (IOException | RuntimeException e) {
                reason = reason(e);
            }
            String unknown = "the schema registry at " + where + " gives no id for " + schema.getName()
                    + " under subject " + subject + ": " + reason;
            if (System.nanoTime() + pauseNanos - untilNanos > 0) {
                throw new RegistryUnavailableException(unknown);
            }
            if (!warned) {
                LOG.warn("{}. Trying again for {} s.", unknown, times.patience().toSeconds());
                warned = true;
            }
            pause(pauseNanos);
            pauseNanos = Math.min(times.lastPause().toNanos(), 2 * pauseNanos);
        }
    }

    /** Whether an error is one of the moment. */
    private static boolean mayPass(RequestRefusedException e) {
        return e.status() >= 500 || e.status() == 429 || e.status() == 408;
    }

    private String explain(String subject, Schema schema, RequestRefusedException e) {
        String what = "the schema registry at " + where + " refuses the schema of " + schema.getName()
                + " under subject " + subject + ": " + refusal(e) + ". ";
        if (e.errorCode() == RequestRefusedException.SCHEMA_NOT_FOUND
                || e.errorCode() == RequestRefusedException.SUBJECT_NOT_FOUND) {
            return what + "Register the file " + schema.getName() + ".avsc of this release there, or set "
                    + RegistryKeys.AUTO_REGISTER + "=true";
        }
        return what
                + switch (e.status()) {
                    case 409 ->
                        "Another schema is registered there, with which it is not compatible: name subjects in another way ("
                                + RegistryKeys.NAMING + "), or change the compatibility level of the subject";
                    case 401, 403 ->
                        "Check " + RegistryKeys.BASIC_AUTH_USER + ", " + RegistryKeys.BEARER_AUTH_TOKEN
                                + " and what they permit";
                    case 404 -> "Check " + RegistryKeys.URL + ": the registry's API begins at this address";
                    default -> "Check the settings of the registry";
                };
    }

    private static void pause(long nanos) {
        try {
            TimeUnit.NANOSECONDS.sleep(nanos);
        } catch (InterruptedException e) {
            throw interrupted();
        }
    }

    private static RegistryUnavailableException interrupted() {
        Thread.currentThread().interrupt();
        return new RegistryUnavailableException("interrupted while the schema registry was asked");
    }

    private static String refusal(RequestRefusedException e) {
        return e.getMessage() + " (status " + e.status() + ")";
    }

    private static String reason(Exception e) {
        return e.getMessage() == null
                ? e.getClass().getSimpleName()
                : e.getClass().getSimpleName() + ": " + e.getMessage();
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
