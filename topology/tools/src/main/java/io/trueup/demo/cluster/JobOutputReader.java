package io.trueup.demo.cluster;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodec;
import io.trueup.avro.SingleObjectCodec;
import io.trueup.schema.ControlMessage;
import io.trueup.schema.RepairEvent;
import io.trueup.schema.RoundReport;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Reads what the job writes (repairs, control messages, round reports, dead letters) from the beginning of the topics, on a thread of
 * its own: an observer independent of the job.
 */
public final class JobOutputReader implements AutoCloseable {

    private static final String REPAIRS_PREFIX = Topics.repairs("");

    private final RecordCodec<RepairEvent> repairs = SingleObjectCodec.of(RepairEvent.class);
    private final RecordCodec<ControlMessage> controls = SingleObjectCodec.of(ControlMessage.class);
    private final RecordCodec<RoundReport> reports = SingleObjectCodec.of(RoundReport.class);

    private final JobOutput output;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Thread thread = new Thread(this::run, "job-output-reader");
    private volatile RuntimeException failure;

    public JobOutputReader(String bootstrapServers, List<String> replicas, int partitions, JobOutput output) {
        this.output = output;
        consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", bootstrapServers, "isolation.level", "read_committed"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        List<String> topics = new ArrayList<>(List.of(Topics.CONTROL, Topics.ROUNDS, Topics.DEAD_LETTERS));
        replicas.forEach(replica -> topics.add(Topics.repairs(replica)));
        List<TopicPartition> assigned = new ArrayList<>();
        for (String topic : topics) {
            for (int partition = 0; partition < partitions; partition++) {
                assigned.add(new TopicPartition(topic, partition));
            }
        }
        consumer.assign(assigned);
        consumer.seekToBeginning(assigned);
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * Checks that the reader still reads.
     *
     * @throws RuntimeException the failure that stopped the reader, if any
     */
    public void check() {
        if (failure != null) {
            throw failure;
        }
    }

    @Override
    public void close() {
        consumer.wakeup();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try (consumer) {
            while (true) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofSeconds(1))) {
                    add(record);
                }
            }
        } catch (WakeupException e) {
            // closed
        } catch (RuntimeException e) {
            failure = e;
        }
    }

    private void add(ConsumerRecord<byte[], byte[]> record) {
        try {
            switch (record.topic()) {
                case Topics.CONTROL -> addControlMessage(record);
                case Topics.ROUNDS -> output.add(reports.decode(record.topic(), record.value()));
                case Topics.DEAD_LETTERS -> output.addDeadLetter();
                default -> addRepair(record);
            }
        } catch (MalformedRecordException e) {
            throw new IllegalStateException(
                    record.topic() + "-" + record.partition() + "@" + record.offset() + ": " + e.getMessage(), e);
        }
    }

    private void addControlMessage(ConsumerRecord<byte[], byte[]> record) throws MalformedRecordException {
        int bytes = Math.max(0, record.serializedKeySize()) + Math.max(0, record.serializedValueSize());
        output.add(controls.decode(record.topic(), record.value()), bytes);
    }

    private void addRepair(ConsumerRecord<byte[], byte[]> record) throws MalformedRecordException {
        RepairEvent event = repairs.decode(record.topic(), record.value());
        output.add(new EmittedRepair(
                event.getId(),
                new String(record.key(), StandardCharsets.UTF_8),
                record.topic().substring(REPAIRS_PREFIX.length()),
                event.getSupplier(),
                event.getReason().name(),
                event.getVersion(),
                event.getPosition(),
                event.getDeleted(),
                event.getReference() != null,
                record.partition(),
                event.getCut(),
                record.timestamp()));
    }
}
