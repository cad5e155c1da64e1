package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.avro.SingleObjectCodec;
import io.trueup.command.Commands;
import io.trueup.job.InMemoryDatastore.Row;
import io.trueup.schema.ReadObservation;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A client reports a key for which it has read differing answers, and the key is repaired long before the next round. */
class ProbeIT {

    private static final SingleObjectCodec<ReadObservation> OBSERVATIONS = SingleObjectCodec.of(ReadObservation.class);

    @TempDir
    Path directory;

    @Test
    void shouldRepairTheKeyOfAReadObservationWithoutARound() {
        try (JobFixture fixture = new JobFixture(directory, "eu", "us")) {
            fixture.settings.put("round.interval", "6h");
            fixture.settings.put("observations.topic", fixture.dataset + ".observations");
            fixture.createTopics();
            InMemoryDatastore eu = fixture.datastore("eu");
            InMemoryDatastore us = fixture.datastore("us");
            long positionMs = System.currentTimeMillis() - 60_000;
            for (String key : List.of("read", "not-read")) {
                eu.store(key, Row.live(2, positionMs, "new"));
                us.store(key, Row.live(1, positionMs, "old"));
            }
            eu.reportProgress();
            us.reportProgress();
            Job job = fixture.start();
            await().atMost(JobFixture.PATIENCE).until(() -> job.status().running());

            String topic = fixture.config().observationsTopic().orElseThrow();
            ReadObservation observation = ReadObservation.newBuilder()
                    .setObserver("a client")
                    .setTime(System.currentTimeMillis())
                    .setAnswers(List.of())
                    .build();
            // A write that was first seen just now is not compared yet, so the client reads and reports again.
            await().atMost(JobFixture.PATIENCE)
                    .pollInterval(Duration.ofSeconds(1))
                    .until(() -> {
                        fixture.send(
                                fixture.producer,
                                new ProducerRecord<>(
                                        topic, JobFixture.bytes("read"), OBSERVATIONS.encode(topic, observation)));
                        return us.row("read").value().equals("new");
                    });
            assertThat(us.row("not-read").value()).isEqualTo("old");
            assertThat(fixture.repairs()).hasSize(1);
            assertThat(fixture.reports()).isEmpty();
        }
    }

    @Test
    void shouldCompareAKeyThatAPersonAsksFor() {
        try (JobFixture fixture = new JobFixture(directory)) {
            fixture.settings.put("round.interval", "6h");
            fixture.createTopics();
            long positionMs = System.currentTimeMillis() - 60_000;
            for (String replica : fixture.replicas) {
                InMemoryDatastore datastore = fixture.datastore(replica);
                datastore.reportProgress();
                if (!replica.equals("us")) {
                    datastore.store("k", Row.live(1, positionMs, "value"));
                }
            }
            Job job = fixture.start();
            await().atMost(JobFixture.PATIENCE).until(() -> job.status().running());

            byte[] key = JobFixture.bytes("k");
            try (Commands commands = new Commands(fixture.config())) {
                await().atMost(JobFixture.PATIENCE)
                        .until(() -> !commands.probe(key, JobFixture.partitionOf("k"), Duration.ofSeconds(20))
                                .repairs()
                                .isEmpty());
            }

            assertThat(fixture.repairs())
                    .extracting(JobFixture.Sent::summary)
                    .containsOnly("MISSING k on us := value v1");
        }
    }
}
