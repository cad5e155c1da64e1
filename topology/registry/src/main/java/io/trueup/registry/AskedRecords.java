package io.trueup.registry;

import io.trueup.avro.WireFormat;
import io.trueup.registry.Attempt.Unknown;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/**
 * Records that a user's deserializer reads on a thread of its own, before anybody needs them: a call may wait for a registry. What it has
 * made of a record is kept, so that it is not called again for this record, when what it has cached has expired meanwhile.
 *
 * <p>A record that cannot be read now is tried again after a pause of its own, as long as it is asked for. The pause is at least as long as
 * the attempt was, and records that were never tried go first: so one that fails, however long that takes, does not keep others waiting
 * for good. What is kept has a limit; beyond it, the caller has to read a record itself. Thread-safe.
 */
final class AskedRecords implements AutoCloseable {

    /** How many records are kept that were read, and as many that are to be read. */
    static final int MOST_RECORDS = 20_000;

    private static final long MOST_BYTES = 16 << 20;
    private static final long FORGET_NANOS = TimeUnit.MINUTES.toNanos(1);
    private static final long SHORTEST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long LONGEST_PAUSE_NANOS = TimeUnit.MINUTES.toNanos(1);
    /** After so many records that were never tried it is the turn of one that has failed. */
    private static final int FRESH_IN_A_ROW = 1_000;

    private final BiFunction<String, byte[], Attempt> read;
    private final Consumer<String> failures;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<Key, Attempt> results = new LinkedHashMap<>(16, 0.75f, true);
    private final Map<Key, Wanted> wanted = new HashMap<>();
    private final Deque<Wanted> fresh = new ArrayDeque<>();
    private final PriorityQueue<Wanted> again = new PriorityQueue<>();
    /** Records with a header of which the last attempt has failed do not count as fresh. */
    private final Map<Key, Boolean> failing = new HashMap<>();

    private long resultBytes;
    private long wantedBytes;
    private int freshInARow;
    private Thread thread;
    private boolean closed;

    /** A record, or the beginning of one. */
    private record Key(String topic, byte[] bytes, int hash) {

        static Key of(String topic, byte[] bytes) {
            return new Key(topic, bytes, 31 * topic.hashCode() + Arrays.hashCode(bytes));
        }

        /** What tells the schema; only in the wire format it is known which bytes these are. */
        Key header() {
            return WireFormat.isMarked(bytes) ? of(topic, Arrays.copyOf(bytes, WireFormat.HEADER_BYTES)) : this;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Key key
                    && key.hash == hash
                    && key.topic.equals(topic)
                    && Arrays.equals(key.bytes, bytes);
        }

        @Override
        public int hashCode() {
            return hash;
        }
    }

    /** A record that is to be read; ordered by when it is due. */
    private static final class Wanted implements Comparable<Wanted> {
        private final Key key;
        private long askedNanos = System.nanoTime();
        private long dueNanos = askedNanos;
        private long pauseNanos;

        Wanted(Key key) {
            this.key = key;
        }

        @Override
        public int compareTo(Wanted other) {
            return Long.compare(dueNanos - other.dueNanos, 0);
        }
    }

    /**
     * @param read reads a record of a topic; may wait
     * @param failures takes what is said of each failure that is no fault of a record
     */
    AskedRecords(BiFunction<String, byte[], Attempt> read, Consumer<String> failures) {
        this.read = read;
        this.failures = failures;
    }

    /** Returns what a record is, if it was read. */
    Optional<Attempt> result(String topic, byte[] bytes) {
        Key key = Key.of(topic, bytes);
        lock.lock();
        try {
            return Optional.ofNullable(results.get(key));
        } finally {
            lock.unlock();
        }
    }

    /** Whether a record was read. If not, it is read meanwhile. Never waits. */
    boolean isRead(String topic, byte[] bytes) {
        Key key = Key.of(topic, bytes);
        lock.lock();
        try {
            if (results.containsKey(key)) {
                return true;
            }
            want(key);
            return false;
        } finally {
            lock.unlock();
        }
    }

    private void want(Key key) {
        Wanted known = wanted.get(key);
        if (known != null) {
            known.askedNanos = System.nanoTime();
            return;
        }
        boolean full = wanted.size() >= MOST_RECORDS || wantedBytes > MOST_BYTES;
        if (closed || full) {
            return;
        }
        Wanted next = new Wanted(key);
        wanted.put(key, next);
        wantedBytes += key.bytes().length;
        if (failing.containsKey(key.header())) {
            again.add(next);
        } else {
            fresh.add(next);
        }
        if (thread == null || !thread.isAlive()) {
            thread = new Thread(this::ask, "trueup-deserializer");
            thread.setDaemon(true);
            thread.start();
        }
        changed.signalAll();
    }

    private void ask() {
        try {
            for (Wanted next = next(); next != null; next = next()) {
                long sinceNanos = System.nanoTime();
                Attempt attempt = read.apply(next.key.topic(), next.key.bytes());
                tried(next, attempt, System.nanoTime() - sinceNanos);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits for a record that is due, and takes it. Returns null once this is closed. */
    private Wanted next() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (!closed) {
                Wanted failed = again.peek();
                boolean isDue = failed != null && failed.dueNanos - System.nanoTime() <= 0;
                if (isDue && (fresh.isEmpty() || freshInARow >= FRESH_IN_A_ROW)) {
                    freshInARow = 0;
                    again.remove();
                    if (isAskedFor(failed)) {
                        return failed;
                    }
                } else if (!fresh.isEmpty()) {
                    freshInARow++;
                    Wanted first = fresh.remove();
                    if (!failing.containsKey(first.key.header())) {
                        return first;
                    }
                    again.add(first);
                } else if (failed == null) {
                    changed.await();
                } else {
                    long unused = changed.awaitNanos(failed.dueNanos - System.nanoTime());
                }
            }
            return null;
        } finally {
            lock.unlock();
        }
    }

    /** A record that waits is asked for at each poll. Otherwise its partition was taken away, and it is forgotten. */
    private boolean isAskedFor(Wanted record) {
        if (System.nanoTime() - record.askedNanos < FORGET_NANOS) {
            return true;
        }
        forget(record);
        return false;
    }

    private void forget(Wanted record) {
        wanted.remove(record.key);
        wantedBytes -= record.key.bytes().length;
        failing.remove(record.key.header());
    }

    private void tried(Wanted record, Attempt attempt, long tookNanos) {
        if (attempt instanceof Unknown unknown) {
            failures.accept(unknown.reason());
        }
        lock.lock();
        try {
            if (attempt instanceof Unknown) {
                failing.put(record.key.header(), true);
                record.pauseNanos = Math.min(LONGEST_PAUSE_NANOS, Math.max(SHORTEST_PAUSE_NANOS, tookNanos));
                record.dueNanos = System.nanoTime() + record.pauseNanos;
                again.add(record);
            } else {
                forget(record);
                keep(record.key, attempt);
            }
        } finally {
            lock.unlock();
        }
    }

    private void keep(Key key, Attempt result) {
        results.put(key, result);
        resultBytes += key.bytes().length;
        var eldest = results.entrySet().iterator();
        while ((results.size() > MOST_RECORDS || resultBytes > MOST_BYTES) && results.size() > 1) {
            resultBytes -= eldest.next().getKey().bytes().length;
            eldest.remove();
        }
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
    }
}
