package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.command.Commands;
import io.trueup.command.OpenConflict;
import io.trueup.job.InMemoryDatastore.Row;
import io.trueup.job.JobFixture.Sent;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Write events that cannot be read, beside writes that are lost. What a replica then holds is unknown, and is not what it held before. */
class UnreadIT {

    private static final int KEYS = 20;

    @TempDir
    Path directory;

    private final Set<String> unread = keys("unread-");
    private final Set<String> lost = keys("lost-");
    private long before;

    private static Set<String> keys(String prefix) {
        return IntStream.range(0, KEYS).mapToObj(i -> prefix + i).collect(Collectors.toCollection(TreeSet::new));
    }

    @BeforeEach
    void now() {
        before = System.currentTimeMillis() - 60_000;
    }

    @Test
    void shouldLetNothingWinWhereAnEventOfThePrimaryCannotBeRead() {
        try (JobFixture fixture = new JobFixture(directory, "eu", "us").quick()) {
            fixture.settings.putAll(Map.of("resolution", "primary:eu", "lag.patience", "5s"));
            fixture.createTopics();
            List<InMemoryDatastore> all = fixture.reportingDatastores();
            InMemoryDatastore eu = all.get(0);
            InMemoryDatastore us = all.get(1);
            unread.forEach(key -> all.forEach(each -> each.store(key, Row.live(1, before, "old"))));
            fixture.start();
            fixture.awaitEqual();

            Row now = Row.live(2, System.currentTimeMillis(), "new");
            unread.forEach(key -> {
                storeUnreadably(fixture, eu, "eu", key, now);
                us.store(key, now);
            });
            lost.forEach(key -> eu.store(key, now));

            try (Commands commands = new Commands(fixture.config())) {
                await().atMost(JobFixture.PATIENCE)
                        .pollInterval(Duration.ofMillis(500))
                        .until(() -> listed(commands).equals(unread)
                                && repaired(fixture, "us").equals(lost));
                assertThat(fixture.deadLetters()).hasSize(KEYS);
                fixture.awaitRounds(3);
                assertThat(repaired(fixture, "us")).isEqualTo(lost);
                assertThat(us.contentAt(0).values()).containsOnly("v2 new");

                eu.scan("after the dead letters");

                await().atMost(JobFixture.PATIENCE)
                        .pollInterval(Duration.ofMillis(500))
                        .until(() -> commands.conflicts().isEmpty());
            }
            fixture.awaitEqual();
            assertThat(repaired(fixture, "us")).isEqualTo(lost);
        }
    }

    @Test
    void shouldLearnWhatAReplicaHoldsFromItsAnswerWhereTheNewestWins() {
        try (JobFixture fixture = new JobFixture(directory, "eu", "us").quick()) {
            fixture.createTopics();
            List<InMemoryDatastore> all = fixture.reportingDatastores();
            InMemoryDatastore eu = all.get(0);
            InMemoryDatastore us = all.get(1);
            Set<String> behind = keys("behind-");
            List.of(unread, behind)
                    .forEach(keys ->
                            keys.forEach(key -> all.forEach(each -> each.store(key, Row.live(2, before, "old")))));
            fixture.start();
            fixture.awaitEqual();

            long nowMs = System.currentTimeMillis();
            unread.forEach(key -> storeUnreadably(fixture, us, "us", key, Row.live(3, nowMs, "newest")));
            behind.forEach(key -> storeUnreadably(fixture, us, "us", key, Row.live(1, nowMs, "oldest")));
            lost.forEach(key -> eu.store(key, Row.live(2, nowMs, "lost")));

            await().atMost(JobFixture.PATIENCE)
                    .pollInterval(Duration.ofMillis(500))
                    .until(() -> eu.contentAt(0).equals(us.contentAt(0))
                            && eu.contentAt(0).size() == 3 * KEYS);
            fixture.awaitEqual();
            unread.forEach(key -> assertThat(us.row(key).value()).isEqualTo("newest"));
            behind.forEach(key -> assertThat(us.row(key).value()).isEqualTo("old"));
            assertThat(repaired(fixture, "eu")).isEqualTo(unread);
        }
    }

    /** The datastore stores a row, and what it reports cannot be read. */
    private static void storeUnreadably(
            JobFixture fixture, InMemoryDatastore datastore, String replica, String key, Row row) {
        datastore.tamper(key, row);
        fixture.send(
                fixture.producer,
                new ProducerRecord<>(fixture.writesTopic(replica), JobFixture.bytes(key), JobFixture.bytes("no Avro")));
        fixture.flush();
    }

    private static Set<String> repaired(JobFixture fixture, String target) {
        return fixture.repairs(target).stream().map(Sent::key).collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> listed(Commands commands) {
        return commands.conflicts().stream()
                .filter(conflict -> conflict.reason().equals("UNREAD"))
                .map(OpenConflict::key)
                .map(key -> new String(key, StandardCharsets.UTF_8))
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
