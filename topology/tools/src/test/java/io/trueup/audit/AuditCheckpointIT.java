package io.trueup.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.audit.checkpoint.Checkpoint;
import io.trueup.audit.checkpoint.ComparedPartition;
import io.trueup.audit.result.AuditResult;
import io.trueup.audit.result.AuditResult.Verdict;
import io.trueup.audit.result.PartitionSummary;
import io.trueup.avro.RecordCodecs;
import io.trueup.broker.TestBroker;
import io.trueup.reconcile.settings.Settings;
import io.trueup.topic.Cluster;
import io.trueup.topic.TopicReader;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An audit that was stopped resumes after the partitions that it has compared. */
class AuditCheckpointIT {

    private static final int PARTITIONS = 3;

    private final TestBroker broker = TestBroker.shared();
    private final String topic = TestBroker.unique("checkpoint");
    private final Set<Integer> read = new TreeSet<>();
    private Duration settle = Duration.ZERO;
    private Optional<List<byte[]>> keys = Optional.empty();
    private Path file;

    @TempDir
    Path directory;

    @BeforeEach
    void write() throws Exception {
        file = directory.resolve("checkpoint");
        broker.createTopics(PARTITIONS, topic + ".eu", topic + ".us");
        try (KafkaProducer<byte[], byte[]> producer = broker.producer()) {
            for (int partition = 0; partition < PARTITIONS; partition++) {
                for (String replica : List.of("eu", "us")) {
                    send(producer, replica, partition, "key", "value");
                }
                send(producer, "eu", partition, "only-eu", "value");
            }
        }
    }

    private void send(KafkaProducer<byte[], byte[]> producer, String replica, int partition, String key, String value)
            throws Exception {
        producer.send(new ProducerRecord<>(
                        topic + "." + replica, partition, 1_000L, key.getBytes(UTF_8), value.getBytes(UTF_8)))
                .get();
    }

    @Test
    void shouldGoOnWhereItWasStoppedAndFindTheSame() throws Exception {
        AuditResult whole = run(audit(Optional.empty(), PARTITIONS));
        assertThat(whole.verdict()).isEqualTo(Verdict.DIVERGENT);
        read.clear();

        AuditResult stopped = run(audit(Optional.of(file), 1));

        assertThat(read).containsExactly(0, 1);
        assertThat(stopped.verdict()).isEqualTo(Verdict.UNKNOWN);
        assertThat(stopped.doubts())
                .anyMatch(doubt -> doubt.contains("1 of 3 partitions are compared: [0]. Run it again with"
                        + " the same options to go on: " + file));
        assertThat(file).exists();
        Files.write(directory.resolve("checkpoint.tmp"), new byte[] {1}); // as a process leaves it that is killed
        read.clear();
        Audit audit = audit(Optional.of(file), PARTITIONS);
        AuditResult resumed = run(audit);

        assertThat(read).containsExactly(1, 2);
        assertThat(resumed.verdict()).isEqualTo(Verdict.DIVERGENT);
        assertThat(resumed.notes())
                .anyMatch(note -> note.startsWith("An earlier run has compared the partitions [0], as of "));
        assertThat(resumed.divergent())
                .hasSize(PARTITIONS)
                .usingRecursiveComparison()
                .isEqualTo(whole.divergent());
        assertThat(resumed.divergentKeys()).isEqualTo(PARTITIONS);
        assertThat(resumed.partitions().stream().map(PartitionSummary::root))
                .containsExactlyElementsOf(
                        whole.partitions().stream().map(PartitionSummary::root).toList());
        assertThat(resumed.partitions().get(0).atMs()).isLessThan(resumed.atMs());
        audit.removeCheckpoint();
        assertThat(file).doesNotExist();
    }

    @Test
    void shouldKeepItsFileUntilEveryPartitionIsCompared() throws Exception {
        Audit stopped = audit(Optional.of(file), 2);
        run(stopped);
        stopped.removeCheckpoint();

        assertThat(Checkpoint.open(file).compared())
                .extracting(ComparedPartition::partition)
                .containsExactly(0, 1);
    }

