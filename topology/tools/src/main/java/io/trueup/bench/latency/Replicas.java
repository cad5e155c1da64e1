package io.trueup.bench.latency;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.SingleObjectCodec;
import io.trueup.schema.RoundReport;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * The replicas of the benchmark, on a thread of their own: they answer each repair at once with a write event, as a datastore does that
 * has nothing else to do. The same thread reads the round reports.
 */
final class Replicas implements AutoCloseable {

    private static final Duration POLL = Duration.ofMillis(200);
    private static final SingleObjectCodec<RoundReport> REPORTS = SingleObjectCodec.of(RoundReport.class);

    private final Repairs repairs;
    private final Dataset dataset;
    private final WriteEvents writes;
    private final Losses losses;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Map<String, String> targets = new HashMap<>();
    private final Map<String, Integer> compared = new ConcurrentHashMap<>();
    private final Thread thread = new Thread(this::run, "bench-replicas");
    private volatile Exception failure;

    /** Begins with what is in the topics already. All of them must exist. */
    Replicas(String bootstrapServers, Dataset dataset, String format, WriteEvents writes, Losses losses) {
        this.dataset = dataset;
        this.writes = writes;
        this.losses = losses;
        repairs = new Repairs(format);
        consumer = new KafkaConsumer<>(
                Map.of(
                        ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrapServers,
                        ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                        "read_committed"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        List<TopicPartition> all = new ArrayList<>(dataset.partitionsOf(dataset.rounds()));
        for (String replica : Dataset.REPLICAS) {
            targets.put(dataset.repairs(replica), replica);
            all.addAll(dataset.partitionsOf(dataset.repairs(replica)));
        }
        consumer.assign(all);
        consumer.seekToBeginning(all);
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    /** Whether every reconciler has compared every partition with its peer, in this many rounds at least. */
    boolean compared(int rounds) {
        return compared.size() == Dataset.REPLICAS.size() * dataset.partitions()
                && compared.values().stream().allMatch(done -> done >= rounds);
    }

    /** @throws IllegalStateException if the thread has failed */
    void check() {
        if (failure != null) {
            throw new IllegalStateException("the benchmark's replicas have failed: " + failure, failure);
        }
    }

    private void run() {
        try (consumer) {
            while (true) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    String target = targets.get(record.topic());
                    if (target == null) {
                        report(REPORTS.decode(record.topic(), record.value()), record.timestamp());
                    } else {
                        repair(record, target);
                    }
                }
            }
        } catch (WakeupException e) {
            // closed
        } catch (MalformedRecordException | RuntimeException e) {
            failure = e;
        }
    }

    private void repair(ConsumerRecord<byte[], byte[]> record, String target) throws MalformedRecordException {
        long readMs = System.currentTimeMillis();
        Repairs.Read repair = repairs.read(record);
        String key = new String(record.key(), StandardCharsets.UTF_8);
        losses.repaired(key, target, record.partition(), repair.cutMs(), record.timestamp(), readMs);
        writes.send(
                dataset.writes(target),
                record.partition(),
                repair.answer(),
                appendMs -> losses.answered(key, appendMs));
    }

    private void report(RoundReport report, long appendMs) {
        if (!report.getHeard().isEmpty()) {
            compared.merge(report.getReplica() + "/" + report.getPartition(), 1, Integer::sum);
        }
        losses.verified(report.getReplica(), report.getPartition(), report.getVerified(), appendMs);
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
}
