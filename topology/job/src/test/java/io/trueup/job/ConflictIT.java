package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.trueup.avro.SingleObjectCodec;
import io.trueup.command.Commands;
import io.trueup.job.InMemoryDatastore.Row;
import io.trueup.schema.ConflictEvent;
import io.trueup.schema.ConflictSide;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Conflicts are reported, and the choice of a person becomes the entry of all replicas. */
class ConflictIT {

    private static final SingleObjectCodec<ConflictEvent> CONFLICTS = SingleObjectCodec.of(ConflictEvent.class);

    @TempDir
    Path directory;

    private JobFixture fixture;
    private InMemoryDatastore eu;
    private InMemoryDatastore us;
    private final long positionMs = System.currentTimeMillis() - 60_000;

    @BeforeEach
    void open() {
        fixture = new JobFixture(directory, "eu", "us").quick();
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void shouldReportBothSidesOfConcurrentWritesAndMergeThemAsAPersonChooses() {
        begin("vector");
        eu.store("k", new Row(0, Map.of("eu", 2L, "us", 1L), positionMs, "from eu", null));
        us.store("k", new Row(0, Map.of("eu", 1L, "us", 3L), positionMs, "from us", null));
        eu.store("behind", new Row(0, Map.of("eu", 2L), positionMs, "new", null));
        us.store("behind", new Row(0, Map.of("eu", 1L), positionMs, "old", null));

        fixture.start();

        awaitConflict();
        fixture.awaitRounds(2);
        assertThat(conflicts().get(0).getSides())
                .extracting(ConflictSide::getReplicas, ConflictSide::getVector)
                .containsExactlyInAnyOrder(
                        tuple(List.of("eu"), Map.of("eu", 2L, "us", 1L)),
                        tuple(List.of("us"), Map.of("eu", 1L, "us", 3L)));
        assertThat(fixture.repairs()).extracting(JobFixture.Sent::key).containsExactly("behind");

        choose("k", "eu");

        awaitSettled();
        for (InMemoryDatastore datastore : List.of(eu, us)) {
            assertThat(datastore.row("k").value()).isEqualTo("from eu");
            assertThat(datastore.row("k").vector()).isEqualTo(Map.of("eu", 2L, "us", 3L));
        }
    }

    @Test
    void shouldLeaveTwoValuesOfOneVersionToAPersonAndRepairAsChosen() {
        begin("latest");
        eu.store("k", Row.live(7, positionMs, "from eu"));
        us.store("k", Row.live(7, positionMs, "from us"));

        fixture.start();

        awaitConflict();
        fixture.awaitRounds(2);
        assertThat(conflicts().get(0).getSides())
                .extracting(ConflictSide::getReplicas)
                .containsExactlyInAnyOrder(List.of("eu"), List.of("us"));
        assertThat(fixture.repairs()).isEmpty();

        choose("k", "us");

        awaitSettled();
        assertThat(eu.row("k").value()).isEqualTo("from us");
        assertThat(us.row("k").value()).isEqualTo("from us");
        assertThat(fixture.repairs())
                .extracting(JobFixture.Sent::summary)
                .containsExactly("CONFLICT k on eu := from us v7");
    }

    private void choose(String key, String replica) {
        try (Commands commands = new Commands(fixture.config())) {
            assertThat(commands.conflicts()).hasSize(1);
            commands.choose(JobFixture.bytes(key), replica);
        }
    }

    private void awaitSettled() {
        try (Commands commands = new Commands(fixture.config())) {
            await().atMost(JobFixture.PATIENCE).until(() -> commands.conflicts().isEmpty());
        }
        fixture.awaitRounds(1);
        fixture.awaitEqual();
    }

    private void begin(String resolution) {
        fixture.settings.put("resolution", resolution);
        fixture.createTopics();
        eu = fixture.datastore("eu");
        us = fixture.datastore("us");
        eu.reportProgress();
        us.reportProgress();
    }

    private void awaitConflict() {
        await().atMost(JobFixture.PATIENCE)
                .pollInterval(Duration.ofMillis(500))
                .until(() -> !conflicts().isEmpty());
    }

    private List<ConflictEvent> conflicts() {
        return fixture.broker.readAll(fixture.config().conflictsTopic()).stream()
                .filter(record -> record.value() != null)
                .map(record -> JobFixture.decoded(CONFLICTS, record))
                .toList();
    }
}
