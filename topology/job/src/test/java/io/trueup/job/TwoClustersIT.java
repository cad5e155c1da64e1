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
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.connect.mirror.DefaultReplicationPolicy;
import org.apache.kafka.connect.mirror.IdentityReplicationPolicy;
import org.apache.kafka.connect.mirror.MirrorMaker;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two Kafka clusters, each with a datastore and its reconciler. MirrorMaker 2 carries control messages and repairs: from {@code near} to
 * {@code far} with its default policy, which puts the name of the source cluster before the topic, and back with the identity policy.
 */
class TwoClustersIT {

    private static final int KEYS = 400;
    private static final int LOST = 20;
    private static final SingleObjectCodec<RepairEvent> REPAIRS = SingleObjectCodec.of(RepairEvent.class);

    private final String dataset = TestBroker.unique("cities");
    private JobFixture near;
    private JobFixture far;
    private InMemoryDatastore eu;
    private InMemoryDatastore us;

    @TempDir
    Path directory;

    @Test
    void shouldRepairAcrossClustersAndGoOnAfterTheLinkWasDown() {
        try (EmbeddedBroker farBroker = EmbeddedBroker.start();
                JobFixture ofNear = fixture(TestBroker.shared(), "near");
                JobFixture ofFar = fixture(TestBroker.of(farBroker), "far")) {
            near = ofNear;
            far = ofFar;
            prepare();
            MirrorMaker mirrors = mirrors();
            try {
                storeWithLosses(0);
                near.start();
                far.start();
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
                assertThat(Stream.concat(near.deadLetters().stream(), far.deadLetters().stream()))
                        .isEmpty();
            } finally {
                stop(mirrors);
            }
        }
    }

    private JobFixture fixture(TestBroker broker, String cluster) {
        JobFixture fixture =
                new JobFixture(broker, dataset, directory.resolve(cluster), JobFixture.PARTITIONS, "eu", "us");
        boolean isNear = cluster.equals("near");
        fixture.settings.put("hosted.replicas", isNear ? "eu" : "us");
        if (isNear) {
            fixture.settings.put("control.topics", dataset + ".control," + dataset + ".control.far");
        } else {
            fixture.settings.put("control.topic", dataset + ".control.far");
            fixture.settings.put("control.topics", dataset + ".control.far,near." + dataset + ".control");
            fixture.settings.put("replica.us.repairs.topic", "near." + dataset + ".repairs.us");
        }
        return fixture;
    }

    private void prepare() {
        near.createWritesTopic("eu");
        far.createWritesTopic("us");
        for (JobFixture fixture : List.of(near, far)) {
            new TopicCheck(fixture.config(), fixture.broker.admin()).prepare();
        }
        eu = near.datastore("eu");
        us = far.datastore("us");
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
        RepairEvent event = near.repairs("us").stream()
                .map(JobFixture.Sent::event)
                .filter(sent -> sent.getValue() != null)
                .findFirst()
                .orElseThrow();
        event.setValue(ByteBuffer.wrap(JobFixture.bytes("from an aborted transaction")));
        Map<String, Object> settings = Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                near.broker.bootstrapServers(),
                ProducerConfig.TRANSACTIONAL_ID_CONFIG,
                dataset + "-aborted");
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.initTransactions();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>(topic, JobFixture.bytes("aborted"), REPAIRS.encode(topic, event)));
            producer.flush();
            producer.abortTransaction();
        }
    }

    private MirrorMaker mirrors() {
        Map<String, String> settings = new HashMap<>(Map.of(
                "clusters",
                "near,far",
                "near.bootstrap.servers",
                near.broker.bootstrapServers(),
                "far.bootstrap.servers",
                far.broker.bootstrapServers(),
                "near->far.enabled",
                "true",
                "near->far.topics",
                dataset + "\\.control," + dataset + "\\.repairs\\.us",
                "near->far.replication.policy.class",
                DefaultReplicationPolicy.class.getName(),
                "far->near.enabled",
                "true",
                "far->near.topics",
                dataset + "\\.control\\.far," + dataset + "\\.repairs\\.eu",
                "far->near.replication.policy.class",
                IdentityReplicationPolicy.class.getName()));
        settings.putAll(Map.of(
                "near.consumer.isolation.level", "read_committed",
                "far.consumer.isolation.level", "read_committed",
                "replication.factor", "1",
                "offset-syncs.topic.replication.factor", "1",
                "config.storage.replication.factor", "1",
                "offset.storage.replication.factor", "1",
                "status.storage.replication.factor", "1",
                "heartbeats.topic.replication.factor", "1",
                "checkpoints.topic.replication.factor", "1",
                "emit.heartbeats.enabled", "false"));
        settings.put("sync.topic.acls.enabled", "false");
        settings.put("dedicated.mode.enable.internal.rest", "false");
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
        return Stream.concat(near.reports().stream(), far.reports().stream()).toList();
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
