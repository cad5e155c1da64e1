package io.trueup.ops.key;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;

/** A consumer of topics in memory that can be read again from any offset, at most some records at a time. */
final class StoredTopics extends MockConsumer<byte[], byte[]> {

    static final int POLLED = 50;

    private final Map<TopicPartition, TreeMap<Long, ConsumerRecord<byte[], byte[]>>> stored = new HashMap<>();
    private final Map<TopicPartition, Long> begins = new HashMap<>();
    private Set<String> refused = Set.of();
    private int pollsLeft = Integer.MAX_VALUE;

    StoredTopics() {
        super("none");
    }

    /** Makes a topic of so many partitions. */
    StoredTopics topic(String name, int partitions) {
        List<PartitionInfo> infos = new ArrayList<>();
        for (int partition = 0; partition < partitions; partition++) {
            infos.add(new PartitionInfo(name, partition, Node.noNode(), new Node[0], new Node[0]));
            stored.put(new TopicPartition(name, partition), new TreeMap<>());
            begins.put(new TopicPartition(name, partition), 0L);
        }
        updatePartitions(name, infos);
        return this;
    }

    /** Appends a record. */
    long append(String topic, int partition, long timeMs, byte[] key, byte[] value) {
        return append(topic, partition, timeMs, key, value, new RecordHeaders());
    }

    /** Appends a record with headers. */
    long append(String topic, int partition, long timeMs, byte[] key, byte[] value, RecordHeaders headers) {
        TreeMap<Long, ConsumerRecord<byte[], byte[]>> records = stored.get(new TopicPartition(topic, partition));
        long offset = end(new TopicPartition(topic, partition));
        records.put(
                offset,
                new ConsumerRecord<>(
                        topic,
                        partition,
                        offset,
                        timeMs,
                        TimestampType.CREATE_TIME,
                        key == null ? -1 : key.length,
                        value == null ? -1 : value.length,
                        key,
                        value,
                        headers,
                        Optional.empty()));
        return offset;
    }

    /** Deletes the records before an offset, as retention does. */
    void deleteBefore(String topic, int partition, long offset) {
        begins.put(new TopicPartition(topic, partition), offset);
    }

    /** Lets reads of topics fail, while their metadata is answered. */
    void refuse(Set<String> topics) {
        refused = topics;
    }

    /** Sends nothing any more after so many polls. */
    void stopAfterPolls(int count) {
        pollsLeft = count;
    }

    /** The offset behind the last record. */
    long end(String topic, int partition) {
        return end(new TopicPartition(topic, partition));
    }

    private long end(TopicPartition partition) {
        TreeMap<Long, ConsumerRecord<byte[], byte[]>> records = stored.get(partition);
        return records.isEmpty() ? 0 : records.lastKey() + 1;
    }

    @Override
    public synchronized Map<TopicPartition, Long> beginningOffsets(Collection<TopicPartition> partitions) {
        Map<TopicPartition, Long> found = new HashMap<>();
        partitions.forEach(partition -> found.put(partition, begins.get(partition)));
        return found;
    }

    @Override
    public synchronized Map<TopicPartition, Long> endOffsets(Collection<TopicPartition> partitions) {
        Map<TopicPartition, Long> found = new HashMap<>();
        partitions.forEach(partition -> found.put(partition, end(partition)));
        return found;
    }

    @Override
    public synchronized ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
        Set<String> named = new HashSet<>(refused);
        named.retainAll(assignment().stream().map(TopicPartition::topic).toList());
        if (!named.isEmpty()) {
            throw new TopicAuthorizationException(named);
        }
        if (pollsLeft-- <= 0) {
            return ConsumerRecords.empty();
        }
        Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> sent = new HashMap<>();
        Set<TopicPartition> reading = new HashSet<>(assignment());
        reading.removeAll(paused());
        for (TopicPartition partition : reading) {
            List<ConsumerRecord<byte[], byte[]>> some =
                    stored.get(partition).tailMap(position(partition)).values().stream()
                            .limit(POLLED)
                            .toList();
            if (!some.isEmpty()) {
                seek(partition, some.get(some.size() - 1).offset() + 1);
                sent.put(partition, some);
            }
        }
        return new ConsumerRecords<>(sent, Map.of());
    }
}
