package io.trueup.job;

import io.trueup.avro.SingleObjectCodec;
import io.trueup.schema.Condition;
import io.trueup.schema.ProgressEvent;
import io.trueup.schema.RepairEvent;
import io.trueup.schema.ScanEvent;
import io.trueup.schema.ScanMarker;
import io.trueup.schema.ScanMarkerKind;
import io.trueup.schema.WriteEvent;
import io.trueup.source.DefaultPartitioner;
import io.trueup.tree.VersionVector;
import io.trueup.tree.VersionVector.Order;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * The datastore of one replica, in memory: it implements the contract of write events and repairs, and nothing else. It keeps
 * deletes until the test purges them. Thread-safe.
 */
final class InMemoryDatastore implements AutoCloseable {

    private static final SingleObjectCodec<WriteEvent> WRITES = SingleObjectCodec.of(WriteEvent.class);
    private static final SingleObjectCodec<ProgressEvent> PROGRESS = SingleObjectCodec.of(ProgressEvent.class);
    private static final SingleObjectCodec<ScanEvent> SCANNED = SingleObjectCodec.of(ScanEvent.class);
    private static final SingleObjectCodec<ScanMarker> MARKERS = SingleObjectCodec.of(ScanMarker.class);
    private static final byte[] NO_KEY = JobFixture.bytes("\0trueup.progress");

    /**
     * What is stored for a key.
     *
     * @param vector null where versions are numbers
     * @param value null if the key was deleted
     * @param expiryMs null for never
     */
    record Row(long version, Map<String, Long> vector, long positionMs, String value, Long expiryMs) {

        static Row live(long version, long positionMs, String value) {
            return new Row(version, null, positionMs, value, null);
        }

        static Row deleted(long version, long positionMs) {
            return new Row(version, null, positionMs, null, null);
        }

        boolean liveAt(long timeMs) {
            return value != null && (expiryMs == null || expiryMs > timeMs);
        }

        /** What clients see, without the position and the source of the write. */
        String content() {
            return "v" + version + (vector == null ? "" : " " + new TreeMap<>(vector)) + " " + value;
        }
    }

    private final JobFixture fixture;
    private final String replica;
    private final String topic;
    private final KafkaProducer<byte[], byte[]> producer;
    private final Map<String, Row> rows = new HashMap<>();
    private final Thread repairing;
    private final LongAccumulator slowestMs = new LongAccumulator(Math::max, 0);
    private volatile ToIntFunction<String> partitioner;
    private volatile boolean reportsProgress;
    private volatile boolean away;
    private volatile Predicate<String> losing = key -> false;
    private volatile boolean closing;
    private int changedByRepairs;

    InMemoryDatastore(JobFixture fixture, String replica) {
        this.fixture = fixture;
        this.replica = replica;
        topic = fixture.writesTopic(replica);
        producer = fixture.broker.producer();
        repairing = new Thread(this::repair, "repairing-" + replica);
        repairing.start();
    }

    /** Stores a row unconditionally and sends its write event. */
    synchronized void store(String key, Row row) {
        rows.put(key, row);
        send(key, row, null);
    }

    /** From now on its producer uses another partitioner than those of the other replicas, which is a mistake. */
    void partitionBy(ToIntFunction<String> mistaken) {
        partitioner = mistaken;
    }

    /** Changes or, with null, removes a row without a write event. */
    synchronized void tamper(String key, Row row) {
        rows.compute(key, (k, before) -> row);
    }

    /** Sends all current rows between two markers in each partition. */
    void scan(String id) {
        scan(id, () -> {});
    }

    /** The same; something happens before the second markers. */
    void scan(String id, Runnable beforeItEnds) {
        long[] since = new long[fixture.partitions];
        long[] found = new long[fixture.partitions];
        for (int partition = 0; partition < since.length; partition++) {
            since[partition] = mark(partition, new ScanMarker(id, ScanMarkerKind.START, -1L, 0L));
        }
        for (String key : keys()) {
            int partition = DefaultPartitioner.partitionOf(JobFixture.bytes(key), fixture.partitions);
            found[partition] += sendScanned(key, id, since[partition]) ? 1 : 0;
        }
        producer.flush();
        beforeItEnds.run();
        for (int partition = 0; partition < since.length; partition++) {
            mark(partition, new ScanMarker(id, ScanMarkerKind.END, since[partition], found[partition]));
        }
    }

    private long mark(int partition, ScanMarker marker) {
        try {
            return producer.send(new ProducerRecord<>(topic, partition, NO_KEY, MARKERS.encode(topic, marker)))
                    .get()
                    .offset();
        } catch (ExecutionException | InterruptedException e) {
            throw new IllegalStateException("a scan's marker did not reach " + topic + "-" + partition, e);
        }
    }

    private synchronized boolean sendScanned(String key, String id, long since) {
        Row row = rows.get(key);
        if (row == null) {
            return false;
        }
        ScanEvent event = ScanEvent.newBuilder()
                .setScan(id)
                .setSince(since)
                .setVersion(row.version())
                .setVector(row.vector())
                .setPosition(row.positionMs())
                .setDeleted(row.value() == null)
                .setValue(row.value() == null ? null : ByteBuffer.wrap(JobFixture.bytes(row.value())))
                .setExpiry(row.expiryMs())
                .build();
        fixture.send(producer, new ProducerRecord<>(topic, JobFixture.bytes(key), SCANNED.encode(topic, event)));
        return true;
    }

