package io.trueup.bench.ingest;

import io.trueup.bench.Answers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Two filled topics of plain records: keys in the same order in both, values of random bytes.
 *
 * @param topics names of the two topics
 * @param ends end offsets of all their partitions
 * @param keysWritten keys that have at least one record in each of them
 */
record Input(List<String> topics, Map<TopicPartition, Long> ends, long keysWritten) {

    private static final int PRODUCER_BATCH_BYTES = 256 * 1024;

    /** Creates and fills two topics whose names begin with {@code prefix}. */
    static Input fill(Admin admin, String bootstrapServers, String prefix, IngestLoad load, int records) {
        List<String> topics = List.of(prefix + ".left", prefix + ".right");
        Answers.of(admin.createTopics(topics.stream()
                        .map(topic ->
                                new NewTopic(topic, load.partitions(), (short) 1).configs(Map.of("retention.ms", "-1")))
                        .toList())
                .all());
        long keys = produce(bootstrapServers, topics, load, records);
        return new Input(topics, ends(admin, topics, load.partitions()), keys);
    }

    /** The end offsets of the first topics. */
    Map<TopicPartition, Long> ends(int topicCount) {
        Map<TopicPartition, Long> ofTopics = new HashMap<>(ends);
        ofTopics.keySet().removeIf(partition -> !topics.subList(0, topicCount).contains(partition.topic()));
        return ofTopics;
    }

    private static long produce(String bootstrapServers, List<String> topics, IngestLoad load, int records) {
        Map<String, Object> properties = Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                bootstrapServers,
                // a new topic's leader may refuse a first batch and accept the second, and records then stay in the
                // wrong order
                ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION,
                1,
                ProducerConfig.LINGER_MS_CONFIG,
                50,
                ProducerConfig.BATCH_SIZE_CONFIG,
                PRODUCER_BATCH_BYTES);
        SplittableRandom random = new SplittableRandom(1);
        AtomicReference<Exception> failed = new AtomicReference<>();
        BitSet written = new BitSet();
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (int i = 0; i < records; i++) {
                int key = random.nextInt(load.keys());
                written.set(key);
                byte[] keyBytes = ("order-" + key).getBytes(StandardCharsets.UTF_8);
                for (String topic : topics) {
                    byte[] value = new byte[load.valueBytes()];
                    random.nextBytes(value);
                    var unused = producer.send(
                            new ProducerRecord<>(topic, key % load.partitions(), keyBytes, value), (sent, failure) -> {
                                if (failure != null) {
                                    failed.compareAndSet(null, failure);
                                }
                            });
                }
            }
            producer.flush();
        }
        if (failed.get() != null) {
            throw new IllegalStateException("cannot fill the topics: " + failed.get(), failed.get());
        }
        return written.cardinality();
    }

    private static Map<TopicPartition, Long> ends(Admin admin, List<String> topics, int partitions) {
        List<TopicPartition> all = new ArrayList<>();
        for (String topic : topics) {
            for (int partition = 0; partition < partitions; partition++) {
                all.add(new TopicPartition(topic, partition));
            }
        }
        Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
        all.forEach(partition -> latest.put(partition, OffsetSpec.latest()));
        Map<TopicPartition, ListOffsetsResultInfo> answer =
                Answers.of(admin.listOffsets(latest).all());
        Map<TopicPartition, Long> ends = new HashMap<>();
        answer.forEach((partition, end) -> ends.put(partition, end.offset()));
        return ends;
    }
}
