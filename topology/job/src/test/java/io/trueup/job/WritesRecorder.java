package io.trueup.job;

import io.trueup.avro.SingleObjectCodec;
import io.trueup.job.InMemoryDatastore.Row;
import io.trueup.schema.ProgressEvent;
import io.trueup.schema.WriteEvent;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;

/** Reads the writes topic of a replica while it grows, and tells a {@link RepairOracle} what it shows. */
final class WritesRecorder implements AutoCloseable {

    private static final SingleObjectCodec<WriteEvent> WRITES = SingleObjectCodec.of(WriteEvent.class);
    private static final SingleObjectCodec<ProgressEvent> PROGRESS = SingleObjectCodec.of(ProgressEvent.class);

    private final JobFixture fixture;
    private final String replica;
    private final RepairOracle oracle;
    private final Thread reading;
    private final Map<Integer, Long> nextOffsets = new HashMap<>();
    private volatile boolean closing;
    private volatile Throwable failure;

    WritesRecorder(JobFixture fixture, String replica, RepairOracle oracle) {
        this.fixture = fixture;
        this.replica = replica;
        this.oracle = oracle;
        reading = new Thread(this::read, "recording-" + replica);
        reading.start();
    }

    private void read() {
        try (KafkaConsumer<byte[], byte[]> consumer = fixture.broker.consumer(fixture.writesTopic(replica))) {
            while (!closing) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(50))) {
                    record(record, System.currentTimeMillis());
                }
            }
        } catch (RuntimeException | AssertionError e) {
            failure = e;
        }
    }

    private void record(ConsumerRecord<byte[], byte[]> record, long readMs) {
        long expected = nextOffsets.getOrDefault(record.partition(), 0L);
        if (record.offset() != expected) {
            throw new AssertionError(record.topic() + "-" + record.partition() + " has lost what was before offset "
                    + record.offset() + ", from " + expected + " on");
        }
        nextOffsets.put(record.partition(), expected + 1);
        oracle.shown(replica, record.partition(), shown(record, readMs));
    }

    private static RepairOracle.Shown shown(ConsumerRecord<byte[], byte[]> record, long readMs) {
        if (record.key()[0] == 0) {
            ProgressEvent event = JobFixture.decoded(PROGRESS, record);
            return new RepairOracle.Shown(record.timestamp(), readMs, null, null, event.getPosition());
        }
        WriteEvent event = JobFixture.decoded(WRITES, record);
        ByteBuffer value = event.getValue();
        Row row = new Row(
                event.getVersion(),
                event.getVector(),
                event.getPosition(),
                value == null
                        ? null
                        : StandardCharsets.UTF_8.decode(value.duplicate()).toString(),
                event.getExpiry());
        String key = new String(record.key(), StandardCharsets.UTF_8);
        long positionMs = event.getRepairId() == null ? event.getPosition() : Long.MIN_VALUE;
        return new RepairOracle.Shown(record.timestamp(), readMs, key, row, positionMs);
    }

    /** Fails if a record could not be read. */
    void requireWhole() {
        if (failure != null) {
            throw new IllegalStateException("what " + replica + " held is not known", failure);
        }
    }

    @Override
    public void close() {
        closing = true;
        JobFixture.join(reading);
    }
}
