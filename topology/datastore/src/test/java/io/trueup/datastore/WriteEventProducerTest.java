package io.trueup.datastore;

import static io.trueup.datastore.LibraryFixture.key;
import static io.trueup.datastore.LibraryFixture.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.avro.RecordCodecs;
import io.trueup.schema.HeaderNames;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the producer refuses, and how long it waits where no broker answers. */
class WriteEventProducerTest {

    /** Nothing listens there. */
    private static final Map<String, Object> UNREACHABLE =
            Map.of("bootstrap.servers", "127.0.0.1:1", "group.id", "none", "max.block.ms", 200);

    private static final ReplicaTopics TOPICS = new ReplicaTopics("us", "writes", "repairs", "dead");

    @Test
    @Timeout(60)
    void shouldFailInBoundedTimeWhereNoBrokerAnswers() {
        try (WriteEventProducer producer = new WriteEventProducer(TOPICS, UNREACHABLE)) {
            assertThat(producer.write(key(0, "a"), value(1, "one")))
                    .failsWithin(Duration.ofSeconds(30))
                    .withThrowableOfType(java.util.concurrent.ExecutionException.class)
                    .withCauseInstanceOf(TimeoutException.class);
            assertThatThrownBy(() -> producer.scan(0, new LibraryFixture.Rows()))
                    .isInstanceOf(TimeoutException.class);
        }
    }

    @Test
    @Timeout(60)
    void shouldNotLetEachRepairOfABatchWaitForABrokerThatDoesNotAnswer() {
        LibraryFixture.Rows rows = new LibraryFixture.Rows();
        ReplicaTopics plain =
                new ReplicaTopics("us", "writes", RecordLayout.PLAIN, "repairs", RecordLayout.PLAIN, "dead");
        try (WriteEventProducer producer = new WriteEventProducer(plain, UNREACHABLE)) {
            RepairTarget target = new RepairTarget(
                    plain, new RepairRecords(plain, RecordCodecs.embedded()), producer, rows, (replica, key) -> null);
            ConsumerRecord<byte[], byte[]> unusable = new ConsumerRecord<>("repairs", 0, 0, new byte[1], null);

            assertThatThrownBy(() -> target.answer(unusable)).isInstanceOf(TimeoutException.class);
        }
    }

    @Test
    void shouldRefuseWhatTheContractDoesNotAllow() {
        Entry entry = value(1, "one");
        try (WriteEventProducer producer = new WriteEventProducer(TOPICS, UNREACHABLE)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> producer.write(new Key(0, new byte[16 * 1024 + 1]), entry))
                    .withMessage("a key has at most 16384 bytes, not 16385");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> producer.write(new Key(0, HeaderNames.progressKey()), entry))
                    .withMessageContaining("reserved");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> producer.write(new Key(0, HeaderNames.scanKey()), entry))
                    .withMessageContaining("reserved");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> producer.write(key(0, "a"), Entry.of(1, 1, new byte[1024 * 1024])))
                    .withMessageContaining("about 1049")
                    .withMessageContaining("max.request.size of the producer allows 1048576")
                    .withMessageContaining("max.message.bytes of writes");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> producer.write(key(0, "a"), entry.withVector(writers(500))))
                    .withMessageContaining("500 counters");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> producer.progress(0, -1))
                    .withMessageContaining("1970");
        }
    }

    @Test
    void shouldRefuseInThePlainLayoutWhatItCannotSay() {
        ReplicaTopics plain =
                new ReplicaTopics("us", "writes", RecordLayout.PLAIN, "repairs", RecordLayout.PLAIN, "dead");
        try (WriteEventProducer producer = new WriteEventProducer(plain, UNREACHABLE)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(
                            () -> producer.write(key(0, "a"), value(1, "one").withVector(writers(1))))
                    .withMessageContaining("neither version vectors nor digests");
            assertThatIllegalArgumentException()
                    .isThrownBy(
                            () -> producer.write(key(0, "a"), value(1, "one").withDigestOnly(new byte[16])))
                    .withMessageContaining("neither version vectors nor digests");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> producer.scan(0, new LibraryFixture.Rows()))
                    .withMessageContaining("the plain layout has no scans");
        }
    }

    @Test
    void shouldRefuseSettingsThatLoseEventsOrRepairs() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClientSettings.producer(with("acks", "1")))
                .withMessage("acks is all and cannot be set to 1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClientSettings.producer(with("transactional.id", "t")))
                .withMessageContaining("transactional.id");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClientSettings.consumer(with("isolation.level", "read_uncommitted")))
                .withMessage("isolation.level is read_committed and cannot be set to read_uncommitted");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClientSettings.consumer(Map.of("bootstrap.servers", "x:1")))
                .withMessageContaining("group.id is not set");
        assertThat(ClientSettings.producer(with("acks", "all")))
                .containsEntry("max.block.ms", 200)
                .containsEntry("delivery.timeout.ms", 30_000)
                .doesNotContainKey("group.id");
        assertThat(ClientSettings.consumer(with("max.poll.records", 7)))
                .containsEntry("max.poll.records", 7)
                .doesNotContainKey("max.block.ms");
    }

    @Test
    void shouldRefuseEntriesThatContradictThemselves() {
        assertThatIllegalArgumentException().isThrownBy(() -> Entry.of(Entry.NOTHING, 1, new byte[1]));
        assertThatIllegalArgumentException().isThrownBy(() -> Entry.of(1, -1, new byte[1]));
        assertThatIllegalArgumentException().isThrownBy(() -> Entry.of(1, 1, null));
        assertThatIllegalArgumentException().isThrownBy(() -> value(1, "one").withDigestOnly(new byte[15]));
        assertThatIllegalArgumentException().isThrownBy(() -> value(1, "one").expiringAt(-1));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Entry(1, null, 1, true, new byte[1], null, Entry.NEVER));
        assertThatIllegalArgumentException().isThrownBy(() -> VersionVector.of(Map.of("eu", -1L)));
        assertThatIllegalArgumentException().isThrownBy(() -> VersionVector.of(Map.of("", 1L)));
        assertThatIllegalArgumentException().isThrownBy(() -> VersionVector.of(Map.of("eu", Long.MAX_VALUE, "us", 1L)));
    }

    @Test
    void shouldKnowWhichWriteOfAFeedIsNewer() {
        assertThat(value(2, "x").isNewerThan(value(1, "x"))).isTrue();
        assertThat(value(1, "x").isNewerThan(value(1, "y"))).isFalse();
        assertThat(value(1, "x").isNewerThan(null)).isTrue();
        Entry one = value(0, "x").withVector(VersionVector.of(Map.of("eu", 1L)));
        Entry two = value(0, "x").withVector(VersionVector.of(Map.of("eu", 1L, "us", 1L)));
        Entry concurrent = value(0, "x").withVector(VersionVector.of(Map.of("us", 9L)));
        assertThat(two.isNewerThan(one)).isTrue();
        assertThat(one.isNewerThan(two)).isFalse();
        assertThat(one.isNewerThan(one)).isFalse();
        assertThat(concurrent.isNewerThan(two)).isFalse();
        assertThat(two.version()).isEqualTo(2);
    }

    private static VersionVector writers(int number) {
        Map<String, Long> counters = new TreeMap<>();
        for (int i = 0; i < number; i++) {
            counters.put("writer-with-a-name-" + i, 1L);
        }
        return VersionVector.of(counters);
    }

    private static Map<String, Object> with(String key, Object value) {
        Map<String, Object> settings = new HashMap<>(UNREACHABLE);
        settings.put(key, value);
        return settings;
    }
}
