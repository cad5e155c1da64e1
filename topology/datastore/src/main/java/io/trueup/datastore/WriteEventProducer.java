package io.trueup.datastore;

import io.trueup.avro.RecordCodecs;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Sends what a datastore holds to its writes topic.
 *
 * <p>The last write event of a key must be what the datastore holds. So store the write first, and do both, storing and sending, within
 * {@link #exclusively}: otherwise a repair of the same key may be answered between the two. Commit the offset of the feed record only
 * when the future of the event is done.
 *
 * <p>A future contains the offset of the record. It is done at the latest after {@code max.block.ms} and {@code delivery.timeout.ms} of
 * the producer, here by default 10 s and 30 s; until then Kafka's producer repeats what fails, in order. It fails with Kafka's exception, such as a
 * {@link org.apache.kafka.common.errors.TimeoutException}: then apply the write, and send its event, again. No method waits for longer.
 *
 * <p>Thread-safe.
 */
public final class WriteEventProducer implements AutoCloseable {

    /** What Kafka adds to a record that is alone in its batch, generously. */
    private static final int OVERHEAD_BYTES = 512;

    /** The lengths of name and value of a header, as numbers of variable length. */
    private static final int HEADER_OVERHEAD_BYTES = 5 + 5;

    private static final int LOCKS = 256;

    private final ReplicaTopics topics;
    private final EventRecords records;
    private final Producer<byte[], byte[]> producer;
    private final int maxRequestBytes;
    private final ReentrantLock[] locks =
            Stream.generate(ReentrantLock::new).limit(LOCKS).toArray(ReentrantLock[]::new);

    /**
     * A producer of records in single-object encoding.
     *
     * @param kafka settings of Kafka's producer, at least {@code bootstrap.servers}; those of consumers are ignored, so that one map serves
     *     both. {@code acks=all} and idempotence are set
     * @throws IllegalArgumentException if a setting would lose events
     * @throws KafkaException if Kafka's producer cannot be made
     */
    public WriteEventProducer(ReplicaTopics topics, Map<String, ?> kafka) {
        this(topics, kafka, RecordCodecs.embedded());
    }

    /**
     * A producer.
     *
     * @param codecs write the events; the caller closes them
     * @throws io.trueup.avro.SchemaRefusedException if a registry refuses the schemas of the events
     * @throws io.trueup.avro.RegistryUnavailableException if a registry gives no answer
     */
    public WriteEventProducer(ReplicaTopics topics, Map<String, ?> kafka, RecordCodecs codecs) {
        Map<String, Object> settings = ClientSettings.producer(kafka);
        this.topics = topics;
        records = new EventRecords(topics.writes(), topics.writesLayout(), codecs);
        maxRequestBytes = ClientSettings.maxRequestBytes(settings);
        producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
    }

    /**
     * Does work on a key while nobody else does it through this producer: neither another caller, nor a {@link RepairConsumer}. Other keys
     * may wait, too. The work should be to store an entry and to send its event, not to wait for the event.
     */
    public <T> T exclusively(Key key, Callable<T> work) throws Exception {
        ReentrantLock lock = locks[Math.floorMod(key.hashCode(), LOCKS)];
        lock.lock();
        try {
            return work.call();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Sends a write event: the datastore now holds this entry.
     *
     * @return the offset of the event, once all replicas of the partition have it
     * @throws IllegalArgumentException if the entry cannot be sent: too large, a reserved key, or not in the layout; says which
     */
    public CompletableFuture<Long> write(Key key, Entry entry) {
        return send(key, records.write(key, entry, null));
    }

    /**
     * Sends the answer to a repair, applied or declined.
     *
     * @param held what is held now; null: nothing
     * @throws IllegalArgumentException as {@link #write}
     */
    CompletableFuture<Long> answer(Repair repair, Entry held) {
        Entry entry = held == null ? Entry.nothing(repair.winner()) : held;
        return send(repair.key(), records.write(repair.key(), entry, repair.id()));
    }

    /**
     * Checks that the answer to a repair could be sent. Sends nothing.
     *
     * @param held what would be held
     * @throws IllegalArgumentException as {@link #answer}
     */
    void checkAnswer(Repair repair, Entry held) {
        checkSize(repair.key(), records.write(repair.key(), held, repair.id()));
    }

    /** Whether this producer sends a record of this size. Its topic may allow less. */
    boolean fits(ProducerRecord<byte[], byte[]> record) {
        return bytes(record) <= maxRequestBytes;
    }

    /**
     * Sends a progress event: every write of the partition up to this position is applied, and its event was sent before. With it a
     * reconciler can tell a replica that has missed a write from one that has not reached it yet.
     *
     * @param positionMs milliseconds since the epoch
     */
    public CompletableFuture<Long> progress(int partition, long positionMs) {
        return send(null, records.progress(partition, positionMs));
    }

    /**
     * Scans a partition: reports every row that the datastore really stores, so that rows which were changed, lost or added without a write event
     * are found. Writers may go on meanwhile. Waits until all rows are delivered. After any exception the scan has no end, and no row
     * counts as missing; scan the partition again.
     *
     * @return the number of rows
     * @throws IllegalArgumentException if the layout has no scans
     * @throws KafkaException if an event was not delivered
     * @throws Exception what the datastore throws
     */
    public long scan(int partition, Datastore datastore) throws Exception {
        String scan = UUID.randomUUID().toString();
        long since = delivered(send(null, records.scanStart(partition, scan)));
        Scanned scanned = new Scanned(partition, scan, since);
        datastore.scan(partition, scanned::row);
        producer.flush();
        if (scanned.failure.get() != null) {
            throw asKafkaException(scanned.failure.get());
        }
        var unused = delivered(send(null, records.scanEnd(partition, scan, since, scanned.rows)));
        return scanned.rows;
    }

    /** Sends any record, such as a dead letter. */
    CompletableFuture<Long> send(ProducerRecord<byte[], byte[]> record) {
        CompletableFuture<Long> sent = new CompletableFuture<>();
        try {
            var unused = producer.send(record, (metadata, failure) -> {
                if (failure == null) {
                    sent.complete(metadata.offset());
                } else {
                    sent.completeExceptionally(failure);
                }
            });
        } catch (InterruptException e) {
            throw e;
        } catch (KafkaException e) {
            sent.completeExceptionally(e);
        }
        return sent;
    }

    /** Waits for a future of this producer, and returns its offset or throws Kafka's exception. */
    static long delivered(CompletableFuture<Long> sent) {
        try {
            return sent.join();
        } catch (CompletionException e) {
            throw asKafkaException(e.getCause());
        }
    }

    /** Sends what is left, for up to 10 s. */
    @Override
    public void close() {
        producer.close(Duration.ofSeconds(10));
    }

    private CompletableFuture<Long> send(Key key, ProducerRecord<byte[], byte[]> record) {
        checkSize(key, record);
        return send(record);
    }

    private void checkSize(Key key, ProducerRecord<byte[], byte[]> record) {
        if (!fits(record)) {
            throw new IllegalArgumentException("the event of " + key + " has about " + bytes(record) + " bytes, and "
                    + ProducerConfig.MAX_REQUEST_SIZE_CONFIG + " of the producer allows " + maxRequestBytes
                    + ": raise it, and max.message.bytes of " + topics.writes()
                    + ", or send digests in place of values");
        }
    }

    private static long bytes(ProducerRecord<byte[], byte[]> record) {
        long bytes = OVERHEAD_BYTES + length(record.key()) + length(record.value());
        for (Header header : record.headers()) {
            bytes += HEADER_OVERHEAD_BYTES
                    + header.key().getBytes(StandardCharsets.UTF_8).length
                    + length(header.value());
        }
        return bytes;
    }

    private static long length(byte[] bytes) {
        return bytes == null ? 0 : bytes.length;
    }

    private static KafkaException asKafkaException(Throwable failure) {
        return failure instanceof KafkaException known ? known : new KafkaException(failure);
    }

    /** The rows of a scan. Ends the scan early if one was not delivered. */
    private final class Scanned {

        private final int partition;
        private final String scan;
        private final long since;
        private final AtomicReference<Throwable> failure = new AtomicReference<>();
        private long rows;

        Scanned(int partition, String scan, long since) {
            this.partition = partition;
            this.scan = scan;
            this.since = since;
        }

        void row(Key key, Entry row) {
            if (key.partition() != partition) {
                throw new IllegalArgumentException("a scan of partition " + partition + " cannot contain " + key);
            }
            if (failure.get() != null) {
                throw asKafkaException(failure.get());
            }
            var unused = send(key, records.scanned(key, row, scan, since)).whenComplete((offset, failed) -> {
                if (failed != null) {
                    failure.compareAndSet(null, failed);
                }
            });
            rows++;
        }
    }
}
