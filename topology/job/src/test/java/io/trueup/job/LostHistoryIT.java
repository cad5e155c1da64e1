package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.broker.EmbeddedBroker;
import io.trueup.broker.TestBroker;
import io.trueup.job.JobFixture.Sent;
import io.trueup.schema.RoundReport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A broker's disk is restored from a backup: the writes topic of the primary lacks what its state was built from. */
class LostHistoryIT {

    private static final int KEYS = 200;
    private static final int LOST = 20;

    @TempDir
    Path directory;

    private EmbeddedBroker broker;

    @ParameterizedTest
    @CsvSource({"true, 1", "false, 2", "false, 5"})
    void shouldDropTheStateAndReadTheTopicAgainIfItsHistoryHasChanged(boolean running, int writesSince)
            throws Exception {
        broker = EmbeddedBroker.start();
        try (JobFixture fixture =
                new JobFixture(TestBroker.of(broker), directory.resolve("state"), "eu", "us").quick()) {
            fixture.settings.put("resolution", "primary:eu");
            fixture.settings.put("repair.max.fraction", "1");
            fixture.createTopics();
            long before = System.currentTimeMillis() - 120_000;
            writeAll(fixture, "same-", 1, before);
            backUp(fixture);

            writeAll(fixture, "same-", 2, before + 20_000);
            writeAll(fixture, "tail-", 1, before + 20_000);
            fixture.advanceAll(before + 30_000);
            JobProcess job = fixture.startProcess(directory);
            fixture.awaitEqual();

            if (!running) {
                job.stop();
            }
            restore(fixture);
            // With five writes of each key, the topic ends again after what the state was built from: only its history
            // shows the loss.
            for (int i = 0; i < writesSince; i++) {
                writeAll(fixture, "after-", 1 + i, System.currentTimeMillis() - 30_000);
            }
            JobProcess now = running ? job : fixture.startProcess(directory);
            await().atMost(JobFixture.PATIENCE)
                    .pollInterval(Duration.ofSeconds(1))
                    .until(() -> count(fixture, "ABSENCE_UNKNOWN") >= KEYS);
            fixture.answer("us");
            PlantedLosses losses = fixture.plantLosses("us", LOST, System.currentTimeMillis(), "eu");
            fixture.advanceAll(System.currentTimeMillis());
            losses.awaitRepaired();
            fixture.awaitRounds(3);

            assertThat(fixture.repairs("us")).extracting(Sent::key).allMatch(key -> key.startsWith("lost-"));
            assertThat(fixture.repairs("eu")).isEmpty();

            restate(fixture, writesSince);
            fixture.awaitEqual();
            assertThat(fixture.repairs("us")).extracting(Sent::key).allMatch(key -> key.startsWith("lost-"));
            assertThat(fixture.repairs("eu")).isEmpty();
            assertThat(now.isAlive()).isTrue();
        } finally {
            broker.close();
        }
    }

    private static void writeAll(JobFixture fixture, String prefix, long version, long positionMs) {
        for (int i = 0; i < KEYS; i++) {
            fixture.writeEverywhere(prefix + i, version, positionMs, "value " + version);
        }
        fixture.flush();
    }

    /** The primary's datastore reports again what it holds: what its topic has lost, and what its producer could not send. */
    private static void restate(JobFixture fixture, int writesSince) {
        long position = System.currentTimeMillis() - 60_000;
        for (int i = 0; i < KEYS; i++) {
            fixture.write("eu", "same-" + i, 2, position, "value 2");
            fixture.write("eu", "tail-" + i, 1, position, "value 1");
            fixture.write("eu", "after-" + i, writesSince, position, "value " + writesSince);
        }
        fixture.flush();
    }

    private static long count(JobFixture fixture, String reason) {
        return fixture.lastCompared().values().stream()
                .filter(report -> report.getReplica().equals("us"))
                .map(RoundReport::getWaits)
                .flatMap(List::stream)
                .filter(wait -> wait.getReason().equals(reason))
                .mapToLong(wait -> wait.getKeys())
                .sum();
    }

    private void backUp(JobFixture fixture) {
        broker.kill();
        copy(fixture, broker.directory(), directory.resolve("backup"));
        broker.restart();
    }

    private void restore(JobFixture fixture) {
        broker.kill();
        copy(fixture, directory.resolve("backup"), broker.directory());
        broker.restart();
    }

    /** Copies the partitions of the primary's writes topic, and replaces what is there. */
    private static void copy(JobFixture fixture, Path from, Path to) {
        try (Stream<Path> files = Files.walk(from)) {
            List<Path> partitions = files.filter(
                            file -> file.getFileName().toString().startsWith(fixture.writesTopic("eu") + "-"))
                    .toList();
            assertThat(partitions).hasSize(JobFixture.PARTITIONS);
            for (Path partition : partitions) {
                replace(partition, to.resolve(from.relativize(partition)));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void replace(Path from, Path to) throws IOException {
        if (Files.exists(to)) {
            try (Stream<Path> old = Files.walk(to)) {
                for (Path file : old.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path copy = to.resolve(from.relativize(file));
                Files.createDirectories(copy.getParent());
                Files.copy(file, copy);
            }
        }
    }
}
