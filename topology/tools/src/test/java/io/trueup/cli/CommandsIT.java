package io.trueup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.SingleObjectCodec;
import io.trueup.broker.TestBroker;
import io.trueup.config.TrueupConfig;
import io.trueup.mac.RecordMac;
import io.trueup.report.ConflictKey;
import io.trueup.schema.Approval;
import io.trueup.schema.Choice;
import io.trueup.schema.Complete;
import io.trueup.schema.Condition;
import io.trueup.schema.ConflictEvent;
import io.trueup.schema.ConflictSide;
import io.trueup.schema.ControlMessage;
import io.trueup.schema.Divergence;
import io.trueup.schema.Evidence;
import io.trueup.schema.Hash;
import io.trueup.schema.Pause;
import io.trueup.schema.Probe;
import io.trueup.schema.ProbeAnswer;
import io.trueup.schema.RepairEvent;
import io.trueup.schema.SegmentEntry;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands for operators on a real broker. The test answers in place of the reconcilers. */
class CommandsIT {

    private static final int PARTITIONS = 3;
    private static final long CUT_MS = 1_790_000_000_000L;
    private static final SingleObjectCodec<ControlMessage> CONTROL = SingleObjectCodec.of(ControlMessage.class);
    private static final SingleObjectCodec<ConflictEvent> CONFLICTS = SingleObjectCodec.of(ConflictEvent.class);
    private static final SingleObjectCodec<RepairEvent> REPAIRS = SingleObjectCodec.of(RepairEvent.class);

    private final TestBroker broker = TestBroker.shared();
    private final String dataset = TestBroker.unique("commands");
    private final Map<String, String> settings = new HashMap<>();

    @TempDir
    Path directory;

    private String file;

    @BeforeEach
    void configure() throws Exception {
        settings.put("bootstrap.servers", broker.bootstrapServers());
        settings.put("dataset", dataset);
        settings.put("replicas", "eu,us");
        settings.put("hash.secret", "do-not-print-this-secret");
        settings.put("grace", "2s");
        StringBuilder text = new StringBuilder();
        settings.forEach((key, value) -> text.append(key + "=" + value + "\n"));
        file = Files.writeString(directory.resolve("trueup.properties"), text).toString();
    }

    @Test
    void shouldListConflictsAndSendAChoiceToTheReconcilers() throws Exception {
        createTopics();
        assertThat(Invocation.of("conflicts", "-c", file).out()).isEqualTo("No conflicts.\n");
        try (KafkaProducer<byte[], byte[]> producer = broker.producer()) {
            producer.send(new ProducerRecord<>(dataset + ".conflicts", 0, bytes("settled"), bytes("no report")))
                    .get();
        }
        Invocation unreadable = Invocation.of("conflicts", "-c", file);
        assertThat(unreadable.exitCode()).isEqualTo(2);
        assertThat(unreadable.out()).isEmpty();
        assertThat(unreadable.err()).contains("PARTIAL", dataset + ".conflicts-0@0: ");
        byte[] bytesOnly = {(byte) 0xfe, 1};
        try (KafkaProducer<byte[], byte[]> producer = broker.producer()) {
            // Two replicas report one conflict; the record of an earlier version has the key of the dataset.
            List<byte[]> keys = List.of(
                    bytes("settled"),
                    new ConflictKey("eu", 2, bytes("tea pot")).encode(),
                    new ConflictKey("us", 2, bytes("tea pot")).encode(),
                    bytesOnly);
            for (byte[] key : keys) {
                var unused = producer.send(new ProducerRecord<>(dataset + ".conflicts", 0, key, conflict()));
            }
            producer.send(new ProducerRecord<>(dataset + ".conflicts", 0, bytes("settled"), null))
                    .get();
        }

        Invocation list = Invocation.of("conflicts", "-c", file);
        Invocation choose = Invocation.of("conflicts", "choose", "tea pot", "--replica", "us", "-c", file);
        Invocation chooseBytes =
                Invocation.of("conflicts", "choose", "hex:fe01", "--key-hex", "--replica", "eu", "-c", file);
        Invocation unknown = Invocation.of("conflicts", "choose", "settled", "--replica", "us", "-c", file);
        Invocation unknownReplica = Invocation.of("conflicts", "choose", "tea pot", "--replica", "jp", "-c", file);

        assertThat(list.exitCode()).as(list.err()).isZero();
        assertThat(list.out().lines())
                .containsExactly(
                        "KEY       PARTITION  SINCE                 REASON     REPLICAS  HOLD                POSITION                  DIGEST",
                        "tea pot   2          2026-09-21T14:13:20Z  NO_WINNER  eu        eu=3,us=1           2026-09-21T14:13:19.999Z  01234567",
                        "                                                      us        deleted, eu=2,us=2  2026-09-21T14:13:19.998Z",
                        "hex:fe01  2          2026-09-21T14:13:20Z  NO_WINNER  eu        eu=3,us=1           2026-09-21T14:13:19.999Z  01234567",
                        "                                                      us        deleted, eu=2,us=2  2026-09-21T14:13:19.998Z");
        assertThat(choose.exitCode()).as(choose.err()).isZero();
        assertThat(choose.out()).contains("what us holds for tea pot wins");
        assertThat(chooseBytes.exitCode()).as(chooseBytes.err()).isZero();
        assertThat(unknown.exitCode()).isEqualTo(2);
        assertThat(unknown.err()).contains("in no conflict").doesNotContain("\tat ");
        assertThat(unknownReplica.exitCode()).isEqualTo(2);
        assertThat(unknownReplica.err()).contains("choose one of eu, us");
        List<ConsumerRecord<byte[], byte[]>> sent = broker.readAll(dataset + ".control");
        assertThat(sent).hasSize(2).allSatisfy(record -> {
            assertThat(record.partition()).isEqualTo(2);
            assertThat(new String(record.key(), StandardCharsets.UTF_8)).isEqualTo("/2");
        });
        ControlMessage message = CONTROL.decode("c", sent.get(0).value());
        assertThat(message.getReplica()).isEmpty();
        assertThat(message.getFingerprint()).isEqualTo(fingerprint(2));
        assertThat(message.getBody()).isInstanceOfSatisfying(Choice.class, choice -> {
            assertThat(choice.getKey()).isEqualTo(ByteBuffer.wrap(bytes("tea pot")));
            assertThat(choice.getReplica()).isEqualTo("us");
            assertThat(choice.getVersion()).isEqualTo(4L);
            assertThat(choice.getMerged()).isEqualTo(Map.of("eu", 3L, "us", 2L));
            assertThat(choice.getUntil()).isGreaterThan(System.currentTimeMillis());
        });
    }

