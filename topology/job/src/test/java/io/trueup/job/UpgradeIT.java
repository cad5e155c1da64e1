package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.broker.EmbeddedBroker;
import io.trueup.broker.TestBroker;
import io.trueup.job.JobFixture.Sent;
import io.trueup.schema.Outcome;
import io.trueup.schema.RoundReport;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A rolling upgrade from the job of commit 7dffdd4, which spoke the protocol {@code trueup 2} and wrote state of format 1. The
 * broker's data and the state of its two processes, one for each replica, were recorded once: {@code src/test/upgrade}
 * has them, and the program and the script that record them.
 */
class UpgradeIT {

    private static final Path RECORDED = Path.of("src", "test", "upgrade", "state-7dffdd4.zip");

    @TempDir
    Path directory;

    @Test
    void shouldTakeOverStateAndTopicsWithoutALossOrAWrongRepair() throws IOException {
        unpack();
        // The fixture grows older than brokers keep the committed offsets of a group without members.
        EmbeddedBroker broker = EmbeddedBroker.start(directory, directory, "offsets.retention.minutes=2147483647");
        try (JobFixture fixture = new JobFixture(TestBroker.of(broker), "cities", directory, 2, "eu", "us")) {
            long startedMs = System.currentTimeMillis();
            List<Sent> recorded = fixture.repairs();
            assertThat(keys(recorded)).isEqualTo(keys("lost-", 0, 10));

            // The other process is down while the first one is upgraded: it would not be compared either.
            start(fixture, "eu");
            awaitReports(fixture, "eu", Outcome.ALONE);
            assertThat(fixture.repairs()).hasSameSizeAs(recorded);

            start(fixture, "us");
            fixture.advanceAll(System.currentTimeMillis());
            // What us had answered before is not sent again, and what both have stored or deleted alike is left alone.
            Set<String> toUs = keys("lost-", 5, 10);
            toUs.addAll(keys("new-", 0, 5));
            await().atMost(JobFixture.PATIENCE)
                    .until(() -> sentSince(fixture, "us", startedMs).containsAll(toUs)
                            && !fixture.repairs("eu").isEmpty());
            fixture.answer("eu");
            fixture.answer("us");
            fixture.awaitRounds(3);
            fixture.awaitEqual();

            assertThat(sentSince(fixture, "us", startedMs)).isEqualTo(toUs);
            assertThat(keys(fixture.repairs("eu"))).isEqualTo(keys("key-", 0, 3));
            assertThat(fixture.repairs("eu"))
                    .allSatisfy(
                            repair -> assertThat(repair.event().getDeleted()).isTrue());
            // 40 keys less 3 deleted ones, 10 lost, 5 new, and the keys of the last writes.
            assertThat(fixture.lastCompared().values().stream()
                            .mapToLong(RoundReport::getEntries)
                            .sum())
                    .isEqualTo(2 * (37 + 10 + 5 + 20 * JobFixture.PARTITIONS));
            assertThat(fixture.deadLetters()).isEmpty();
        } finally {
            broker.close();
        }
    }

    private void start(JobFixture fixture, String replica) {
        fixture.settings.put("hosted.replicas", replica);
        fixture.settings.put("state.dir", directory.resolve("state-" + replica).toString());
        fixture.start();
    }

    private static void awaitReports(JobFixture fixture, String replica, Outcome outcome) {
        long sinceMs = System.currentTimeMillis();
        await().atMost(JobFixture.PATIENCE)
                .until(() -> fixture.reports().stream()
                                .filter(report -> report.getCut() > sinceMs
                                        && report.getReplica().equals(replica)
                                        && report.getOutcome() == outcome)
                                .map(RoundReport::getPartition)
                                .distinct()
                                .count()
                        == fixture.partitions);
    }

    /** The keys of repairs that were decided since a time. */
    private static Set<String> sentSince(JobFixture fixture, String target, long sinceMs) {
        return keys(fixture.repairs(target).stream()
                .filter(repair -> repair.event().getCut() > sinceMs)
                .toList());
    }

    private static Set<String> keys(List<Sent> repairs) {
        return new TreeSet<>(repairs.stream().map(Sent::key).toList());
    }

    private static Set<String> keys(String prefix, int from, int to) {
        Stream<String> keys = IntStream.range(from, to).mapToObj(i -> prefix + i);
        return new TreeSet<>(keys.toList());
    }

    private void unpack() throws IOException {
        try (InputStream file = Files.newInputStream(RECORDED);
                ZipInputStream in = new ZipInputStream(file)) {
            for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                Path target = directory.resolve(entry.getName()).normalize();
                assertThat(target).startsWithRaw(directory);
                if (entry.isDirectory()) {
                    Files.createDirectories(target);
                } else {
                    Files.createDirectories(target.getParent());
                    Files.copy(in, target);
                }
            }
        }
    }
}
