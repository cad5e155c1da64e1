package io.trueup.datastore;

import static io.trueup.datastore.LibraryFixture.PATIENCE;
import static io.trueup.datastore.LibraryFixture.key;
import static io.trueup.datastore.LibraryFixture.value;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.trueup.schema.Condition;
import io.trueup.schema.HeaderNames;
import io.trueup.schema.Observed;
import io.trueup.schema.Reference;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Repairs on a real broker, and a datastore that fails, is slow, or changes meanwhile. */
class RepairConsumerIT {

    /** For topic and producer of the tests' repairs, but not for the defaults of Kafka. */
    private static final Entry LARGE = Entry.of(2, 1_002, new byte[2_000_000]);

    private LibraryFixture fixture = new LibraryFixture();
    private int sent;

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void shouldAnswerEveryRepairAppliedOrDeclined() {
        fixture.rows.stored.put(key(0, "stale"), value(1, "old"));
        fixture.rows.stored.put(key(0, "newer"), value(9, "mine"));
        fixture.rows.stored.put(key(1, "deleted"), value(1, "old"));
        RepairConsumer consumer = fixture.start();

        fixture.send(
                key(0, "stale"),
                fixture.repair("r1", key(0, "stale"), value(2, "new")).build());
        fixture.send(
                key(0, "newer"),
                fixture.repair("r2", key(0, "newer"), value(2, "new")).build());
        fixture.send(
                key(1, "missing"),
                fixture.repair("r3", key(1, "missing"), value(2, "new")).build());
        fixture.send(
                key(1, "deleted"),
                fixture.repair("r4", key(1, "deleted"), Entry.deleted(2, 1_002)).build());
        fixture.send(
                key(1, "gone"),
                fixture.repair("r5", key(1, "gone"), value(2, "new"))
                        .setCondition(Condition.IF_OBSERVED)
                        .setObserved(new Observed(1L, null, false))
                        .build());
        fixture.send(
                key(1, "late"),
                fixture.repair("r6", key(1, "late"), value(2, "new"))
                        .setValidUntil(1L)
                        .build());

        fixture.awaitWritten(
                "stale=new@2 answers r1",
                "newer=mine@9 answers r2",
                "missing=new@2 answers r3",
                "deleted deleted@2 answers r4",
                "gone deleted@nothing answers r5",
                "late deleted@nothing answers r6");
        await().atMost(PATIENCE).until(() -> fixture.committed(0) == 2 && fixture.committed(1) == 4);
        assertThat(fixture.written()).hasSize(6);
        assertThat(fixture.rows.stored).containsEntry(key(1, "missing"), value(2, "new"));
        assertThat(fixture.rows.stored).containsEntry(key(1, "deleted"), Entry.deleted(2, 1_002));
        assertThat(fixture.rows.stored).doesNotContainKeys(key(1, "gone"), key(1, "late"));
        assertThat(consumer.status()).isEqualTo(new RepairConsumer.Status(3, 3, 0, 0));
    }

    @Test
    void shouldReadPlainRepairsAndAnswerInPlainRecords() {
        fixture.close();
        fixture = new LibraryFixture(RecordLayout.PLAIN);
        fixture.start();

        fixture.send(plain("applied", "new", Map.of()));
        fixture.send(plain("other", "new", Map.of(HeaderNames.TARGET, "ap")));
        fixture.send(plain("vague", "new", Map.of(HeaderNames.CONDITION, "SOMETIMES")));
        fixture.send(plain("ended", null, Map.of()));

        fixture.awaitWritten("applied=new@7 answers id", "ended deleted@7 answers id");
        assertThat(fixture.rows.stored).containsOnlyKeys(key(0, "applied"), key(0, "ended"));
        assertThat(fixture.rows.stored.get(key(0, "applied"))).isEqualTo(Entry.of(7, 2_000, "new".getBytes(UTF_8)));
        assertThat(fixture.deadLetters())
                .extracting(RepairConsumerIT::reason)
                .containsExactly(
                        "a repair of replica ap, not of us: is this the repairs topic of another replica?",
                        "header trueup.condition is neither UNLESS_NEWER nor IF_OBSERVED");
    }