    @Test
    void shouldShowThatThereIsNothingToResetAndRefuseAnUnknownReplica() throws Exception {
        createTopics();

        Invocation nothing = Invocation.of("reset", "--replica", "eu", "--execute", "-c", file);
        Invocation unknown = Invocation.of("reset", "--replica", "mars", "-c", file);

        assertThat(nothing.exitCode()).isZero();
        assertThat(nothing.out()).contains("The reconciler of eu has no state");
        assertThat(unknown.exitCode()).isEqualTo(2);
        assertThat(unknown.err()).contains("mars is not a replica").doesNotContain("\tat ");
    }

    @Test
    void shouldSendThatRepairsArePausedAndResumedToAllPartitions() throws Exception {
        createTopics();

        Invocation pause = Invocation.of("pause", "--replica", "eu", "-c", file);
        Invocation resume = Invocation.of("resume", "-c", file);
        Invocation unknown = Invocation.of("pause", "--replica", "mars", "-c", file);

        assertThat(pause.exitCode()).isZero();
        assertThat(pause.out()).contains("repairs of eu are paused", "trueup resume --replica eu");
        assertThat(resume.exitCode()).isZero();
        assertThat(resume.out()).contains("repairs of all replicas are resumed");
        assertThat(unknown.exitCode()).isEqualTo(2);
        assertThat(unknown.err()).contains("mars is not a replica that is repaired");
        List<Pause> sent = new ArrayList<>();
        for (ConsumerRecord<byte[], byte[]> record : broker.readAll(dataset + ".control")) {
            sent.add((Pause) CONTROL.decode("c", record.value()).getBody());
        }
        assertThat(sent)
                .filteredOn(Pause::getPaused)
                .extracting(Pause::getTarget)
                .containsOnly("eu");
        assertThat(sent)
                .filteredOn(message -> !message.getPaused())
                .extracting(Pause::getTarget)
                .containsOnly("");
        assertThat(sent.stream().filter(Pause::getPaused).count())
                .isEqualTo(sent.size() / 2L)
                .isGreaterThan(1);
        assertThat(sent.stream().map(Pause::getId).distinct()).hasSize(2);
    }

    @Test
    void shouldSendThatAWritesTopicIsComplete() throws Exception {
        createTopics();

        Invocation complete = Invocation.of("complete", "--replica", "eu", "--partition", "2", "-c", file);

        assertThat(complete.exitCode()).isZero();
        ControlMessage message =
                CONTROL.decode("c", broker.readAll(dataset + ".control").get(0).value());
        assertThat(message.getPartition()).isEqualTo(2);
        assertThat(message.getBody())
                .isInstanceOfSatisfying(
                        Complete.class, body -> assertThat(body.getReplica()).isEqualTo("eu"));
    }

