package io.trueup.replica;

import io.trueup.replica.entry.StoredEntry;
import io.trueup.replica.format.TrueupWriteEvents;
import io.trueup.replica.table.Datastore;
import io.trueup.replica.table.DatastoreException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.InterruptException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads what a replica's table really holds, one partition after the other, and tells it in the replica's writes topic,
 * while the replica, in this process or another one, goes on: changes of which no write event ever told are then seen by
 * the comparison. Rows are read in small chunks, each in a transaction of its own, so nothing is locked for long.
 *
 * <p>Why it is safe beside a running replica: rows are read after the start marker has arrived, and a write event is sent after its
 * write is committed. So the event of a write that a row does not show yet lies behind the marker, and wins over the row.
 *
 * <p>Each chunk looks for the rows of one partition in order of key, so a scrub of many partitions goes through the table's keys
 * once for each. An index on (partition, key) makes that faster, and writes slower.
 *
 * <p>{@link #run} may be called once. {@link #stop} may be called from any thread.
 */
public final class Scrub {

    private static final Logger LOG = LoggerFactory.getLogger(Scrub.class);
    private static final int ROWS_PER_CHUNK = 500;
    private static final int CHUNKS_PER_SECOND = 10;
    private static final int LONGEST_KEY = 16 * 1024;
    private static final Duration FAREWELL = Duration.ofSeconds(1);

    private final ReplicaConfig config;
    private final SortedSet<Integer> chosen;
    private final long rowsPerSecond;
    private final int rowsPerChunk;
    private final String scan = UUID.randomUUID().toString();
    private final CountDownLatch stopping = new CountDownLatch(1);

    /**
     * A scrub of a replica's table.
     *
     * @param partitions the partitions to scan; empty: all
     * @param rowsPerSecond most rows per second, at least 1
     * @throws ConfigException if the replica's write events are in a format that has no scans
     */
    public Scrub(ReplicaConfig config, Collection<Integer> partitions, long rowsPerSecond) {
        if (config.plainWrites()) {
            throw new ConfigException(
                    ReplicaConfig.WRITES_FORMAT,
                    "plain",
                    "a scrub needs writes.format=trueup: plain write events cannot say what a scan has found");
        }
        this.config = config;
        this.chosen = new TreeSet<>(partitions);
        this.rowsPerSecond = rowsPerSecond;
        this.rowsPerChunk = (int) Math.max(1, Math.min(ROWS_PER_CHUNK, rowsPerSecond / CHUNKS_PER_SECOND));
    }

    /**
     * Scans the partitions in order. If it fails or is stopped in the middle of a partition, the rows already sent count as
     * what the replica stores, and nothing else of that partition does.
     *
     * @return false if it was stopped before the last one was scanned
     * @throws ConfigException if there is no writes topic, or none of the chosen partitions in it
     * @throws DatastoreException if the database cannot be read
     * @throws RuntimeException if Kafka does not take the records
     */
    public boolean run(Listener listener) {
        int partitions = TopicCheck.writesPartitions(config);
        SortedSet<Integer> wanted = wanted(partitions);
        Emitter emitter = null;
        try (Datastore datastore = Datastore.open(config.location())) {
            Map<Integer, Long> counts = datastore.rowsByPartition();
            warnOfStrays(counts, partitions);
            TrueupWriteEvents events = new TrueupWriteEvents(config.writesTopic());
            emitter = new Emitter(config, events);
            for (int partition : wanted) {
                Partition one =
                        new Partition(partition, counts.getOrDefault(partition, 0L), datastore, emitter, events);
                if (!one.scan(listener)) {
                    return false;
                }
            }
            return true;
        } catch (InterruptException e) {
            return false;
        } finally {
            close(emitter);
        }
    }

    /** Asks a running scrub to end after the current chunk, without an end marker. Returns at once. */
    public void stop() {
        stopping.countDown();
    }

    private SortedSet<Integer> wanted(int partitions) {
        if (chosen.isEmpty()) {
            return new TreeSet<>(IntStream.range(0, partitions).boxed().toList());
        }
        for (int partition : List.of(chosen.first(), chosen.last())) {
            if (partition < 0 || partition >= partitions) {
                throw new ConfigException("there is no partition " + partition + ": " + config.writesTopic() + " has "
                        + partitions + ", from 0 to " + (partitions - 1));
            }
        }
        return chosen;
    }

    private void warnOfStrays(Map<Integer, Long> counts, int partitions) {
        counts.forEach((partition, rows) -> {
            if (partition < 0 || partition >= partitions) {
                LOG.warn(
                        "{} rows of {} are stored with partition {}, which {} does not have: they cannot be told",
                        rows,
                        config.location(),
                        partition,
                        config.writesTopic());
            }
        });
    }

    private boolean isStopping() {
        return stopping.getCount() == 0 || Thread.currentThread().isInterrupted();
    }

    private static void close(Emitter emitter) {
        if (emitter != null) {
            boolean interrupted = Thread.interrupted();
            emitter.close(FAREWELL);
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Why a row cannot be told, or null. Writes of the replica make no such rows. */
    private static String damage(StoredEntry row) {
        if (!row.deleted() && row.value() == null) {
            return "it is not deleted, yet without a value";
        }
        if (row.positionMs() < 0 || row.expiryMs() < 0) {
            return "its position or expiry is negative";
        }
        return row.key().length > LONGEST_KEY ? "its key has " + row.key().length + " bytes" : null;
    }

    /** Sees how a scrub gets on, on the thread that runs it. */
    public interface Listener {

        /**
         * A chunk was told.
         *
         * @param rows rows of the partition that were read so far
         * @param expected rows that it had when the scrub began
         */
        void progress(int partition, long rows, long expected);

        /** A partition was scanned whole. */
        void scanned(Summary summary);
    }

    /**
     * A partition that was scanned whole.
     *
     * @param partition the partition
     * @param rows rows that were told, tombstones included
     * @param leftOut damaged rows that could not be told, and so count as missing
     * @param since offset of the start marker
     * @param end offset of the end marker
     * @param took how long it took
     */
    public record Summary(int partition, long rows, long leftOut, long since, long end, Duration took) {}

    /** The scan of one partition. */
    private final class Partition {

        private final int partition;
        private final long expected;
        private final Datastore datastore;
        private final Emitter emitter;
        private final TrueupWriteEvents events;
        private final long startNanos = System.nanoTime();
        private long since;
        private long rows;
        private long leftOut;

        Partition(int partition, long expected, Datastore datastore, Emitter emitter, TrueupWriteEvents events) {
            this.partition = partition;
            this.expected = expected;
            this.datastore = datastore;
            this.emitter = emitter;
            this.events = events;
        }

        boolean scan(Listener listener) {
            if (isStopping()) {
                return false;
            }
            since = emitter.deliver(events.scanStart(partition, scan));
            List<StoredEntry> chunk = datastore.rows(partition, null, rowsPerChunk);
            while (!chunk.isEmpty()) {
                chunk.forEach(this::tell);
                emitter.flush();
                listener.progress(partition, rows + leftOut, expected);
                if (!pause()) {
                    return false;
                }
                chunk = datastore.rows(partition, chunk.get(chunk.size() - 1).key(), rowsPerChunk);
            }
            if (isStopping()) {
                return false;
            }
            long end = emitter.deliver(events.scanEnd(partition, scan, since, rows));
            listener.scanned(new Summary(
                    partition, rows, leftOut, since, end, Duration.ofNanos(System.nanoTime() - startNanos)));
            return true;
        }

        private void tell(StoredEntry row) {
            String damage = damage(row);
            if (damage == null) {
                emitter.send(events.scanned(row, scan, since));
                rows++;
            } else {
                LOG.warn("A row of partition {} in {} cannot be told: {}", partition, config.location(), damage);
                leftOut++;
            }
        }

        /** Waits until the next chunk is due at the chosen rate. */
        private boolean pause() {
            double due = (rows + leftOut) * (double) TimeUnit.SECONDS.toNanos(1) / rowsPerSecond;
            long waitNanos = (long) due - (System.nanoTime() - startNanos);
            try {
                return !stopping.await(Math.max(0, waitNanos), TimeUnit.NANOSECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
    }
}