    @Test
    void shouldTryAgainUntilTheDatastoreAnswersWhileOtherPartitionsGoOn() {
        AtomicInteger failing = new AtomicInteger(Integer.MAX_VALUE);
        fixture.rows.disturbance = (method, key) -> {
            if (key.partition() == 0 && failing.getAndDecrement() > 0) {
                throw new IllegalStateException("the database is down");
            }
        };
        RepairConsumer consumer = fixture.start();
        fixture.send(
                key(0, "a"), fixture.repair("r1", key(0, "a"), value(2, "new")).build());
        fixture.send(
                key(0, "b"), fixture.repair("r2", key(0, "b"), value(2, "new")).build());
        fixture.send(
                key(1, "c"), fixture.repair("r3", key(1, "c"), value(2, "new")).build());

        fixture.awaitWritten("c=new@2 answers r3");
        await().atMost(PATIENCE)
                .until(() -> fixture.committed(1) == 1 && consumer.status().failures() >= 3);
        assertThat(fixture.committed(0)).isZero();
        assertThat(fixture.rows.stored).containsOnlyKeys(key(1, "c"));

        failing.set(0);

        fixture.awaitWritten("a=new@2 answers r1", "b=new@2 answers r2");
        await().atMost(PATIENCE).until(() -> fixture.committed(0) == 2);
        assertThat(fixture.deadLetters()).isEmpty();
    }

    @Test
    void shouldCommitNothingBeforeTheAnswerIsDeliveredAndAnswerAgainAfterARestart() {
        AtomicInteger reads = new AtomicInteger();
        fixture.rows.disturbance = (method, key) -> {
            if (method.equals("read") && reads.incrementAndGet() >= 3) {
                throw new IllegalStateException("fails after the answer was sent");
            }
        };
        RepairConsumer first = fixture.start();
        fixture.send(
                key(0, "a"), fixture.repair("r1", key(0, "a"), value(2, "new")).build());
        fixture.awaitWritten("a=new@2 answers r1");
        await().atMost(PATIENCE).until(() -> first.status().failures() > 0);
        first.close();
        assertThat(fixture.committed(0)).isZero();

        fixture.rows.disturbance = (method, key) -> {};
        fixture.start();

        await().atMost(PATIENCE).until(() -> fixture.committed(0) == 1);
        assertThat(fixture.written()).contains("a=new@2 answers r1").hasSizeGreaterThan(1);
        assertThat(fixture.rows.stored).containsExactly(Map.entry(key(0, "a"), value(2, "new")));
    }

    @Test
    void shouldAnswerEachRepairWhileInstancesComeAndGo() {
        RepairConsumer first = fixture.start();
        await().atMost(PATIENCE).until(() -> sendNext() && first.status().applied() > 0);
        RepairConsumer second = fixture.start();
        await().atMost(PATIENCE).until(() -> sendNext() && second.status().applied() > 0);
        first.close();
        long taken = second.status().applied();
        await().atMost(PATIENCE).until(() -> sendNext() && second.status().applied() >= taken + 4);

        await().atMost(PATIENCE).until(() -> fixture.committed(0) == sent && fixture.committed(1) == sent);
        List<String> written = fixture.written();
        for (int i = 0; i < sent; i++) {
            assertThat(written).contains("k" + i + "=new@2 answers r0-" + i, "k" + i + "=new@2 answers r1-" + i);
        }
        assertThat(fixture.rows.stored).hasSize(2 * sent);
        assertThat(first.status().failures() + second.status().failures()).isZero();
    }

    /** Sends a repair to each partition. */
    private boolean sendNext() {
        for (int partition = 0; partition < 2; partition++) {
            Key key = key(partition, "k" + sent);
            fixture.send(
                    key,
                    fixture.repair("r" + partition + "-" + sent, key, value(2, "new"))
                            .build());
        }
        sent++;
        return true;
    }

