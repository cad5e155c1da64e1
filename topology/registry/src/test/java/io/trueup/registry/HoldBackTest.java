package io.trueup.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HoldBackTest {

    private static final TopicPartition EU = new TopicPartition("writes", 0);
    private static final TopicPartition US = new TopicPartition("writes", 1);

    private final MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("earliest");
    private final HoldBack.Positions positions = HoldBack.Positions.of(consumer);
    private final Set<String> unknown = new HashSet<>();
    private final HoldBack holdBack = new HoldBack(Map.of("writes", record -> !unknown.contains(text(record))));
    private final List<ConsumerRecord<byte[], byte[]>> log = new ArrayList<>();
    private final List<String> passed = new ArrayList<>();

    @BeforeEach
    void assign() {
        consumer.assign(List.of(EU, US));
        consumer.updateBeginningOffsets(Map.of(EU, 0L, US, 0L));
    }

    @Test
    void shouldPassEverythingWhereAllIsKnown() {
        append(EU, "a", "b");
        append(US, "c");

        poll();

        assertThat(passed).containsExactlyInAnyOrder("a", "b", "c");
        assertThat(consumer.paused()).isEmpty();
        assertThat(consumer.position(EU)).isEqualTo(2);
    }

    @Test
    void shouldPassWhatIsBeforeARecordAndLetOtherPartitionsGoOn() {
        unknown.add("b");
        append(EU, "a", "b", "c");
        append(US, "d", "e");

        ConsumerRecords<byte[], byte[]> records = poll();

        assertThat(passed).containsExactlyInAnyOrder("a", "d", "e");
        assertThat(records.nextOffsets().get(EU).offset())
                .as("what is committed must not skip the record")
                .isEqualTo(1);
        assertThat(records.nextOffsets().get(US).offset()).isEqualTo(2);
        assertThat(consumer.position(EU)).isEqualTo(1);
        assertThat(consumer.paused()).containsExactly(EU);
        assertThat(holdBack.holds(EU)).isTrue();
        assertThat(holdBack.holds(US)).isFalse();
    }

    @Test
    void shouldPassEveryRecordOnceAndInOrderAfterTheWait() {
        unknown.add("b");
        append(EU, "a", "b", "c");
        poll();
        poll();
        assertThat(passed).containsExactly("a");

        unknown.clear();
        poll();

        assertThat(passed).containsExactly("a", "b", "c");
        assertThat(consumer.paused()).isEmpty();
        assertThat(holdBack.holds(EU)).isFalse();
    }

    @Test
    void shouldHoldBackNothingOfOtherTopics() {
        TopicPartition plain = new TopicPartition("plain", 0);
        consumer.assign(List.of(plain));
        consumer.updateBeginningOffsets(Map.of(plain, 0L));
        unknown.add("a");
        append(plain, "a");

        poll();

        assertThat(passed).containsExactly("a");
    }

    @Test
    void shouldReturnNothingOfAPartitionWhoseFirstRecordWaits() {
        unknown.add("a");
        append(EU, "a");

        ConsumerRecords<byte[], byte[]> records = poll();

        assertThat(records.partitions()).isEmpty();
        assertThat(records.nextOffsets().get(EU).offset()).isZero();
    }

    @Test
    void shouldKeepAPartitionPausedThatSomeoneElseResumes() {
        unknown.add("a");
        append(EU, "a", "b");
        poll();
        consumer.resume(List.of(EU));

        poll();

        assertThat(passed).isEmpty();
        assertThat(consumer.paused()).containsExactly(EU);
    }

    @Test
    void shouldLetAPartitionGoOnThatIsReadElsewhere() {
        unknown.add("b");
        append(EU, "a", "b");
        poll();
        consumer.seek(EU, 0);

        poll();

        assertThat(passed).as("read again, and held back again").containsExactly("a", "a");
        assertThat(consumer.position(EU)).isEqualTo(1);
        assertThat(consumer.paused()).containsExactly(EU);
    }

    /** After its position was set, a consumer first asks whether the leader still has this offset. */
    @Test
    void shouldHoldBackWhileThePositionIsNotKnown() {
        unknown.add("b");
        append(EU, "a", "b");
        poll();

        holdBack.beforePoll(new Unpositioned(positions));

        assertThat(holdBack.holds(EU)).isTrue();
    }

    /** A consumer that has to validate its positions. */
    private record Unpositioned(HoldBack.Positions consumer) implements HoldBack.Positions {

        @Override
        public Set<TopicPartition> assignment() {
            return consumer.assignment();
        }

        @Override
        public long position(TopicPartition partition) {
            return HoldBack.Positions.known(() -> {
                throw new TimeoutException("not validated yet");
            });
        }

        @Override
        public void seek(TopicPartition partition, OffsetAndMetadata offset) {
            consumer.seek(partition, offset);
        }

        @Override
        public void pause(Collection<TopicPartition> partitions) {
            consumer.pause(partitions);
        }

        @Override
        public void resume(Collection<TopicPartition> partitions) {
            consumer.resume(partitions);
        }
    }

    @Test
    void shouldForgetPartitionsThatAreTakenAway() {
        unknown.add("a");
        append(EU, "a");
        poll();
        consumer.assign(List.of(US));
        append(US, "b");

        poll();

        assertThat(passed).containsExactly("b");
        assertThat(holdBack.holds(EU)).isFalse();
    }

    private void append(TopicPartition partition, String... texts) {
        for (String text : texts) {
            long offset = log.stream()
                    .filter(record ->
                            record.topic().equals(partition.topic()) && record.partition() == partition.partition())
                    .count();
            log.add(new ConsumerRecord<>(
                    partition.topic(), partition.partition(), offset, null, text.getBytes(StandardCharsets.UTF_8)));
        }
    }

    /** Polls what the log holds from the position of each partition that is not paused, as a broker would return it. */
    private ConsumerRecords<byte[], byte[]> poll() {
        holdBack.beforePoll(positions);
        log.stream()
                .filter(record -> isFetched(new TopicPartition(record.topic(), record.partition()), record.offset()))
                .forEach(consumer::addRecord);
        ConsumerRecords<byte[], byte[]> records = holdBack.passed(consumer.poll(Duration.ofMillis(1)), positions);
        records.forEach(record -> passed.add(text(record)));
        return records;
    }

    private boolean isFetched(TopicPartition partition, long offset) {
        return consumer.assignment().contains(partition)
                && !consumer.paused().contains(partition)
                && offset >= consumer.position(partition);
    }

    private static String text(ConsumerRecord<byte[], byte[]> record) {
        return new String(record.value(), StandardCharsets.UTF_8);
    }
}
