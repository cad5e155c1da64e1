package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.SingleObjectCodec;
import io.trueup.job.InMemoryDatastore.Row;
import io.trueup.job.JobFixture.Sent;
import io.trueup.schema.ControlMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The job's process is killed while it repairs, and started again on the same state directory. */
class JobKilledIT {

    private static final int LOST = 300;
    private static final SingleObjectCodec<ControlMessage> CONTROL = SingleObjectCodec.of(ControlMessage.class);

    @TempDir
    Path directory;

    @Test
    void shouldMakeTheReplicasEqualAndSendNoWrongRepairWhenKilledInTheMiddleOfRounds() throws Exception {
        killTwice("exactly_once_v2");
    }

    @Test
    @Tag("proof")
    void shouldMakeTheReplicasEqualAndSendNoWrongRepairWhenKilledUnderAtLeastOnce() throws Exception {
        killTwice("at_least_once");
    }

    /** What was sent before is not sent again, but for what was on its way. */
    @Test
    void shouldGoOnFillingAnEmptyReplicaWhereItWasKilled() throws Exception {
        int entries = 2_000;
        try (JobFixture fixture = new JobFixture(directory.resolve("state"), "eu", "us")) {
            Files.createDirectories(directory.resolve("state"));
            fixture.settings.put("repair.rate", "200");
            fixture.createTopics();
            InMemoryDatastore eu = fixture.datastore("eu");
            InMemoryDatastore us = fixture.datastore("us");
            List.of(eu, us).forEach(InMemoryDatastore::reportProgress);
            long before = System.currentTimeMillis() - 60_000;
            for (int i = 0; i < entries; i++) {
                eu.store("key-" + i, i % 4 == 0 ? Row.deleted(1, before) : Row.live(1, before, "value"));
            }
            for (int share = 1; share <= 3; share++) {
                int until = share * entries / 4;
                try (JobProcess job = new JobProcess(fixture.settings, directory)) {
                    await().atMost(JobFixture.PATIENCE)
                            .until(() -> repaired(fixture).size() >= until || !job.isAlive());
                    assertThat(job.isAlive()).isTrue();
                    job.kill();
                }
                assertThat(repaired(fixture)).hasSizeLessThan(entries);
            }
            try (JobProcess job = new JobProcess(fixture.settings, directory)) {
                await().atMost(JobFixture.PATIENCE)
                        .pollInterval(Duration.ofSeconds(1))
                        .until(() -> us.contentAt(0).equals(eu.contentAt(0))
                                && repaired(fixture).size() == entries);
                fixture.awaitRounds(2);
                fixture.awaitEqual();
                assertThat(job.isAlive()).isTrue();
            }

            assertThat(us.changedByRepairs()).as("each entry once").isEqualTo(entries);
            assertThat(fixture.repairs("us")).hasSizeLessThan(entries + entries / 2);
            assertThat(fixture.repairs("eu")).isEmpty();
        }
    }

    /** The process is killed as soon as the first message of a stage is in its topic, committed or not. */
    @Test
    void shouldLoseNothingAndRepairNothingTwiceWhenKilledAtEachStageOfADescent() throws Exception {
        List<String> stages = List.of("Root", "Level", "Segment", "RepairEvent");
        try (JobFixture fixture = new JobFixture(directory.resolve("state")).quick()) {
            Files.createDirectories(directory.resolve("state"));
            fixture.createTopics();
            List<InMemoryDatastore> all = fixture.reportingDatastores();
            InMemoryDatastore ap = all.get(0);
            InMemoryDatastore eu = all.get(1);
            InMemoryDatastore us = all.get(2);
            for (int i = 0; i < 400; i++) {
                String key = "key-" + i;
                all.forEach(
                        datastore -> datastore.store(key, Row.live(1, System.currentTimeMillis() - 60_000, "value")));
            }
            JobProcess job = new JobProcess(fixture.settings, directory);
            try {
                fixture.awaitRounds(1);
                fixture.awaitEqual();
                Map<String, String> lost = new TreeMap<>();
                for (String stage : stages) {
                    try (KafkaConsumer<byte[], byte[]> watch = watch(fixture)) {
                        for (int i = 0; i < 5; i++) {
                            String key = "lost-" + stage + "-" + i;
                            lost.put(key, "value");
                            List.of(ap, eu)
                                    .forEach(owner ->
                                            owner.store(key, Row.live(1, System.currentTimeMillis(), "value")));
                        }
                        awaitFirst(stage, watch, fixture);
                        job.kill();
                    }
                    job = new JobProcess(fixture.settings, directory);
                    await().atMost(JobFixture.PATIENCE)
                            .pollInterval(Duration.ofMillis(500))
                            .until(() -> us.contentAt(0).equals(eu.contentAt(0)));
                }
                fixture.awaitRounds(2);
                fixture.awaitEqual();
                assertThat(repaired(fixture)).isEqualTo(lost);
                assertThat(us.changedByRepairs()).as("each entry once").isEqualTo(lost.size());
                assertThat(List.of(fixture.repairs("ap"), fixture.repairs("eu")))
                        .allMatch(List::isEmpty);
            } finally {
                job.close();
            }
        }
    }

