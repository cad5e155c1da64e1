package io.trueup.replica;

import io.trueup.avro.RecordCodecs;
import io.trueup.registry.ConfiguredCodecs;
import io.trueup.replica.entry.StoredEntry;
import io.trueup.replica.format.TrueupWriteEvents;
import io.trueup.replica.table.Datastore;
import io.trueup.replica.table.DatastoreException;
import java.time.Duration;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.InterruptException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Scans a replica's table, one partition after the other, and sends what the table really holds to the replica's writes topic. The
 * comparison then finds changes for which no write event was sent. The replica may run at the same time, in this process or in another
 * one. Rows are read in small chunks, each in a transaction of its own, so nothing is locked for long.
 *
 * <p>Why it is safe beside a running replica: rows are read after the start marker is delivered, and a write event is sent after its
 * write is committed. So the event of a write that a row does not show yet has a higher offset than the marker, and wins over the row.
 *
 * <p>Each chunk reads the rows of one partition in order of their keys, so a scrub of many partitions goes through the keys of the table
 * once for each partition. An index on (partition, key) makes that faster, and writes slower.
 *
 * <p>{@link #run} may be called once. {@link #stop} may be called from any thread.
 */
public final class Scrub {

    private static final Logger LOG = LoggerFactory.getLogger(Scrub.class);
    private static final int ROWS_PER_CHUNK = 500;
    private static final int CHUNKS_PER_SECOND = 10;
    private static final int MAX_KEY_BYTES = 16 * 1024;
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(1);

    private final ReplicaConfig config;
    private final Ends ends;
    private final SortedSet<Integer> chosen;
    private final long rowsPerSecond;
    private final int rowsPerChunk;
    private final String scan = UUID.randomUUID().toString();
    private final CountDownLatch stopping = new CountDownLatch(1);

    /**
     * A scrub of a replica's table.
     *
     * @param partitions the partitions to scan; empty: all
     * @param rowsPerSecond maximum number of rows per second, at least 1
     * @throws ConfigException if the format of the replica's write events has no scan events
     */
    public Scrub(ReplicaConfig config, Collection<Integer> partitions, long rowsPerSecond) {
        this(
                config,
                partitions,
                rowsPerSecond,
                (int) Math.max(1, Math.min(ROWS_PER_CHUNK, rowsPerSecond / CHUNKS_PER_SECOND)),
                new Configured(config));
    }

    Scrub(ReplicaConfig config, Collection<Integer> partitions, long rowsPerSecond, int rowsPerChunk, Ends ends) {
        if (config.plainWrites()) {
            throw new ConfigException(
                    ReplicaConfig.WRITES_FORMAT,
                    "plain",
                    "a scrub needs writes.format=trueup: the plain format has no scan events");
        }
        this.config = config;
        this.chosen = new TreeSet<>(partitions);
        this.rowsPerSecond = rowsPerSecond;
        this.rowsPerChunk = rowsPerChunk;
        this.ends = ends;
    }

    /**
     * Scans the partitions in order. If the scrub fails or is stopped in the middle of a partition, the rows that were sent count as
     * entries that the replica holds; nothing is concluded about the other rows of that partition.
     *
     * @return false if the scrub was stopped before the last partition was scanned
     * @throws ConfigException if the writes topic does not exist, or does not have one of the chosen partitions
     * @throws DatastoreException if the database cannot be opened
     * @throws ScanFailedException if the rows of a partition cannot be read or sent
     * @throws RuntimeException if the topic cannot be reached
     */
    public boolean run(Listener listener) {
        int partitions = ends.partitions();
        SortedSet<Integer> wanted = wanted(partitions);
        Emitter emitter = null;
        try (RecordCodecs codecs = ConfiguredCodecs.open(config.registry());
                Datastore datastore = ends.table()) {
            Map<Integer, Long> counts = datastore.rowsByPartition();
            warnAboutUnknownPartitions(counts, partitions);
            TrueupWriteEvents events = new TrueupWriteEvents(config.writesTopic(), codecs);
            events.prepare();
            emitter = new Emitter(ends.producer(), events, config.deadLetterTopic());
            for (int partition : wanted) {
                PartitionScan partitionScan =
                        new PartitionScan(partition, counts.getOrDefault(partition, 0L), datastore, emitter, events);
                if (!partitionScan.run(listener)) {
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

    /** Makes a running scrub end after the current chunk, without an end marker. Returns at once. */
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

    private void warnAboutUnknownPartitions(Map<Integer, Long> counts, int partitions) {
        counts.forEach((partition, rows) -> {
            if (partition < 0 || partition >= partitions) {
                LOG.warn(
                        "{} rows of {} are stored with partition {}, which {} does not have: they cannot be sent",
                        rows,
                        config.jdbc(),
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
            emitter.close(CLOSE_TIMEOUT);
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** The reason why a row cannot be sent, or null. The replica itself never writes such rows. */
    private static String damage(StoredEntry row) {
        if (!row.deleted() && row.value() == null) {
            return "it is not deleted but has no value";
        }
        if (row.positionMs() < 0 || row.expiryMs() < 0) {
            return "its position or expiry is negative";
        }
        return row.key().length > MAX_KEY_BYTES ? "its key has " + row.key().length + " bytes" : null;
    }

    /** What a scrub reads from and sends to. */
    interface Ends {

        /** Number of partitions of the writes topic. */
        int partitions();

        /** Opens the table. */
        Datastore table();

        /** Opens a producer. */
        Producer<byte[], byte[]> producer();
    }

    private record Configured(ReplicaConfig config) implements Ends {

        @Override
        public int partitions() {
            return TopicCheck.writesPartitions(config);
        }

        @Override
        public Datastore table() {
            return Datastore.open(config.jdbc());
        }

        @Override
        public Producer<byte[], byte[]> producer() {
            return Emitter.producer(config);
        }
    }

    /** Is notified of the progress of a scrub, on the thread that runs it. */
    public interface Listener {

        /**
         * A chunk was sent.
         *
         * @param partition the partition
         * @param rows number of rows of the partition that were read so far
         * @param expected number of rows that the partition had when the scrub began
         */
        void progress(int partition, long rows, long expected);

        /** A partition was scanned completely. */
        void scanned(Summary summary);
    }

    /**
     * A partition that was scanned completely.
     *
     * @param partition the partition
     * @param rows number of rows that were sent, tombstones included
     * @param leftOut number of damaged rows that could not be sent, and therefore count as missing
     * @param since offset of the start marker
     * @param end offset of the end marker
     * @param took duration of the scan
     */
    public record Summary(int partition, long rows, long leftOut, long since, long end, Duration took) {}

    /** The scan of one partition. */
    private final class PartitionScan {

        private final int partition;
        private final long expected;
        private final Datastore datastore;
        private final Emitter emitter;
        private final TrueupWriteEvents events;
        private final long startNanos = System.nanoTime();
        private byte[] last;
        private long since;
        private long rows;
        private long leftOut;

        PartitionScan(int partition, long expected, Datastore datastore, Emitter emitter, TrueupWriteEvents events) {
            this.partition = partition;
            this.expected = expected;
            this.datastore = datastore;
            this.emitter = emitter;
            this.events = events;
        }

        boolean run(Listener listener) {
            if (isStopping()) {
                return false;
            }
            try {
                return scan(listener);
            } catch (DatastoreException | DeliveryException e) {
                throw new ScanFailedException(
                        "partition " + partition + " of " + config.jdbc() + " was not scanned to its end: "
                                + e.getMessage()
                                + ". " + (rows + leftOut) + " rows were read"
                                + (last == null
                                        ? ""
                                        : ", up to key hex:" + HexFormat.of().formatHex(last))
                                + ". No row counts as missing. Scrub this partition and the ones after it again (--partition).",
                        e);
            }
        }

        private boolean scan(Listener listener) {
            since = emitter.deliver(events.scanStart(partition, scan));
            List<StoredEntry> chunk = next();
            while (!chunk.isEmpty()) {
                chunk.forEach(this::send);
                emitter.flush();
                listener.progress(partition, rows + leftOut, expected);
                if (!pause()) {
                    return false;
                }
                chunk = next();
            }
            if (isStopping()) {
                return false;
            }
            long end = emitter.deliver(events.scanEnd(partition, scan, since, rows));
            listener.scanned(new Summary(
                    partition, rows, leftOut, since, end, Duration.ofNanos(System.nanoTime() - startNanos)));
            return true;
        }

        /** Reads the next rows. There are none only if the database counts none: no rows alone may be a failure of the reading. */
        private List<StoredEntry> next() {
            List<StoredEntry> chunk = datastore.rows(partition, last, rowsPerChunk);
            if (chunk.isEmpty() && datastore.countRows(partition, last) > 0) {
                chunk = datastore.rows(partition, last, rowsPerChunk); // they may have been stored just now
                if (chunk.isEmpty()) {
                    throw new DatastoreException(
                            "cannot read from " + config.jdbc() + ": it counts rows that it does not return");
                }
            }
            if (!chunk.isEmpty()) {
                last = chunk.get(chunk.size() - 1).key();
            }
            return chunk;
        }

        private void send(StoredEntry row) {
            String damage = damage(row);
            if (damage == null) {
                emitter.send(events.scanned(row, scan, since));
                rows++;
            } else {
                LOG.warn("A row of partition {} in {} cannot be sent: {}", partition, config.jdbc(), damage);
                leftOut++;
            }
        }

        /** Waits until the next chunk is due at the chosen rate. Returns false if the scrub is stopped. */
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
