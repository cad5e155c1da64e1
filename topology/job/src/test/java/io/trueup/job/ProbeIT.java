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
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A client reports a key for which it has read differing answers, and the key is repaired before the next round. Probes repair
 * nothing until a first round has compared all owners; after it there is half a minute until the next one.
 */
class ProbeIT {

    private static final long INTERVAL_MS = 30_000;
    private static final long GRACE_MS = 500;

    private static final SingleObjectCodec<ReadObservation> OBSERVATIONS = SingleObjectCodec.of(ReadObservation.class);

    @TempDir
    Path directory;

    @Test
    void shouldRepairTheKeyOfAReadObservationWithoutARound() {
        try (JobFixture fixture = new JobFixture(directory, "eu", "us")) {
            fixture.settings.put("round.interval", INTERVAL_MS + "ms");
            fixture.settings.put("grace", GRACE_MS + "ms");
            fixture.settings.put("observations.topic", fixture.dataset + ".observations");
            fixture.createTopics();
            InMemoryDatastore eu = fixture.datastore("eu");
            InMemoryDatastore us = fixture.datastore("us");
            long positionMs = System.currentTimeMillis() - 60_000;
            for (String key : List.of("read", "not-read")) {
                eu.store(key, Row.live(1, positionMs, "old"));
                us.store(key, Row.live(1, positionMs, "old"));
            }
            eu.reportProgress();
            us.reportProgress();
            fixture.start();
            fixture.awaitEqual();
            for (String key : List.of("read", "not-read")) {
                eu.store(key, Row.live(2, positionMs + 1, "new"));
            }
            eu.reportProgress();
            us.reportProgress();

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
            assertThat(fixture.repairs()).singleElement().satisfies(ProbeIT::assertBelongsToNoRound);
        }
    }

    @Test
    void shouldCompareAKeyThatAPersonAsksFor() {
        try (JobFixture fixture = new JobFixture(directory)) {
            fixture.settings.put("round.interval", INTERVAL_MS + "ms");
            fixture.settings.put("grace", GRACE_MS + "ms");
            fixture.createTopics();
            long positionMs = System.currentTimeMillis() - 60_000;
            Map<String, InMemoryDatastore> datastores = new TreeMap<>();
            for (String replica : fixture.replicas) {
                InMemoryDatastore datastore = fixture.datastore(replica);
                datastores.put(replica, datastore);
                datastore.store("other", Row.live(1, positionMs, "value"));
                datastore.reportProgress();
            }
            fixture.start();
            fixture.awaitEqual();
            datastores.forEach((replica, datastore) -> {
                datastore.reportProgress();
                if (!replica.equals("us")) {
                    datastore.store("k", Row.live(1, positionMs, "value"));
                }
            });

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
            assertThat(fixture.repairs()).allSatisfy(ProbeIT::assertBelongsToNoRound);
        }
    }

    private static void assertBelongsToNoRound(JobFixture.Sent repair) {
        assertThat((repair.event().getCut() + GRACE_MS) % INTERVAL_MS)
                .as("a cut of a round is the grace before a multiple of the interval")
                .isNotZero();
    }
}
