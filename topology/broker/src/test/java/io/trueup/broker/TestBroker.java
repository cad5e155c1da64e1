package io.trueup.broker;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * The real broker that all integration tests of a test JVM share. Tests use names of their own: {@link #unique}. A test that
 * kills its broker, or needs other settings, starts its own {@link EmbeddedBroker}.
 */
public final class TestBroker {

    private static final AtomicInteger NAMES = new AtomicInteger();
    private static TestBroker shared;

    private final EmbeddedBroker broker;
    private final Admin admin;

    private TestBroker(EmbeddedBroker broker) {
        this.broker = broker;
        admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()));
    }

    /** The shared broker. It starts on first use and ends with this JVM. */
    public static synchronized TestBroker shared() {
        if (shared == null) {
            shared = new TestBroker(EmbeddedBroker.start());
        }
        return shared;
    }

    /** A broker that the test kills. */
    public static TestBroker of(EmbeddedBroker broker) {
        return new TestBroker(broker);
    }

    public String bootstrapServers() {
        return broker.bootstrapServers();
    }

    public Admin admin() {
        return admin;
    }

    /** A name that no other test of this JVM uses. */
    public static String unique(String prefix) {
        return prefix + "-" + NAMES.incrementAndGet() + "-" + Long.toHexString(System.nanoTime());
    }

    /** Creates topics that keep their records for ever, and waits until they are ready. */
    public void createTopics(int partitions, String... names) {
        createTopics(partitions, Map.of("retention.ms", "-1"), names);
    }

    /** Creates topics with the given configuration, and waits until they are ready. */
    public void createTopics(int partitions, Map<String, String> configuration, String... names) {
        List<NewTopic> topics = new ArrayList<>();
        for (String name : names) {
            topics.add(new NewTopic(name, partitions, (short) 1).configs(configuration));
        }
        try {
            admin.createTopics(topics).all().get();
            awaitLeaders(partitions, names);
        } catch (ExecutionException | InterruptedException e) {
            throw new IllegalStateException("cannot create topics " + List.of(names), e);
        }
    }

    /** A topic is in the controller before it is in the broker, and in the broker before the broker accepts records for it. */
    private void awaitLeaders(int partitions, String... topics) {
        Map<TopicPartition, OffsetSpec> all = new HashMap<>();
        for (String topic : topics) {
            for (int partition = 0; partition < partitions; partition++) {
                all.put(new TopicPartition(topic, partition), OffsetSpec.latest());
            }
        }
        await().atMost(Duration.ofSeconds(60))
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(20))
                .ignoreException(ExecutionException.class)
                .until(() -> admin.listOffsets(all).all().get().size() == all.size());
    }

    /** An idempotent producer of bytes that waits for the broker's acknowledgement. The caller closes it. */
    public KafkaProducer<byte[], byte[]> producer() {
        return producer(5);
    }

    /** A producer that sends each record at once, for tests that wait for each record. The caller closes it. */
    public KafkaProducer<byte[], byte[]> promptProducer() {
        return producer(0);
    }

    private KafkaProducer<byte[], byte[]> producer(int lingerMs) {
        return new KafkaProducer<>(
                Map.of(
                        ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrapServers(),
                        ProducerConfig.LINGER_MS_CONFIG,
                        lingerMs),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    /** A consumer of bytes without a group, at the beginning of all partitions of a topic. The caller closes it. */
    public KafkaConsumer<byte[], byte[]> consumer(String topic) {
        KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                Map.of(
                        ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrapServers(),
                        ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                        "read_committed"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                .map(info -> new TopicPartition(topic, info.partition()))
                .toList();
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        return consumer;
    }

    /** All committed records of a topic up to its current end, in the order of offsets within a partition. */
    public List<ConsumerRecord<byte[], byte[]>> readAll(String topic) {
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(topic)) {
            Map<TopicPartition, Long> ends = consumer.endOffsets(consumer.assignment());
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                consumer.poll(Duration.ofMillis(100)).forEach(records::add);
            }
        }
        return records;
    }
}
