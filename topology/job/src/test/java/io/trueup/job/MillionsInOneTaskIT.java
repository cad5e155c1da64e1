package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.job.JobFixture.Sent;
import io.trueup.schema.Outcome;
import io.trueup.schema.RoundReport;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Each task has so many entries that a step which passes them all at once would exceed {@code max.poll.interval.ms}, which is a
 * thirtieth of its default here: the broker would give the task to another thread, which would meet the same. {@code
 * -Dtask.entries} is the number of entries.
 */
@Tag("proof")
class MillionsInOneTaskIT {

    private static final Logger LOG = LoggerFactory.getLogger(MillionsInOneTaskIT.class);
    private static final int ENTRIES = Integer.getInteger("task.entries", 10_000_000);
    private static final int LOST = 20;
    private static final int MAX_POLL_INTERVAL_MS = 60_000;
    private static final Duration LONG = Duration.ofMinutes(60);

    @TempDir
    Path directory;

    @Test
    void shouldCompareThemAllAndContinueAfterAKill() throws Exception {
        Files.createDirectories(directory.resolve("state"));
        try (JobFixture fixture = new JobFixture(directory.resolve("state"), 1, "eu", "us")) {
            fixture.settings.put("round.interval", "10s");
            fixture.settings.put("grace", "2s");
            fixture.settings.put("tree.segments", "65536");
            fixture.settings.put("streams.consumer.max.poll.interval.ms", Integer.toString(MAX_POLL_INTERVAL_MS));
            fixture.createTopics();
            Set<String> lost = write(fixture);
            fixture.answer("us");

            try (JobProcess job = new JobProcess(fixture.settings, directory)) {
                awaitAllEqual(fixture, job, 0);
                assertThat(repaired(fixture)).isEqualTo(lost);
                job.kill();
            }

            int before = fixture.reports().size();
            try (JobProcess job = new JobProcess(fixture.settings, directory)) {
                awaitAllEqual(fixture, job, before);
                fixture.awaitRounds(3);
                assertThat(job.isAlive()).isTrue();
                assertThat(largestStep(fixture, before))
                        .as("rounds from one comparison to the next")
                        .isEqualTo(1);
                assertThat(repaired(fixture)).isEqualTo(lost);
            }
        }
    }

    private static Set<String> write(JobFixture fixture) {
        long before = System.currentTimeMillis() - 60_000;
        Set<String> lost = new TreeSet<>();
        for (int i = 0; i < ENTRIES; i++) {
            String key = "key-" + i;
            fixture.write("eu", key, 1, before, "value");
            if (i % (ENTRIES / LOST) == 0) {
                lost.add(key);
            } else {
                fixture.write("us", key, 1, before, "value");
            }
        }
        fixture.flush();
        LOG.info("{} entries written to each replica", ENTRIES);
        return lost;
    }

    private static Set<String> repaired(JobFixture fixture) {
        return fixture.repairs().stream().map(Sent::key).collect(Collectors.toCollection(TreeSet::new));
    }

    /** Waits until both replicas report all entries, and each other as equal. */
    private static void awaitAllEqual(JobFixture fixture, JobProcess job, int since) {
        long startMs = System.currentTimeMillis();
        await().atMost(LONG).pollInterval(Duration.ofSeconds(1)).until(() -> {
            List<RoundReport> reports = fixture.reports();
            return !job.isAlive()
                    || reports.subList(since, reports.size()).stream()
                                    .filter(report ->
                                            report.getEntries() == ENTRIES && report.getOutcome() == Outcome.EQUAL)
                                    .map(RoundReport::getReplica)
                                    .distinct()
                                    .count()
                            == 2;
        });
        assertThat(job.isAlive()).isTrue();
        LOG.info("all are equal {} s after the start", (System.currentTimeMillis() - startMs) / 1_000);
    }

    /** The largest step between the numbers of rounds that a replica has compared: a task that moves leaves out rounds. */
    private static long largestStep(JobFixture fixture, int since) {
        List<RoundReport> reports = fixture.reports();
        long largest = 0;
        for (String replica : List.of("eu", "us")) {
            List<Long> compared = reports.subList(since, reports.size()).stream()
                    .filter(report -> report.getReplica().equals(replica)
                            && report.getHeard().size() == 1)
                    .map(RoundReport::getRound)
                    .sorted()
                    .toList();
            for (int i = 1; i < compared.size(); i++) {
                largest = Math.max(largest, compared.get(i) - compared.get(i - 1));
            }
        }
        return largest;
    }
}