    @Test
    void shouldApproveAFloodInAllPartitionsOrInSome() throws Exception {
        createTopics();
        long beforeMs = System.currentTimeMillis();

        Invocation all = Invocation.of("approve", "--target", "us", "--for", "30m", "-c", file);
        Invocation one = Invocation.of("approve", "--target", "eu", "--partition", "1", "-c", file);
        Invocation none = Invocation.of("approve", "--target", "eu", "--partition", "3", "-c", file);
        Invocation unknownTarget = Invocation.of("approve", "--target", "mars", "-c", file);
        Invocation forever = Invocation.of("approve", "--target", "eu", "--for", "ever", "-c", file);

        assertThat(all.exitCode()).as(all.err()).isZero();
        assertThat(all.out()).contains("all 3 partitions", "repairs of us are approved until ");
        assertThat(one.exitCode()).as(one.err()).isZero();
        assertThat(none.exitCode()).isEqualTo(2);
        assertThat(none.err()).contains("no partition 3; they are numbered from 0 to 2");
        assertThat(unknownTarget.exitCode()).isEqualTo(2);
        assertThat(unknownTarget.err()).contains("those are eu, us");
        assertThat(forever.exitCode()).isEqualTo(2);
        assertThat(forever.err()).contains("'ever' is not a duration");
        Map<String, Long> until = new HashMap<>();
        for (ConsumerRecord<byte[], byte[]> record : broker.readAll(dataset + ".control")) {
            ControlMessage message = CONTROL.decode("c", record.value());
            assertThat(message.getPartition()).isEqualTo(record.partition());
            assertThat(message.getFingerprint()).isEqualTo(fingerprint(record.partition()));
            Approval approval = (Approval) message.getBody();
            until.put(record.partition() + " " + approval.getTarget(), approval.getUntil());
        }
        assertThat(until).containsOnlyKeys("0 us", "1 us", "2 us", "1 eu");
        assertThat(until.get("0 us")).isBetween(beforeMs + 1_799_000, System.currentTimeMillis() + 1_800_000);
    }

    @Test
    void shouldPrintTheAnswersToAProbeAndTheRepairsThatFollow() throws Exception {
        createTopics();
        try (Reconcilers reconcilers = new Reconcilers("lost", true)) {
            Invocation probe = Invocation.of("probe", "lost", "--wait", "30s", "-c", file);

            assertThat(probe.exitCode()).as(probe.out() + probe.err()).isEqualTo(1);
            assertThat(probe.out())
                    .containsPattern("lost, partition \\d, as of "
                            + Instant.now().toString().substring(0, 10))
                    .containsPattern("(?m)^eu +version 7 +2026-09-21T14:13:20Z +00000000$")
                    .containsPattern("(?m)^us +nothing$")
                    .contains("Repairs sent: us := version 7");
            assertThat(reconcilers.asked).isTrue();
        }
    }

    @Test
    void shouldEndWithAllAnswersWhereReplicasAgree() throws Exception {
        createTopics();
        try (Reconcilers reconcilers = new Reconcilers("kept", false)) {
            Invocation probe =
                    Invocation.of("probe", "6b657074", "--key-hex", "--partition", "1", "--wait", "1h", "-c", file);

            assertThat(probe.exitCode()).as(probe.out() + probe.err()).isZero();
            assertThat(probe.out()).contains("kept, partition 1", "All replicas that answered hold the same.");
            assertThat(reconcilers.asked).isTrue();
        }
    }

    @Test
    void shouldNameTheReplicasThatDidNotAnswer() {
        createTopics();

        Invocation probe = Invocation.of("probe", "k", "--wait", "200ms", "-c", file);

        assertThat(probe.exitCode()).as(probe.err()).isEqualTo(2);
        assertThat(probe.out()).contains("No answer from eu, us", "Nothing to compare.");
    }

    @Test
    void shouldSayThatTopicsAreMissing() {
        for (String[] command : List.of(
                new String[] {"conflicts", "-c", file},
                new String[] {"approve", "--target", "us", "-c", file},
                new String[] {"probe", "k", "-c", file})) {
            Invocation invocation = Invocation.of(command);

            assertThat(invocation.exitCode()).as(command[0]).isEqualTo(2);
            assertThat(invocation.err())
                    .contains("topic " + dataset, "does not exist on " + broker.bootstrapServers())
                    .doesNotContain("\tat ", "do-not-print");
        }
    }

