package io.trueup.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HoldBackTest {

    private static final TopicPartition EU = new TopicPartition("writes", 0);
    private static final TopicPartition US = new TopicPartition("writes", 1);

    private final MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("earliest");
    private final HoldBack.Positions positions = HoldBack.Positions.of(consumer);
    private final Set<String> unknown = new HashSet<>();
    private final WaitingRecords waiting = new WaitingRecords();
    private final HoldBack holdBack =
            new HoldBack(Map.of("writes", record -> !unknown.contains(text(record))), waiting);
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
        holdBack.sought(List.of(EU));

        poll();

        assertThat(passed).as("read again, and held back again").containsExactly("a", "a");
        assertThat(consumer.position(EU)).isEqualTo(1);
        assertThat(consumer.paused()).containsExactly(EU);
    }

    /** Kafka Streams pauses the partitions of a task until its state is there. */
    @Test
    void shouldNotResumeWhatTheOwnerHasPaused() {
        unknown.add("a");
        append(EU, "a");
        append(US, "b");
        poll();
        ownerPauses(EU);

        unknown.clear();
        poll();

        assertThat(holdBack.holds(EU)).isFalse();
        assertThat(consumer.paused()).containsExactly(EU);
        assertThat(passed).containsExactly("b");

        holdBack.ownerResumes(List.of(EU));
        consumer.resume(List.of(EU));
        poll();
        assertThat(passed).containsExactly("b", "a");
    }

    /** Within one poll a partition can be lost, assigned again, and paused by Kafka Streams. */
    @Test
    void shouldForgetAPartitionThatIsLostAndAssignedAgain() {
        unknown.add("b");
        append(EU, "a", "b");
        poll();
        holdBack.reassigned(List.of(EU));
        assertThat(holdBack.holds(EU)).isFalse();
        consumer.assign(List.of(US));
        holdBack.reassigned(List.of(EU));
        consumer.assign(List.of(EU, US));
        consumer.seek(EU, 0);
        ownerPauses(EU);
        unknown.clear();

        poll();

        assertThat(consumer.paused()).containsExactly(EU);
        assertThat(waiting.partitions()).isZero();

        holdBack.ownerResumes(List.of(EU));
        consumer.resume(List.of(EU));
        poll();
        assertThat(passed).containsExactly("a", "a", "b");
    }

    @Test
    void shouldNotResumeAPartitionThatIsPausedAndReadElsewhere() {
        unknown.add("b");
        append(EU, "a", "b");
        poll();
        ownerPauses(EU);
        consumer.seek(EU, 0);
        holdBack.sought(List.of(EU));

        poll();

        assertThat(consumer.paused()).containsExactly(EU);
        assertThat(passed).containsExactly("a");
    }

    private void ownerPauses(TopicPartition partition) {
        holdBack.ownerPauses(List.of(partition));
        consumer.pause(List.of(partition));
    }

    @Test
    void shouldAskForAllRecordsAtOnce() {
        List<String> asked = new ArrayList<>();
        HoldBack asking = new HoldBack(Map.of("writes", record -> {
            asked.add(text(record));
            return false;
        }));
        append(EU, "a", "b", "c");
        log.forEach(consumer::addRecord);

        ConsumerRecords<byte[], byte[]> records = asking.passed(consumer.poll(Duration.ofMillis(1)), positions);

        assertThat(records.isEmpty()).isTrue();
        assertThat(asked).contains("a", "b", "c");
    }

    @Test
    void shouldWaitAMomentForAnAnswer() {
        AtomicInteger asked = new AtomicInteger();
        HoldBack asking = new HoldBack(Map.of("writes", record -> asked.incrementAndGet() > 3));
        append(EU, "a", "b");
        log.forEach(consumer::addRecord);

        ConsumerRecords<byte[], byte[]> records = asking.passed(consumer.poll(Duration.ofMillis(1)), positions);

        assertThat(records.count()).isEqualTo(2);
        assertThat(consumer.paused()).isEmpty();
    }

    @Test
    void shouldShowWhatWaits() throws Exception {
        unknown.add("a");
        append(EU, "a");
        poll();

        assertThat(waiting.partitions()).isEqualTo(1);
        await().until(() -> waiting.oldestMs() > 0);
        unknown.clear();
        poll();
        assertThat(waiting.partitions()).isZero();
        assertThat(waiting.oldestMs()).isZero();
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