    /** Reads what is written to the control topic and the repairs topics from now on. */
    private static KafkaConsumer<byte[], byte[]> watch(JobFixture fixture) {
        KafkaConsumer<byte[], byte[]> watch = new KafkaConsumer<>(
                Map.of("bootstrap.servers", fixture.broker.bootstrapServers(), "isolation.level", "read_uncommitted"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        List<TopicPartition> partitions = new ArrayList<>();
        for (String topic : List.of(".control", ".repairs.us")) {
            watch.partitionsFor(fixture.dataset + topic)
                    .forEach(info -> partitions.add(new TopicPartition(info.topic(), info.partition())));
        }
        watch.assign(partitions);
        watch.seekToEnd(partitions);
        partitions.forEach(watch::position);
        return watch;
    }

    private static void awaitFirst(String stage, KafkaConsumer<byte[], byte[]> watch, JobFixture fixture)
            throws MalformedRecordException {
        long endMs = System.currentTimeMillis() + JobFixture.PATIENCE.toMillis();
        while (System.currentTimeMillis() < endMs) {
            for (ConsumerRecord<byte[], byte[]> record : watch.poll(Duration.ofMillis(20))) {
                String kind = record.topic().equals(fixture.dataset + ".control")
                        ? CONTROL.decode(record.topic(), record.value())
                                .getBody()
                                .getClass()
                                .getSimpleName()
                        : "RepairEvent";
                if (kind.equals(stage)) {
                    return;
                }
            }
        }
        throw new AssertionError("no " + stage + " was sent");
    }

    /** The rows that were read count, and nothing is dropped. The next scan finds the losses. */
    @Test
    void shouldTakeNoRowForLostWhenKilledDuringAScan() throws Exception {
        try (JobFixture fixture = new JobFixture(directory.resolve("state")).quick()) {
            Files.createDirectories(directory.resolve("state"));
            fixture.createTopics();
            List<InMemoryDatastore> all = fixture.reportingDatastores();
            InMemoryDatastore eu = all.get(1);
            InMemoryDatastore us = all.get(2);
            long before = System.currentTimeMillis() - 60_000;
            for (int i = 0; i < 400; i++) {
                String key = "key-" + i;
                all.forEach(datastore -> datastore.store(key, Row.live(1, before, "value")));
            }
            JobProcess[] job = {new JobProcess(fixture.settings, directory)};
            try {
                fixture.awaitRounds(1);
                fixture.awaitEqual();
                for (int i = 0; i < 10; i++) {
                    us.tamper("key-" + i, null);
                    us.tamper("key-1" + i, Row.live(1, before, "rot"));
                }
                us.scan("first", () -> {
                    await().atMost(JobFixture.PATIENCE)
                            .until(() -> repaired(fixture).size() == 10);
                    try {
                        job[0].kill();
                        job[0] = new JobProcess(fixture.settings, directory);
                    } catch (IOException | InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                });
                fixture.awaitRounds(3);
                assertThat(repaired(fixture))
                        .hasSize(10)
                        .allSatisfy((key, value) -> assertThat(key).startsWith("key-1"));
                assertThat(fixture.reports())
                        .allSatisfy(report -> assertThat(report.getDropped()).isZero());

                us.scan("second");

                await().atMost(JobFixture.PATIENCE)
                        .pollInterval(Duration.ofMillis(500))
                        .until(() -> us.contentAt(0).equals(eu.contentAt(0)));
                fixture.awaitRounds(2);
                fixture.awaitEqual();
                assertThat(us.contentAt(0)).hasSize(400);
                assertThat(List.of(fixture.repairs("ap"), fixture.repairs("eu")))
                        .allMatch(List::isEmpty);
            } finally {
                job[0].close();
            }
        }
    }

    private void killTwice(String guarantee) throws Exception {
        try (JobFixture fixture = new JobFixture(directory.resolve("state"))) {
            Files.createDirectories(directory.resolve("state"));
            fixture.settings.put("streams.processing.guarantee", guarantee);
            fixture.createTopics();
            long before = System.currentTimeMillis() - 60_000;
            Map<String, String> lost = new TreeMap<>();
            for (int i = 0; i < 1_000; i++) {
                fixture.writeEverywhere("same-" + i, 1, before, "value " + i);
            }
            for (int i = 0; i < LOST; i++) {
                fixture.write("ap", "lost-" + i, 7, before, "found " + i);
                fixture.write("eu", "lost-" + i, 7, before, "found " + i);
                lost.put("lost-" + i, "found " + i);
            }
            fixture.advanceAll(before + 30_000);
            fixture.settings.put("round.segments.max", "8");

            for (int kill = 0; kill < 2; kill++) {
                int sentBefore = fixture.repairs("us").size();
                try (JobProcess job = new JobProcess(fixture.settings, directory)) {
                    await().atMost(JobFixture.PATIENCE)
                            .until(() -> fixture.repairs("us").size() > sentBefore || !job.isAlive());
                    assertThat(job.isAlive()).isTrue();
                    job.kill();
                }
                if (kill == 0) {
                    fixture.answer("us");
                }
            }
            try (JobProcess job = new JobProcess(fixture.settings, directory)) {
                await().atMost(Duration.ofMinutes(4))
                        .pollInterval(Duration.ofSeconds(1))
                        .until(() -> repaired(fixture).keySet().containsAll(lost.keySet()));
                fixture.awaitEqual();
                assertThat(job.isAlive()).isTrue();
            }

            assertThat(repaired(fixture)).isEqualTo(lost);
            assertThat(fixture.repairs("us")).allSatisfy(sent -> {
                assertThat(sent.value()).isEqualTo(lost.get(sent.key()));
                assertThat(sent.event().getVersion()).isEqualTo(7);
            });
            assertThat(fixture.repairs("ap")).isEmpty();
            assertThat(fixture.repairs("eu")).isEmpty();
        }
    }

    private static Map<String, String> repaired(JobFixture fixture) {
        Map<String, String> repaired = new TreeMap<>();
        for (Sent sent : fixture.repairs("us")) {
            repaired.put(sent.key(), sent.value());
        }
        return repaired;
    }
}