    @Test
    void shouldDecideAgainWhenAWriteComesBetweenReadAndReplace() {
        AtomicInteger once = new AtomicInteger();
        fixture.rows.disturbance = (method, key) -> {
            if (method.equals("replace") && once.getAndIncrement() == 0) {
                fixture.rows.stored.put(key, value(3, "written meanwhile"));
            }
        };
        RepairConsumer consumer = fixture.start();

        fixture.send(
                key(0, "a"), fixture.repair("r1", key(0, "a"), value(2, "new")).build());

        fixture.awaitWritten("a=written meanwhile@3 answers r1");
        assertThat(fixture.rows.stored).containsEntry(key(0, "a"), value(3, "written meanwhile"));
        assertThat(consumer.status()).isEqualTo(new RepairConsumer.Status(0, 1, 0, 0));
    }

    @Test
    void shouldSendWhatHasChangedSinceTheAnswer() {
        AtomicInteger reads = new AtomicInteger();
        fixture.rows.disturbance = (method, key) -> {
            if (method.equals("read") && reads.incrementAndGet() == 3) {
                fixture.rows.stored.put(key, value(3, "by a successor"));
            }
        };
        fixture.start();

        fixture.send(
                key(0, "a"), fixture.repair("r1", key(0, "a"), value(2, "new")).build());

        await().atMost(PATIENCE).until(() -> fixture.committed(0) == 1);
        assertThat(fixture.written()).containsExactly("a=new@2 answers r1", "a=by a successor@3");
    }

    @Test
    void shouldPutRepairAndWriteOfAKeyInOrder() throws Exception {
        AtomicInteger once = new AtomicInteger();
        fixture.rows.stored.put(key(0, "a"), value(9, "held"));
        fixture.rows.disturbance = (method, key) -> {
            if (once.getAndIncrement() == 0) {
                Thread writer = new Thread(() -> write(key, value(10, "written")));
                writer.start();
                await().atMost(PATIENCE).until(() -> writer.getState() == Thread.State.WAITING);
            }
        };
        fixture.start();

        fixture.send(
                key(0, "a"), fixture.repair("r1", key(0, "a"), value(2, "new")).build());

        fixture.awaitWritten("a=written@10");
        assertThat(fixture.written()).startsWith("a=held@9 answers r1", "a=written@10");
    }

