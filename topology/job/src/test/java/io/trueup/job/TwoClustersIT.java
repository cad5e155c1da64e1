package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.avro.SingleObjectCodec;
import io.trueup.broker.EmbeddedBroker;
import io.trueup.broker.TestBroker;
import io.trueup.job.InMemoryDatastore.Row;
import io.trueup.schema.Outcome;
import io.trueup.schema.RepairEvent;
import io.trueup.schema.RoundReport;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.connect.mirror.IdentityReplicationPolicy;
import org.apache.kafka.connect.mirror.MirrorMaker;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two Kafka clusters, each with a datastore and its reconciler. MirrorMaker 2 carries control messages and repairs: from {@code frankfurt} to
 * {@code virginia} with its default policy, as in the example configurations, and back with the identity policy.
 */
class TwoClustersIT {

    private static final int KEYS = 400;
    private static final int LOST = 20;
    private static final Path EXAMPLES = Path.of("../../deploy/config/two-clusters");
    private static final SingleObjectCodec<RepairEvent> REPAIRS = SingleObjectCodec.of(RepairEvent.class);

    private final String dataset = TestBroker.unique("cities");
    private JobFixture frankfurt;
    private JobFixture virginia;
    private InMemoryDatastore eu;
    private InMemoryDatastore us;

    @TempDir
    Path directory;

    @Test
    void shouldRepairAcrossClustersAndGoOnAfterTheLinkWasDown() {
        try (EmbeddedBroker virginiaBroker = EmbeddedBroker.start();
                JobFixture ofFrankfurt = fixture(TestBroker.shared(), "frankfurt");
                JobFixture ofVirginia = fixture(TestBroker.of(virginiaBroker), "virginia")) {
            frankfurt = ofFrankfurt;
            virginia = ofVirginia;
            prepare();
            MirrorMaker mirrors = mirrors();
            try {
                storeWithLosses(0);
                frankfurt.start();
                virginia.start();
                awaitEqual();
                assertThat(List.of(eu.changedByRepairs(), us.changedByRepairs()))
                        .containsExactly(LOST, 2 * LOST);

                abortRepair();
            } finally {
                stop(mirrors);
            }
            storeWithLosses(KEYS);
            awaitRoundsWithoutPeer(3);
            assertThat(List.of(eu.changedByRepairs(), us.changedByRepairs()))
                    .as("repairs while the link is down")
                    .containsExactly(LOST, 2 * LOST);
            mirrors = mirrors();
            try {
                awaitEqual();
                assertThat(List.of(eu.changedByRepairs(), us.changedByRepairs()))
                        .containsExactly(2 * LOST, 4 * LOST);
                assertThat(us.row("aborted")).isNull();
                assertThat(Stream.concat(frankfurt.deadLetters().stream(), virginia.deadLetters().stream()))
                        .isEmpty();
            } finally {
                stop(mirrors);
            }
        }
    }

    private JobFixture fixture(TestBroker broker, String cluster) {
        JobFixture fixture =
                new JobFixture(broker, dataset, directory.resolve(cluster), JobFixture.PARTITIONS, "eu", "us");
        Map<String, String> example = example(cluster);
        example.keySet().retainAll(Set.of("replicas", "hosted.replicas", "control.topic", "control.topics"));
        example(cluster).forEach((name, value) -> {
            if (name.startsWith("replica.")) {
                example.put(name, value);
            }
        });
        fixture.settings.putAll(example);
        if (cluster.equals("virginia")) {
            fixture.settings.put("control.topic", dataset + ".control.of-virginia");
            fixture.settings.put("control.topics", dataset + ".control.of-virginia, frankfurt." + dataset + ".control");
        } else {
            fixture.settings.put("control.topics", dataset + ".control, " + dataset + ".control.of-virginia");
            fixture.settings.put("replica.eu.repairs.topic", dataset + ".repairs.eu");
        }
        return fixture;
    }