    @Test
    void shouldRefuseAKeyThatIsNotHexadecimal() {
        Invocation probe = Invocation.of("probe", "xyz", "--key-hex", "-c", file);

        assertThat(probe.exitCode()).isEqualTo(2);
        assertThat(probe.err()).contains("'xyz' is not hexadecimal");
    }

    private void createTopics() {
        broker.createTopics(
                PARTITIONS,
                dataset + ".control",
                dataset + ".conflicts",
                dataset + ".repairs.eu",
                dataset + ".repairs.us");
    }

    private long fingerprint(int partition) {
        return TrueupConfig.of(settings).settings("eu").fingerprint(partition);
    }

    private byte[] conflict() {
        ConflictEvent event = ConflictEvent.newBuilder()
                .setDataset(dataset)
                .setPartition(2)
                .setKeyHash("00")
                .setCut(CUT_MS)
                .setReporter("eu")
                .setSides(List.of(side("eu", 3, 1, CUT_MS - 1, false), side("us", 2, 2, CUT_MS - 2, true)))
                .build();
        return CONFLICTS.encode("c", event);
    }

    private static ConflictSide side(String replica, long ofEu, long ofUs, long positionMs, boolean deleted) {
        return ConflictSide.newBuilder()
                .setReplicas(List.of(replica))
                .setVersion(ofEu + ofUs)
                .setVector(Map.of("eu", ofEu, "us", ofUs))
                .setPosition(positionMs)
                .setAppendTime(positionMs)
                .setDeleted(deleted)
                .setDigest(deleted ? null : "0123456789abcdef0123456789abcdef")
                .build();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Answers the first probe for both replicas: eu holds the key, us too unless it is lost there. */
    private final class Reconcilers implements AutoCloseable {

        private final String key;
        private final boolean lostByUs;
        private final Thread thread;
        private volatile boolean closing;
        private volatile boolean asked;

        Reconcilers(String key, boolean lostByUs) {
            this.key = key;
            this.lostByUs = lostByUs;
            thread = new Thread(this::run, "reconcilers");
            thread.start();
        }

        private void run() {
            try (KafkaConsumer<byte[], byte[]> consumer = broker.consumer(dataset + ".control");
                    KafkaProducer<byte[], byte[]> producer = broker.producer()) {
                while (!closing) {
                    for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(50))) {
                        ControlMessage message = CONTROL.decode("c", record.value());
                        if (message.getBody() instanceof Probe probe) {
                            asked = message.getFingerprint() == fingerprint(record.partition());
                            answer(producer, message, "eu", entry(probe.getKeyHash()));
                            answer(producer, message, "us", lostByUs ? null : entry(probe.getKeyHash()));
                        }
                    }
                }
            } catch (MalformedRecordException e) {
                throw new AssertionError(e);
            }
        }

        private void answer(
                KafkaProducer<byte[], byte[]> producer, ControlMessage asked, String replica, SegmentEntry entry) {
            int partition = asked.getPartition();
            ProbeAnswer held = new ProbeAnswer(
                    ((Probe) asked.getBody()).getKeyHash(),
                    entry,
                    Evidence.newBuilder().build());
            byte[] answer = CONTROL.encode(
                    "c",
                    new ControlMessage(dataset, replica, partition, asked.getCut(), 1L, asked.getFingerprint(), held));
            ProducerRecord<byte[], byte[]> record =
                    new ProducerRecord<>(dataset + ".control", partition, bytes(replica + "/" + partition), answer);
            List<byte[]> secrets = TrueupConfig.load(Path.of(file), Map.of()).controlSecrets();
            new RecordMac(secrets, RecordMac.Use.CONTROL).sign(record.key(), answer, record.headers());
            var unused = producer.send(record);
            if (entry == null) {
                byte[] repair = REPAIRS.encode("r", repair(replica, partition));
                var unusedRepair = producer.send(
                        new ProducerRecord<>(dataset + ".repairs." + replica, partition, bytes(key), repair));
            }
            producer.flush();
        }

        private SegmentEntry entry(Hash keyHash) {
            return new SegmentEntry(keyHash, 7L, null, CUT_MS, CUT_MS, null, new Hash(new byte[16]), false);
        }

        private RepairEvent repair(String target, int partition) {
            return RepairEvent.newBuilder()
                    .setId("r")
                    .setDataset(dataset)
                    .setTarget(target)
                    .setSupplier("eu")
                    .setPartition(partition)
                    .setCut(CUT_MS)
                    .setReason(Divergence.MISSING)
                    .setVersion(7)
                    .setPosition(CUT_MS)
                    .setValue(ByteBuffer.wrap(bytes("v")))
                    .setCondition(Condition.UNLESS_NEWER)
                    .setValidUntil(CUT_MS)
                    .build();
        }

        @Override
        public void close() {
            closing = true;
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
