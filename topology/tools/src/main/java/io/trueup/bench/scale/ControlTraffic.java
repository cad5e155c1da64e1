package io.trueup.bench.scale;

import io.trueup.bench.Answers;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * The records of a control topic that were written in some time.
 *
 * @param messages number of records
 * @param bytes bytes of their keys, values and headers
 */
record ControlTraffic(long messages, long bytes) {

    private static final Duration POLL = Duration.ofMillis(200);

    /** The ends of all partitions of a topic. */
    static Map<TopicPartition, Long> ends(Admin admin, String topic, int partitions) {
        Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
        for (int partition = 0; partition < partitions; partition++) {
            latest.put(new TopicPartition(topic, partition), OffsetSpec.latest());
        }
        Map<TopicPartition, Long> ends = new HashMap<>();
        Answers.of(admin.listOffsets(latest).all()).forEach((partition, end) -> ends.put(partition, end.offset()));
        return ends;
    }

    /** What was written between two ends. Transaction markers occupy offsets, and are no messages. */
    static ControlTraffic between(
            String bootstrapServers, Map<TopicPartition, Long> from, Map<TopicPartition, Long> to) {
        Map<String, Object> properties = Map.of(
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                bootstrapServers,
                ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                "read_committed");
        long messages = 0;
        long bytes = 0;
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(to.keySet());
            from.forEach(consumer::seek);
            while (to.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    if (record.offset() < to.get(new TopicPartition(record.topic(), record.partition()))) {
                        messages++;
                        bytes += bytesOf(record);
                    }
                }
            }
        }
        return new ControlTraffic(messages, bytes);
    }

    private static long bytesOf(ConsumerRecord<byte[], byte[]> record) {
        long bytes = Math.max(0L, record.serializedKeySize()) + Math.max(0L, record.serializedValueSize());
        for (Header header : record.headers()) {
            bytes += header.key().length() + (header.value() == null ? 0 : header.value().length);
        }
        return bytes;
    }
}