    /** An example configuration, for the dataset of this test. */
    private Map<String, String> example(String name) {
        Properties properties = new Properties();
        try (Reader file = Files.newBufferedReader(EXAMPLES.resolve(name + ".properties"))) {
            properties.load(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Map<String, String> settings = new HashMap<>();
        properties.forEach((key, value) -> settings.put((String) key, ((String) value).replace("products", dataset)));
        return settings;
    }

    private void prepare() {
        frankfurt.createWritesTopic("eu");
        virginia.createWritesTopic("us");
        for (JobFixture fixture : List.of(frankfurt, virginia)) {
            new TopicCheck(fixture.config(), fixture.broker.admin()).prepare();
        }
        eu = frankfurt.datastore("eu");
        us = virginia.datastore("us");
        eu.reportProgress();
        us.reportProgress();
    }

    /** {@value #LOST} writes miss eu, and so many writes and deletes miss us. */
    private void storeWithLosses(int first) {
        long nowMs = System.currentTimeMillis();
        for (int i = first; i < first + KEYS; i++) {
            String key = "city-" + i;
            int number = i - first;
            if (number >= LOST) {
                eu.store(key, Row.live(1, nowMs, "value " + i));
            }
            if (number < LOST || number >= 2 * LOST) {
                us.store(key, Row.live(1, nowMs, "value " + i));
            }
            if (number >= 2 * LOST && number < 3 * LOST) {
                eu.store(key, Row.deleted(2, nowMs));
            }
        }
        eu.flush();
        us.flush();
    }

    /** An aborted transaction leaves a repair event in the topic: a mirror that reads uncommitted records would make it a real one. */
    private void abortRepair() {
        String topic = dataset + ".repairs.us";
        RepairEvent event = frankfurt.repairs("us").stream()
                .map(JobFixture.Sent::event)
                .filter(sent -> sent.getValue() != null)
                .findFirst()
                .orElseThrow();
        event.setValue(ByteBuffer.wrap(JobFixture.bytes("from an aborted transaction")));
        Map<String, Object> settings = Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                frankfurt.broker.bootstrapServers(),
                ProducerConfig.TRANSACTIONAL_ID_CONFIG,
                dataset + "-aborted");
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.initTransactions();
            producer.beginTransaction();
            var unused = producer.send(
                    new ProducerRecord<>(topic, JobFixture.bytes("aborted"), REPAIRS.encode(topic, event)));
            producer.flush();
            producer.abortTransaction();
        }
    }

    private MirrorMaker mirrors() {
        Map<String, String> settings = example("mirror-maker");
        settings.put("frankfurt.bootstrap.servers", frankfurt.broker.bootstrapServers());
        settings.put("virginia.bootstrap.servers", virginia.broker.bootstrapServers());
        settings.put("virginia->frankfurt.replication.policy.class", IdentityReplicationPolicy.class.getName());
        settings.put(
                "virginia->frankfurt.topics", dataset + "\\.control\\.of-virginia, " + dataset + "\\.repairs\\.eu");
        for (String kind : List.of("offset-syncs.topic.", "heartbeats.topic.", "checkpoints.topic.", "")) {
            settings.put(kind + "replication.factor", "1");
        }
        for (String kind : List.of("config", "offset", "status")) {
            settings.put(kind + ".storage.replication.factor", "1");
        }
        settings.put("offset.flush.interval.ms", "1000");
        settings.put("plugin.discovery", "service_load");
        settings.put("task.shutdown.graceful.timeout.ms", "1000");
        MirrorMaker mirrors = new MirrorMaker(settings);
        mirrors.start();
        return mirrors;
    }

    private static void stop(MirrorMaker mirrors) {
        mirrors.stop();
        mirrors.awaitStop();
    }

    private List<RoundReport> reports() {
        return Stream.concat(frankfurt.reports().stream(), virginia.reports().stream())
                .toList();
    }

    /** Waits until both reconcilers have compared all partitions after this moment, and found no difference. */
    private void awaitEqual() {
        long fromMs = System.currentTimeMillis();
        await().atMost(JobFixture.PATIENCE).pollInterval(Duration.ofMillis(500)).until(() -> {
            Map<String, RoundReport> last = new HashMap<>();
            for (RoundReport report : reports()) {
                if (report.getCut() > fromMs && report.getHeard().size() == 1) {
                    last.put(report.getReplica() + "/" + report.getPartition(), report);
                }
            }
            return last.size() == 2 * JobFixture.PARTITIONS
                    && last.values().stream().allMatch(report -> report.getOutcome() == Outcome.EQUAL);
        });
    }

    private void awaitRoundsWithoutPeer(int rounds) {
        long fromMs = System.currentTimeMillis();
        await().atMost(JobFixture.PATIENCE)
                .pollInterval(Duration.ofMillis(500))
                .until(() -> reports().stream()
                                .filter(report -> report.getCut() > fromMs && report.getOutcome() == Outcome.ALONE)
                                .count()
                        >= 2L * rounds * JobFixture.PARTITIONS);
    }
}
