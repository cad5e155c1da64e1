package io.trueup.bench.ingest;

import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * A consumer with Kafka's own settings on one thread, which counts the records. It commits as often as the other peers, and once
 * more at the end.
 */
final class ConsumerPeer {

    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private ConsumerPeer() {}

    /** Reads all partitions from the beginning up to their ends. */
    static IngestRun run(String bootstrapServers, String group, Map<TopicPartition, Long> ends) {
        Map<String, Object> properties = Map.of(
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                bootstrapServers,
                ConsumerConfig.GROUP_ID_CONFIG,
                group,
                ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                "read_committed",
                ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                "earliest",
                ConsumerConfig.AUTO_COMMIT_INTERVAL_MS_CONFIG,
                IngestBench.COMMIT_INTERVAL_MS);
        long total = ends.values().stream().mapToLong(Long::longValue).sum();
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(ends.keySet());
            long records = 0;
            long firstNanos = 0;
            long deadlineNanos = System.nanoTime() + PATIENCE.toNanos();
            while (records < total) {
                ConsumerRecords<byte[], byte[]> polled = consumer.poll(POLL);
                long nowNanos = System.nanoTime();
                if (records == 0) {
                    firstNanos = nowNanos;
                }
                if (nowNanos > deadlineNanos) {
                    throw new IllegalStateException("the consumer has read only " + records + " of " + total
                            + " records within " + PATIENCE.toSeconds() + " s");
                }
                for (ConsumerRecord<byte[], byte[]> record : polled) {
                    if (record.offset() >= 0) {
                        records++;
                    }
                }
            }
            long processedNanos = System.nanoTime() - firstNanos;
            consumer.commitSync();
            return new IngestRun(records, processedNanos, System.nanoTime() - firstNanos);
        }
    }
}
