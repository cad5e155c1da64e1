package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.trueup.broker.TestBroker;
import io.trueup.registry.HoldBack;
import io.trueup.stream.ConsumerPositions;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.NoOffsetForPartitionException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class TrackingConsumerIT {

    private final TestBroker broker = TestBroker.shared();
    private final String topic = TestBroker.unique("tracked");
    private final TopicPartition partition = new TopicPartition(topic, 0);
    private final AtomicInteger assigned = new AtomicInteger();

    @Test
    void shouldForgetWhatIsReadWhenThePositionIsSetOrThePartitionIsAssigned() throws Exception {
        broker.createTopics(1, topic);
        try (KafkaProducer<byte[], byte[]> producer = broker.producer()) {
            for (int i = 0; i < 10; i++) {
                var unused = producer.send(new ProducerRecord<>(topic, 0, new byte[] {1}, new byte[] {2}));
            }
        }
        try (TrackingConsumer consumer = new TrackingConsumer(settings(), new HoldBack(Map.of()))) {
            consumer.subscribe(List.of(topic), new Counting());
            readToEnd(consumer);
            assertThat(consumer.readTo(partition)).isEqualTo(10);
            assertThat(consumer.lastReturned(partition)).isEqualTo(9);

            consumer.seek(partition, 4);
            assertThat(consumer.lastReturned(partition)).isEqualTo(ConsumerPositions.UNKNOWN);
            assertThat(consumer.readTo(partition)).isEqualTo(4);
            readToEnd(consumer);
            assertThat(consumer.lastReturned(partition)).isEqualTo(9);

            consumer.unsubscribe();
            consumer.subscribe(List.of(topic), new Counting());
            long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
            while (assigned.get() < 2 && System.nanoTime() < deadline) {
                ConsumerRecords<byte[], byte[]> records = consumer.poll(Duration.ZERO);
                assertThat(records.isEmpty() ? ConsumerPositions.UNKNOWN : 9)
                        .isEqualTo(consumer.lastReturned(partition));
            }
            assertThat(assigned).hasValue(2);
        }
    }

    @Test
    void shouldNotKnowWhatIsReadBeforeThereIsAPosition() throws Exception {
        broker.createTopics(1, topic);
        Map<String, Object> withoutReset = new HashMap<>(settings());
        withoutReset.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        try (TrackingConsumer consumer = new TrackingConsumer(withoutReset, new HoldBack(Map.of()))) {
            consumer.assign(List.of(partition));
            assertThatThrownBy(() -> consumer.position(partition, Duration.ofSeconds(60)))
                    .isInstanceOf(NoOffsetForPartitionException.class);

            assertThat(consumer.readTo(partition)).isEqualTo(ConsumerPositions.UNKNOWN);
        }
    }

    @Test
    void shouldStandBeforeARecordThatIsHeldBack() throws Exception {
        broker.createTopics(1, topic);
        try (KafkaProducer<byte[], byte[]> producer = broker.producer()) {
            for (byte i = 0; i < 10; i++) {
                var unused = producer.send(new ProducerRecord<>(topic, 0, new byte[] {1}, new byte[] {i}));
            }
        }
        AtomicInteger unknown = new AtomicInteger(4);
        HoldBack holdBack = new HoldBack(Map.of(topic, record -> record.value()[0] != unknown.get()));
        try (TrackingConsumer consumer = new TrackingConsumer(settings(), holdBack)) {
            consumer.subscribe(List.of(topic), new Counting());
            await().until(() -> {
                consumer.poll(Duration.ofMillis(100));
                return consumer.lastReturned(partition) == 3;
            });

            ConsumerRecords<byte[], byte[]> none = consumer.poll(Duration.ofMillis(100));

            assertThat(none.isEmpty()).isTrue();
            assertThat(consumer.readTo(partition))
                    .as("no cut is sealed without the record")
                    .isEqualTo(4);
            assertThat(consumer.position(partition)).isEqualTo(4);
            assertThat(consumer.currentLag(partition))
                    .as("what Kafka Streams waits for before it processes other topics")
                    .hasValue(0);
            unknown.set(-1);

            readToEnd(consumer);
            assertThat(consumer.readTo(partition)).isEqualTo(10);
            assertThat(consumer.paused()).isEmpty();
        }
    }

    private void readToEnd(TrackingConsumer consumer) {
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (consumer.lastReturned(partition) < 9 && System.nanoTime() < deadline) {
            consumer.poll(Duration.ofMillis(100));
        }
    }

    private Map<String, Object> settings() {
        return Map.of(
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                broker.bootstrapServers(),
                ConsumerConfig.GROUP_ID_CONFIG,
                topic,
                ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
                false,
                ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                "earliest");
    }

    private final class Counting implements ConsumerRebalanceListener {
        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            assigned.addAndGet(partitions.size());
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {}
    }
}