    private synchronized List<String> keys() {
        return List.copyOf(rows.keySet());
    }

    /** Forgets a key without a write event, as a clean-up in the background does. */
    synchronized void purge(String key) {
        rows.remove(key);
    }

    /** Forgets a key and sends a delete of the same version. */
    synchronized void purgeAndReport(String key, long positionMs) {
        Row row = rows.remove(key);
        send(key, new Row(row.version(), row.vector(), positionMs, null, null), null);
    }

    /** From now on sends about two progress events per second, each up to the current time, unless it is away. */
    void reportProgress() {
        reportsProgress = true;
    }

    /** While it is away, it sends no progress events and reads no repair events. */
    void away(boolean isAway) {
        away = isAway;
    }

    /** From now on the repairs of some keys are lost: it reads them, and neither applies nor answers them. */
    void loseRepairs(Predicate<String> keys) {
        losing = keys;
    }

    synchronized Row row(String key) {
        return rows.get(key);
    }

    /** What clients can read at a time, by key. */
    synchronized Map<String, String> contentAt(long timeMs) {
        Map<String, String> content = new HashMap<>();
        rows.forEach((key, row) -> {
            if (row.liveAt(timeMs)) {
                content.put(key, row.content());
            }
        });
        return content;
    }

    /** The longest time from the position of an ordinary write to the broker's acknowledgement. */
    long slowestMs() {
        return slowestMs.get();
    }

    /** How often a repair has changed what is stored. */
    synchronized int changedByRepairs() {
        return changedByRepairs;
    }

    /** Waits until all events sent so far are in the topic. */
    void flush() {
        producer.flush();
    }

    private void send(String key, Row row, String repairId) {
        WriteEvent event = WriteEvent.newBuilder()
                .setVersion(row.version())
                .setVector(row.vector())
                .setPosition(row.positionMs())
                .setDeleted(row.value() == null)
                .setValue(row.value() == null ? null : ByteBuffer.wrap(JobFixture.bytes(row.value())))
                .setExpiry(row.expiryMs())
                .setRepairId(repairId)
                .build();
        Integer partition = partitioner == null ? null : partitioner.applyAsInt(key);
        fixture.send(
                producer,
                new ProducerRecord<>(topic, partition, JobFixture.bytes(key), WRITES.encode(topic, event)),
                () -> acknowledged(row.positionMs(), repairId));
    }

    /** Called by the producer's thread: must not wait for one that waits for the producer. */
    private void acknowledged(long positionMs, String repairId) {
        if (repairId == null) {
            slowestMs.accumulate(System.currentTimeMillis() - positionMs);
        }
    }

    private void repair() {
        String repairs = fixture.config().replica(replica).repairsTopic();
        try (KafkaConsumer<byte[], byte[]> consumer = fixture.broker.consumer(repairs)) {
            long reportedMs = 0;
            while (!closing) {
                if (away) {
                    consumer.pause(consumer.assignment());
                } else {
                    consumer.resume(consumer.paused());
                    reportedMs = progress(reportedMs);
                }
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                    apply(new String(record.key(), StandardCharsets.UTF_8), JobFixture.Sent.of(record));
                }
            }
        }
    }

    private long progress(long reportedMs) {
        long nowMs = System.currentTimeMillis();
        if (!reportsProgress || nowMs < reportedMs + 500) {
            return reportedMs;
        }
        byte[] event = PROGRESS.encode(topic, new ProgressEvent(nowMs));
        for (int partition = 0; partition < fixture.partitions; partition++) {
            fixture.send(producer, new ProducerRecord<>(topic, partition, NO_KEY, event));
        }
        return nowMs;
    }

    private synchronized void apply(String key, JobFixture.Sent sent) {
        if (losing.test(key)) {
            return;
        }
        RepairEvent event = sent.event();
        Row held = rows.get(key);
        boolean hasContent = event.getDeleted() || event.getValue() != null;
        if (hasContent && allows(event, held)) {
            held = new Row(event.getVersion(), event.getVector(), event.getPosition(), sent.value(), event.getExpiry());
            Row replaced = rows.put(key, held);
            changedByRepairs += held.equals(replaced) ? 0 : 1;
        }
        if (held != null) {
            send(key, held, event.getId());
        }
    }

    private static boolean allows(RepairEvent event, Row held) {
        if (event.getCondition() == Condition.IF_OBSERVED) {
            return event.getObserved() == null
                    ? held == null
                    : held != null
                            && held.version() == event.getObserved().getVersion()
                            && (held.value() == null) == event.getObserved().getDeleted();
        }
        if (held == null) {
            return true;
        }
        if (event.getVector() == null) {
            return held.version() <= event.getVersion();
        }
        Order order = VersionVector.of(held.vector()).compare(VersionVector.of(event.getVector()));
        return order == Order.BEFORE || order == Order.EQUAL;
    }

    @Override
    public void close() {
        closing = true;
        JobFixture.join(repairing);
        producer.close();
    }
}