    @Test
    void shouldReadAPartitionAgainThatWasComparedWithADoubt() throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = broker.producer()) {
            producer.send(new ProducerRecord<>(topic + ".us", 0, 1_000L, null, "no key".getBytes(UTF_8)))
                    .get();
        }
        run(audit(Optional.of(file), 2));
        read.clear();

        AuditResult resumed = run(audit(Optional.of(file), PARTITIONS));

        assertThat(read).containsExactly(0, 2);
        assertThat(resumed.verdict()).isEqualTo(Verdict.UNKNOWN);
        assertThat(resumed.doubts())
                .singleElement()
                .asString()
                .contains("1 record of " + topic + ".us-0 cannot be read");
    }

    @Test
    void shouldReadAPartitionAgainThatWasComparedADayAgo() throws Exception {
        run(audit(Optional.of(file), 2));
        Checkpoint checkpoint = Checkpoint.open(file);
        ComparedPartition first = checkpoint.compared().get(0);
        checkpoint.add(
                new ComparedPartition(
                        0,
                        first.atMs() - Resumption.MAX_AGE.toMillis() - 1,
                        first.summaries(),
                        first.allLater(),
                        first.differing(),
                        first.lasting(),
                        first.inFlight(),
                        first.listed(),
                        first.notes()),
                Set.of());
        checkpoint.save();
        read.clear();

        run(audit(Optional.of(file), PARTITIONS));

        assertThat(read).containsExactly(0, 2);
    }

    @Test
    void shouldKnowWhichKeysAnEarlierRunHasSeen() throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = broker.producer()) {
            send(producer, "us", 0, "only-in-0", "value");
        }
        keys = Optional.of(List.of("only-in-0".getBytes(UTF_8), "nowhere".getBytes(UTF_8)));
        run(audit(Optional.of(file), 1));

        AuditResult resumed = run(audit(Optional.of(file), PARTITIONS));

        assertThat(resumed.neverWritten()).containsExactly("nowhere".getBytes(UTF_8));
        assertThat(resumed.divergentKeys()).isEqualTo(1);
    }

    @Test
    void shouldRefuseTheFileOfAnotherAudit() throws Exception {
        run(audit(Optional.of(file), 1));
        byte[] content = Files.readAllBytes(file);
        settle = Duration.ofMinutes(1);

        assertThatThrownBy(() -> run(audit(Optional.of(file), PARTITIONS)))
                .isInstanceOf(Checkpoint.OtherAuditException.class)
                .hasMessageContaining("--settle was PT0S and is PT1M");

        settle = Duration.ZERO;
        broker.admin().deleteTopics(List.of(topic + ".us")).all().get();
        broker.createTopics(PARTITIONS, topic + ".us");
        assertThatThrownBy(() -> run(audit(Optional.of(file), PARTITIONS)))
                .as("a topic that was created again")
                .isInstanceOf(Checkpoint.OtherAuditException.class)
                .hasMessageContaining("replica us was " + topic + ".us (id ");
        assertThat(Files.readAllBytes(file)).isEqualTo(content);
    }

    private static AuditResult run(Audit audit) {
        AuditResult result = audit.run();
        Thread.interrupted();
        return result;
    }

    /** @param stopAt the partition at which the audit is stopped as soon as it begins to read it */
    private Audit audit(Optional<Path> checkpoint, int stopAt) throws Exception {
        Map<String, Object> client = Map.of("bootstrap.servers", broker.bootstrapServers());
        AuditRequest request = new AuditRequest(
                List.of("eu", "us").stream()
                        .map(name -> new AuditedReplica(
                                name, topic + "." + name, "plain", Optional.empty(), new Cluster(client, client)))
                        .toList(),
                new Settings.Builder("test", "eu", List.of("eu", "us"), "a secret of this test".getBytes(UTF_8))
                        .build(),
                new AuditPoint.Latest(),
                settle,
                Set.of(),
                keys,
                true,
                new AuditRequest.Bounds(1, 1 << 24, 10, Duration.ofSeconds(30)),
                false,
                checkpoint.isPresent() ? Optional.of(Checkpoint.open(checkpoint.get())) : Optional.empty(),
                RecordCodecs.embedded());
        Audit[] audit = new Audit[1];
        audit[0] = new Audit(
                request,
                (clientId, progress) -> new TopicReader(
                        clientId,
                        progress,
                        Duration.ofSeconds(30),
                        properties -> new KafkaConsumer<ByteBuffer, ByteBuffer>(properties) {
                            @Override
                            public void assign(Collection<TopicPartition> partitions) {
                                partitions.forEach(partition -> read.add(partition.partition()));
                                if (read.contains(stopAt)) {
                                    audit[0].stop();
                                }
                                super.assign(partitions);
                            }
                        }));
        return audit[0];
    }
}
