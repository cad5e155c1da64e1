package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.job.InMemoryDatastore.Row;
import io.trueup.job.JobFixture.Sent;
import io.trueup.schema.Outcome;
import io.trueup.schema.RoundReport;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What fails for one partition or one key holds up nothing else, and the reports name it. */
class HeldUpIT {

    private static final int LOST = 20;
    private static final int HELD_UP = 2;

    @TempDir
    Path directory;

    private long before;

    @BeforeEach
    void now() {
        before = System.currentTimeMillis() - 60_000;
    }

    @Test
    void shouldRepairTheOtherPartitionsWhileATransactionOfAWriterHangs() {
        try (JobFixture fixture = new JobFixture(directory).quick();
                KafkaProducer<byte[], byte[]> hanging = transactionalProducer(fixture)) {
            fixture.createTopics();
            fixture.answer("us");
            fixture.advanceAll(before);
            fixture.start();
            fixture.awaitRounds(1);
            hanging.initTransactions();
            hanging.beginTransaction();
            fixture.write(hanging, "us", key("hangs-", HELD_UP), 1, before, "not yet", null);
            hanging.flush();

            Set<String> lost = IntStream.range(0, LOST)
                    .mapToObj(i -> key("lost-" + i + "-", i % JobFixture.PARTITIONS))
                    .collect(Collectors.toCollection(TreeSet::new));
            lost.forEach(key -> List.of("ap", "eu").forEach(owner -> fixture.write(owner, key, 1, before, "v")));
            fixture.flush();
            Set<String> others = lost.stream()
                    .filter(key -> JobFixture.partitionOf(key) != HELD_UP)
                    .collect(Collectors.toCollection(TreeSet::new));
            await().atMost(JobFixture.PATIENCE)
                    .pollInterval(Duration.ofMillis(500))
                    .until(() -> repaired(fixture).equals(others)
                            && lastOfUs(fixture, HELD_UP).getOutcome() == Outcome.SKIPPED);
            RoundReport heldUp = lastOfUs(fixture, HELD_UP);
            assertThat(heldUp.getNote()).contains("not consumed up to the end of the writes partition");
            assertThat(heldUp.getRoundsWithoutComparison()).isPositive();
            assertThat(fixture.reports())
                    .filteredOn(report -> report.getPartition() == HELD_UP && report.getRound() == heldUp.getRound())
                    .filteredOn(report -> report.getReplica().equals("eu"))
                    .allSatisfy(report -> assertThat(report.getSilent()).contains("us"));

            hanging.abortTransaction();

            await().atMost(JobFixture.PATIENCE)
                    .pollInterval(Duration.ofMillis(500))
                    .until(() -> repaired(fixture).equals(lost));
            fixture.awaitRounds(2);
            fixture.awaitEqual();
        }
    }

    /** The datastore reads the repair events of a key, and does nothing. */
    @Test
    void shouldRepairTheOtherKeysWhileTheRepairsOfOneAreNeverApplied() {
        try (JobFixture fixture = new JobFixture(directory, "eu", "us").quick()) {
            fixture.settings.putAll(Map.of("repair.attempts", "2", "repair.timeout", "2500ms", "tree.segments", "2"));
            fixture.createTopics();
            InMemoryDatastore eu = fixture.datastore("eu");
            InMemoryDatastore us = fixture.datastore("us");
            List.of(eu, us).forEach(InMemoryDatastore::reportProgress);
            String stuck = key("stuck-", HELD_UP);
            us.loseRepairs(stuck::equals);
            eu.store(stuck, Row.live(1, before, "v"));
            fixture.start();
            await().atMost(JobFixture.PATIENCE)
                    .pollInterval(Duration.ofMillis(500))
                    .until(() -> fixture.reports().stream().anyMatch(report -> report.getFailed() > 0));

            for (int i = 0; i < LOST; i++) {
                eu.store(key("lost-" + i + "-", HELD_UP), Row.live(1, System.currentTimeMillis(), "v"));
            }
            await().atMost(JobFixture.PATIENCE)
                    .pollInterval(Duration.ofMillis(500))
                    .until(() -> us.contentAt(0).size() == LOST);

            await().atMost(JobFixture.PATIENCE)
                    .pollInterval(Duration.ofMillis(500))
                    .untilAsserted(() -> assertThat(fixture.lastCompared().get("eu/" + HELD_UP))
                            .satisfies(report -> assertThat(report.getFailed()).isEqualTo(1))
                            .satisfies(report -> assertThat(report.getSample())
                                    .singleElement()
                                    .satisfies(divergence -> {
                                        assertThat(divergence.getKey())
                                                .isEqualTo(ByteBuffer.wrap(JobFixture.bytes(stuck)));
                                        assertThat(divergence.getAction()).isEqualTo("failed");
                                    })));
            assertThat(us.row(stuck)).isNull();
            us.loseRepairs(key -> false);
            eu.store(stuck, Row.live(2, System.currentTimeMillis(), "w"));

            await().atMost(JobFixture.PATIENCE)
                    .pollInterval(Duration.ofMillis(500))
                    .until(() -> us.contentAt(0).equals(eu.contentAt(0)));
        }
    }

    /** A key with a prefix that belongs to a partition. */
    private static String key(String prefix, int partition) {
        return IntStream.iterate(0, i -> i + 1)
                .mapToObj(i -> prefix + i)
                .filter(key -> JobFixture.partitionOf(key) == partition)
                .findFirst()
                .orElseThrow();
    }

    private static Set<String> repaired(JobFixture fixture) {
        return fixture.repairs().stream().map(Sent::key).collect(Collectors.toCollection(TreeSet::new));
    }

    private static RoundReport lastOfUs(JobFixture fixture, int partition) {
        return fixture.reports().stream()
                .filter(report -> report.getReplica().equals("us") && report.getPartition() == partition)
                .reduce((earlier, later) -> later)
                .orElseThrow();
    }

    private static KafkaProducer<byte[], byte[]> transactionalProducer(JobFixture fixture) {
        return new KafkaProducer<>(
                Map.of(
                        ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        fixture.broker.bootstrapServers(),
                        ProducerConfig.TRANSACTIONAL_ID_CONFIG,
                        fixture.dataset + "-hanging",
                        ProducerConfig.TRANSACTION_TIMEOUT_CONFIG,
                        600_000),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }
}