    @Test
    void shouldIgnoreRepairsOfAbortedTransactions() {
        try (KafkaProducer<byte[], byte[]> aborting = new KafkaProducer<>(
                Map.of("bootstrap.servers", fixture.broker.bootstrapServers(), "transactional.id", fixture.group),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            aborting.initTransactions();
            aborting.beginTransaction();
            var unused = aborting.send(fixture.record(
                    key(0, "a"),
                    fixture.repair("r1", key(0, "a"), value(2, "aborted")).build()));
            aborting.flush();
            aborting.abortTransaction();
        }
        fixture.start();
        fixture.send(
                key(0, "b"), fixture.repair("r2", key(0, "b"), value(2, "new")).build());

        fixture.awaitWritten("b=new@2 answers r2");
        assertThat(fixture.rows.stored).containsOnlyKeys(key(0, "b"));
        assertThat(fixture.written()).hasSize(1);
    }

    @Test
    void shouldSendToTheDeadLettersWhatIsNoRepairOfThisReplica() {
        RepairConsumer consumer = fixture.start();
        fixture.send(new ProducerRecord<>(fixture.topics.repairs(), 0, "x".getBytes(UTF_8), new byte[] {1, 2, 3}));
        fixture.send(
                key(0, "a"),
                fixture.repair("r1", key(0, "a"), value(2, "new"))
                        .setTarget("ap")
                        .build());
        fixture.send(
                key(0, "b"), fixture.repair("r2", key(1, "b"), value(2, "new")).build());
        fixture.send(
                key(0, "c"),
                fixture.repair("r3", key(0, "c"), value(2, "new"))
                        .setValue(null)
                        .build());
        fixture.send(new ProducerRecord<>(
                fixture.topics.repairs(),
                0,
                null,
                fixture.record(
                                key(0, "d"),
                                fixture.repair("r4", key(0, "d"), value(2, "new"))
                                        .build())
                        .value()));
        fixture.send(
                key(0, "e"), fixture.repair("r5", key(0, "e"), value(2, "new")).build());

        fixture.awaitWritten("e=new@2 answers r5");
        await().atMost(PATIENCE).until(() -> fixture.committed(0) == 6);
        assertThat(fixture.written()).hasSize(1);
        assertThat(fixture.rows.stored).containsOnlyKeys(key(0, "e"));
        List<ConsumerRecord<byte[], byte[]>> letters = fixture.deadLetters();
        assertThat(letters)
                .extracting(RepairConsumerIT::reason)
                .containsExactly(
                        "not in Avro's single-object encoding: starts with 0102 instead of c301; expected RepairEvent",
                        "a repair of replica ap, not of us: is this the repairs topic of another replica?",
                        "a repair of partition 1 in partition 0: all topics of a dataset must be partitioned in the same way",
                        "neither a delete nor a value nor a reference to one",
                        "no key");
        assertThat(letters.get(0).key()).isEqualTo("x".getBytes(UTF_8));
        assertThat(letters.get(0).value()).containsExactly(1, 2, 3);
        assertThat(header(letters.get(1), HeaderNames.DEAD_LETTER_OFFSET)).isEqualTo("1");
        assertThat(consumer.status()).isEqualTo(new RepairConsumer.Status(1, 0, 5, 0));
    }

    @Test
    void shouldFetchTheValueToWhichARepairRefers() {
        fixture.rows.stored.put(key(0, "b"), value(1, "old"));
        fixture.rows.stored.put(key(0, "c"), value(1, "old"));
        fixture.start((replica, key) -> {
            if (key.equals(key(0, "c"))) {
                throw new IllegalStateException("not reachable");
            }
            return replica.equals("eu") && key.equals(key(0, "a")) ? value(2, "fetched") : value(3, "newer");
        });
        for (String name : List.of("a", "b", "c")) {
            fixture.send(
                    key(0, name),
                    fixture.repair("r-" + name, key(0, name), value(2, "new"))
                            .setValue(null)
                            .setReference(new Reference("eu", "writes.eu", 17L))
                            .build());
        }

        fixture.awaitWritten("a=fetched@2 answers r-a", "b=old@1 answers r-b", "c=old@1 answers r-c");
        assertThat(fixture.rows.stored.get(key(0, "a"))).isEqualTo(value(2, "fetched"));
    }

    @Test
    void shouldSendToTheDeadLettersWhatCannotBeAnswered() {
        fixture.rows.stored.put(key(0, "large"), Entry.of(9, 9, new byte[1024 * 1024]));
        fixture.start();

        fixture.send(
                key(0, "large"),
                fixture.repair("r1", key(0, "large"), value(2, "new")).build());
        fixture.send(
                key(0, "small"),
                fixture.repair("r2", key(0, "small"), value(2, "new")).build());

        fixture.awaitWritten("small=new@2 answers r2");
        assertThat(fixture.deadLetters())
                .singleElement()
                .satisfies(
                        letter -> assertThat(reason(letter))
                                .startsWith(
                                        "its answer cannot be sent: the event of hex:6c61726765 of partition 0 has about 1049"));
    }

    @Test
    void shouldNotApplyWhatIsTooLargeToBeAnsweredAndGoOn() {
        RepairConsumer consumer = fixture.start();
        fixture.send(
                key(0, "large"), fixture.repair("r1", key(0, "large"), LARGE).build());
        fixture.send(
                key(0, "small"),
                fixture.repair("r2", key(0, "small"), value(2, "new")).build());

        fixture.awaitWritten("small=new@2 answers r2");
        await().atMost(PATIENCE).until(() -> fixture.committed(0) == 2);
        assertThat(fixture.rows.stored).containsOnlyKeys(key(0, "small"));
        assertThat(consumer.status()).isEqualTo(new RepairConsumer.Status(1, 0, 1, 0));
        assertThat(fixture.deadLetters()).singleElement().satisfies(letter -> {
            assertThat(letter.key()).isEqualTo("large".getBytes(UTF_8));
            assertThat(letter.value()).isNull();
            assertThat(reason(letter))
                    .startsWith("not applied, because its answer cannot be sent: the event of hex:6c61726765 of")
                    .containsPattern("; left out of this dead letter, .*: the value of 2000\\d\\d\\d bytes$");
            assertThat(header(letter, HeaderNames.DEAD_LETTER_OFFSET)).isEqualTo("0");
        });
    }

    @Test
    void shouldApplyALargeValueWhereDigestsAreSent() {
        fixture.rows.digests = true;
        RepairConsumer consumer = fixture.start();
        fixture.send(
                key(0, "large"), fixture.repair("r1", key(0, "large"), LARGE).build());

        await().atMost(PATIENCE).until(() -> fixture.committed(0) == 1);
        assertThat(fixture.rows.stored).containsEntry(key(0, "large"), LARGE);
        assertThat(consumer.status()).isEqualTo(new RepairConsumer.Status(1, 0, 0, 0));
        assertThat(fixture.observed()).hasSize(1);
    }

    @Test
    void shouldLeaveOutOfADeadLetterWhatItsProducerOrItsTopicRefuses() {
        fixture.close();
        fixture = new LibraryFixture(
                RecordLayout.TRUEUP, Map.of("max.request.size", 3_000_000), Map.of("max.message.bytes", "1000000"));
        RepairConsumer consumer = fixture.start();
        ProducerRecord<byte[], byte[]> forTheTopic = undecodable("topic", new byte[2_000_000]);
        forTheTopic.headers().add("note", new byte[] {1});
        ProducerRecord<byte[], byte[]> forTheProducer = undecodable("producer", new byte[4_000_000]);
        forTheProducer.headers().add("note", new byte[] {1});
        ProducerRecord<byte[], byte[]> headers = undecodable("headers", new byte[1]);
        headers.headers().add("note", new byte[4_000_000]);
        fixture.send(forTheTopic);
        fixture.send(forTheProducer);
        fixture.send(headers);
        fixture.send(new ProducerRecord<>(fixture.topics.repairs(), 0, new byte[4_000_000], new byte[1]));
        ProducerRecord<byte[], byte[]> large = fixture.record(
                key(0, "large"), fixture.repair("r1", key(0, "large"), LARGE).build());
        fixture.send(large);
        fixture.send(
                key(0, "small"),
                fixture.repair("r2", key(0, "small"), value(2, "new")).build());

        fixture.awaitWritten("small=new@2 answers r2");
        await().atMost(PATIENCE).until(() -> fixture.committed(0) == 6);
        assertThat(fixture.deadLetters())
                .extracting(RepairConsumerIT::summary)
                .containsExactlyInAnyOrder(
                        "topic without note, left out: the value of 2000000 bytes, the headers",
                        "producer with note, left out: the value of 4000000 bytes",
                        "headers without note, left out: the value of 1 bytes, the headers",
                        "null without note, left out: the value of 1 bytes, the key of 4000000 bytes",
                        "large without note, left out: the value of " + large.value().length + " bytes");
        assertThat(consumer.status().deadLetters()).isEqualTo(5);
        assertThat(consumer.status().failures()).isZero();
    }

    private ProducerRecord<byte[], byte[]> undecodable(String key, byte[] value) {
        return new ProducerRecord<>(fixture.topics.repairs(), 0, key.getBytes(UTF_8), value);
    }

    private static String summary(ConsumerRecord<byte[], byte[]> letter) {
        assertThat(letter.value()).isNull();
        return (letter.key() == null ? null : new String(letter.key(), UTF_8))
                + (letter.headers().lastHeader("note") == null ? " without note" : " with note")
                + ", left out: "
                + reason(letter).replaceFirst(".*; left out of this dead letter, which would be too large: ", "");
    }

    @Test
    void shouldGoOnWhenWhatIsHeldHasBecomeTooLargeSinceTheAnswer() {
        AtomicInteger reads = new AtomicInteger();
        fixture.rows.disturbance = (method, key) -> {
            if (method.equals("read") && reads.incrementAndGet() == 3) {
                fixture.rows.stored.put(key, LARGE);
            }
        };
        RepairConsumer consumer = fixture.start();

        fixture.send(
                key(0, "a"), fixture.repair("r1", key(0, "a"), value(2, "new")).build());

        await().atMost(PATIENCE).until(() -> fixture.committed(0) == 1);
        assertThat(fixture.written()).containsExactly("a=new@2 answers r1");
        assertThat(consumer.status()).isEqualTo(new RepairConsumer.Status(1, 0, 0, 0));
    }

    @Test
    void shouldCommitWhatIsBeforeTheRepairThatFails() {
        AtomicInteger failed = new AtomicInteger();
        AtomicBoolean failing = new AtomicBoolean(true);
        fixture.rows.disturbance = (method, key) -> {
            if (failing.get() && key.equals(key(0, "broken"))) {
                failed.incrementAndGet();
                throw new IllegalStateException("the row is locked");
            }
        };
        for (String name : List.of("a", "b", "broken", "c")) {
            fixture.send(
                    key(0, name),
                    fixture.repair("r-" + name, key(0, name), value(2, "new")).build());
        }
        RepairConsumer consumer = fixture.start();

        await().atMost(PATIENCE).until(() -> fixture.committed(0) == 2 && failed.get() >= 3);
        assertThat(fixture.written()).containsExactly("a=new@2 answers r-a", "b=new@2 answers r-b");
        failing.set(false);

        await().atMost(PATIENCE).until(() -> fixture.committed(0) == 4);
        assertThat(fixture.written())
                .containsExactly(
                        "a=new@2 answers r-a",
                        "b=new@2 answers r-b",
                        "broken=new@2 answers r-broken",
                        "c=new@2 answers r-c");
        assertThat(consumer.status().applied()).isEqualTo(4);
    }

    @Test
    void shouldGoOnWhenARebalanceRefusesItsOffsets() {
        fixture.close();
        fixture = new LibraryFixture(
                RecordLayout.TRUEUP,
                Map.of("partition.assignment.strategy", CooperativeStickyAssignor.class.getName()),
                Map.of());
        RepairConsumer consumer = fixture.start();
        try (StalledRebalance stalled = new StalledRebalance(fixture.settings(), fixture.topics.repairs())) {
            stalled.begin(fixture.broker.admin());
            await().atMost(PATIENCE)
                    .until(() -> sendNext()
                            && consumer.status().applied() >= fixture.committed(0) + fixture.committed(1) + 3);
        }

        await().atMost(PATIENCE).until(() -> fixture.committed(0) == sent && fixture.committed(1) == sent);
        assertThat(fixture.written()).hasSize(2 * sent).doesNotHaveDuplicates();
        assertThat(consumer.status().failures()).isZero();
    }

    @Test
    void shouldEndWithWhatTheBrokersRefuseForEver() {
        ReplicaTopics misnamed = new ReplicaTopics("us", "writes", "not a topic", "dead");
        try (RepairConsumer consumer = new RepairConsumer(misnamed, fixture.settings(), fixture.events, fixture.rows)) {
            assertThatThrownBy(consumer::run)
                    .isInstanceOf(InvalidTopicException.class)
                    .hasMessageContaining("not a topic");
        }
    }

    private void write(Key key, Entry entry) {
        try {
            var unused = fixture.events.exclusively(key, () -> {
                fixture.rows.stored.put(key, entry);
                return fixture.events.write(key, entry);
            });
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private ProducerRecord<byte[], byte[]> plain(String key, String value, Map<String, String> changed) {
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(
                fixture.topics.repairs(), 0, key.getBytes(UTF_8), value == null ? null : value.getBytes(UTF_8));
        Map<String, String> headers = new HashMap<>(Map.of(
                HeaderNames.TARGET, "us",
                HeaderNames.REPAIR_ID, "id",
                HeaderNames.CONDITION, "UNLESS_NEWER",
                HeaderNames.VERSION, "7",
                HeaderNames.POSITION, "2000",
                HeaderNames.VALID_UNTIL, Long.toString(Long.MAX_VALUE)));
        headers.putAll(changed);
        headers.forEach((name, text) -> record.headers().add(name, text.getBytes(UTF_8)));
        return record;
    }

    private static String reason(ConsumerRecord<byte[], byte[]> letter) {
        return header(letter, HeaderNames.DEAD_LETTER_REASON);
    }

    private static String header(ConsumerRecord<byte[], byte[]> letter, String name) {
        return new String(letter.headers().lastHeader(name).value(), UTF_8);
    }
}
