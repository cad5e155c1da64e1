package io.trueup.demo.cluster;

import io.trueup.schema.HeaderNames;
import java.util.Arrays;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerInterceptor;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerInterceptor;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * Sends each write event into the partition after the right one, as a producer with another partitioner might. Progress and scan
 * markers, which concern a partition as a whole, stay in their partition. Consumers get the same settings; for them nothing changes.
 */
public final class WrongPartitionInterceptor
        implements ProducerInterceptor<byte[], byte[]>, ConsumerInterceptor<byte[], byte[]> {

    /** Setting: number of partitions. */
    static final String PARTITIONS = "trueup.demo.partitions";

    private int partitions;

    @Override
    public void configure(Map<String, ?> settings) {
        partitions = Integer.parseInt(String.valueOf(settings.get(PARTITIONS)));
    }

    @Override
    public ProducerRecord<byte[], byte[]> onSend(ProducerRecord<byte[], byte[]> record) {
        if (record.partition() == null || isReserved(record.key())) {
            return record;
        }
        return new ProducerRecord<>(
                record.topic(),
                (record.partition() + 1) % partitions,
                record.timestamp(),
                record.key(),
                record.value(),
                record.headers());
    }

    private static boolean isReserved(byte[] key) {
        return Arrays.equals(key, HeaderNames.progressKey()) || Arrays.equals(key, HeaderNames.scanKey());
    }

    @Override
    public ConsumerRecords<byte[], byte[]> onConsume(ConsumerRecords<byte[], byte[]> records) {
        return records;
    }

    @Override
    public void onAcknowledgement(RecordMetadata metadata, Exception exception) {
        // nothing to do
    }

    @Override
    public void onCommit(Map<TopicPartition, OffsetAndMetadata> offsets) {
        // nothing to do
    }

    @Override
    public void close() {
        // holds nothing
    }
}
