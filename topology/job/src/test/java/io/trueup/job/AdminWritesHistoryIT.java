package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.broker.TestBroker;
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

/** What the job concludes from the committed offset of its own group, at a real broker. */
class AdminWritesHistoryIT {

    private final TestBroker broker = TestBroker.shared();
    private final String group = TestBroker.unique("history");
    private final TopicPartition writes = new TopicPartition(group + "-writes", 0);

    /** The admin client leaves such a partition out of its answer, as if nothing had ever been committed. */
    @Test
    void shouldNotTakeAnUnknownOffsetForNoOffset() {
        broker.createTopics(1, writes.topic());
        AdminWritesHistory history = history(Duration.ZERO);
        assertThat(history.offsets(writes).committed()).isEmpty();
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                        Map.of("bootstrap.servers", broker.bootstrapServers(), "group.id", group),
                        new ByteArrayDeserializer(),
                        new ByteArrayDeserializer());
                KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                        Map.of("bootstrap.servers", broker.bootstrapServers(), "transactional.id", group),
                        new ByteArraySerializer(),
                        new ByteArraySerializer())) {
            producer.initTransactions();
            producer.beginTransaction();
            producer.sendOffsetsToTransaction(Map.of(writes, new OffsetAndMetadata(7)), consumer.groupMetadata());

            assertThatThrownBy(() -> history.offsets(writes))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContainingAll(writes.toString(), group, "cannot be found out");

            producer.commitTransaction();
            assertThat(history(Duration.ofSeconds(30)).offsets(writes).committed())
                    .as("asked again until the transaction has ended")
                    .hasValue(7);
        }
    }

    private AdminWritesHistory history(Duration askAgainFor) {
        return new AdminWritesHistory(broker.admin(), group, false, askAgainFor);
    }
}
