package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.job.InMemoryDatastore.Row;
import io.trueup.job.JobFixture.Sent;
import io.trueup.schema.Divergence;
import io.trueup.schema.Outcome;
import io.trueup.schema.RoundReport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Much load under the real clock: every write reaches the second replica two seconds after the first. {@code
 * -Dsoak.seconds=300} runs longer, {@code -Dsoak.rate=10000} loads more.
 */
@Tag("proof")
class SoakIT {

    private static final int SECONDS = Integer.getInteger("soak.seconds", 20);
    private static final int WRITES_PER_SECOND = Integer.getInteger("soak.rate", 5_000);
    private static final long APART_MS = 2_000;
    private static final long GRACE_MS = 8_000;
    private static final int LOST = 1_000;

    @TempDir
    Path directory;

    @Test
    void shouldRepairNothingUnderLoadAndThenExactlyWhatIsLost() throws Exception {
        try (JobFixture fixture = new JobFixture(directory, "eu", "us")) {
            fixture.settings.put("grace", GRACE_MS + "ms");
            fixture.settings.put("tree.segments", "4096");
            fixture.createTopics();
            InMemoryDatastore eu = fixture.datastore("eu");
            InMemoryDatastore us = fixture.datastore("us");
            storeWhatWillBeMissed(eu, us);
            fixture.start();
            try (Load load = new Load(eu, us)) {
                load.run(Duration.ofSeconds(SECONDS));
                fixture.awaitRounds(2);
                List<RoundReport> undisturbed = fixture.reports();
                show("under load", load, undisturbed);
                assertInTime(eu, us);
                assertThat(fixture.repairs()).isEmpty();
                assertThat(undisturbed).noneMatch(report -> report.getOutcome() == Outcome.DIVERGENT);

                load.miss();
                await().atMost(JobFixture.PATIENCE)
                        .pollInterval(Duration.ofSeconds(1))
                        .until(() -> verified(fixture.reports()) >= LOST);
                show("with what was lost", load, fixture.reports());
                assertInTime(eu, us);
            }

            fixture.awaitRounds(1 + (int) (GRACE_MS / 2_000));
            fixture.awaitEqual();
            assertRepaired(fixture);
            long now = System.currentTimeMillis();
            assertThat(us.contentAt(now)).isEqualTo(eu.contentAt(now));
        }
    }

    private static void assertRepaired(JobFixture fixture) {
        assertThat(fixture.repairs("eu")).isEmpty();
        List<Sent> repairs = fixture.repairs("us");
        assertThat(repairs).hasSize(LOST);
        assertThat(repairs.stream()
                        .collect(Collectors.groupingBy(sent -> sent.event().getReason(), Collectors.counting())))
                .isEqualTo(Map.of(
                        Divergence.MISSING, (long) LOST / 4,
                        Divergence.STALE, (long) LOST / 2,
                        Divergence.UNDELETED, (long) LOST / 4));
        assertThat(repairs).allSatisfy(sent -> assertThat(sent.key()).startsWith("quiet-"));
        assertThat(verified(fixture.reports())).isEqualTo(LOST);
    }

    private static void storeWhatWillBeMissed(InMemoryDatastore eu, InMemoryDatastore us) {
        long now = System.currentTimeMillis();
        for (int i = LOST / 4; i < LOST; i++) {
            eu.store("quiet-" + i, Row.live(1, now, "old"));
            us.store("quiet-" + i, Row.live(1, now, "old"));
        }
    }

    /** A machine that is too slow for the grace has divergences, and says nothing about the job. */
    private static void assertInTime(InMemoryDatastore eu, InMemoryDatastore us) {
        assertThat(Math.max(eu.slowestMs(), us.slowestMs()))
                .as("ms from a write to its write event: this machine stalled for longer than the grace allows")
                .isLessThan(GRACE_MS);
    }

    private static long verified(List<RoundReport> reports) {
        return reports.stream().mapToLong(RoundReport::getVerified).sum();
    }

    private static void show(String when, Load load, List<RoundReport> reports) {
        Map<Outcome, Long> outcomes =
                reports.stream().collect(Collectors.groupingBy(RoundReport::getOutcome, Collectors.counting()));
        System.out.printf(
                "soak %s: %s; rounds of partitions and replicas %s, %d of them skipped while starting; repairs %d, verified %d; control %d messages,"
                        + " %d bytes; sealed within %d ms%n",
                when,
                load,
                outcomes,
                reports.stream().filter(SoakIT::starting).count(),
                reports.stream()
                        .flatMap(report -> report.getRepairs().values().stream())
                        .mapToLong(Long::longValue)
                        .sum(),
                verified(reports),
                reports.stream().mapToLong(RoundReport::getControlMessages).sum(),
                reports.stream().mapToLong(RoundReport::getControlBytes).sum(),
                reports.stream()
                        .filter(report -> report.getOutcome() != Outcome.SKIPPED)
                        .mapToLong(RoundReport::getSealedAfterMs)
                        .max()
                        .orElse(0));
    }

    /** A reconciler joins only as many rounds after its start as the grace covers. */
    private static boolean starting(RoundReport report) {
        return report.getNote() != null && report.getNote().contains("rebuilt");
    }

    /** New, changed, deleted and soon expiring keys, some of them busy, at a steady rate. */
    private static final class Load implements AutoCloseable {

        private static final int BUSY = 1_000;
        private static final int KEYS = 100_000;

        private record Change(String key, Row row) {}

        private final InMemoryDatastore first;
        private final InMemoryDatastore second;
        private final Random random = new Random(7);
        private final Queue<Change> underWay = new ArrayDeque<>();
        private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
        private final long startNanos = System.nanoTime();
        private final Future<?> ticking;
        private long drawn;
        private volatile long written;
        private volatile double seconds;
        private volatile boolean closing;
        private volatile boolean landed;

        Load(InMemoryDatastore first, InMemoryDatastore second) {
            this.first = first;
            this.second = second;
            ticking = clock.scheduleWithFixedDelay(this::tick, 0, 10, TimeUnit.MILLISECONDS);
        }

        /** Waits until that much time worth of writes is written. */
        void run(Duration time) {
            await().atMost(time.multipliedBy(3))
                    .pollInterval(Duration.ofMillis(200))
                    .until(() -> written >= time.toSeconds() * WRITES_PER_SECOND || ticking.isDone());
            assertThat(ticking).as("the load").isNotDone();
        }

        /** Applies writes to keys of their own to the first replica only. */
        void miss() throws ExecutionException, InterruptedException {
            clock.submit(() -> {
                        for (int i = 0; i < LOST; i++) {
                            long now = System.currentTimeMillis();
                            boolean delete = i >= LOST / 4 && i < LOST / 2;
                            first.store("quiet-" + i, delete ? Row.deleted(2, now) : Row.live(2, now, "new"));
                        }
                    })
                    .get();
        }

        private void tick() {
            long nowMs = System.currentTimeMillis();
            seconds = (System.nanoTime() - startNanos) / 1e9;
            long due = closing ? drawn : (long) (seconds * WRITES_PER_SECOND);
            for (; drawn < due; drawn++) {
                Change change = new Change(key(), row(nowMs));
                first.store(change.key(), change.row());
                underWay.add(change);
            }
            written = drawn;
            while (!underWay.isEmpty() && underWay.peek().row().positionMs() + APART_MS <= nowMs) {
                Change change = underWay.remove();
                second.store(change.key(), change.row());
            }
            landed = closing && underWay.isEmpty();
        }

        private String key() {
            return random.nextInt(4) == 0 ? "busy-" + random.nextInt(BUSY) : "key-" + random.nextInt(KEYS);
        }

        private Row row(long nowMs) {
            int kind = random.nextInt(10);
            if (kind == 0) {
                return Row.deleted(drawn, nowMs);
            }
            Long expiryMs = kind == 1 ? nowMs + 500 + random.nextInt(20_000) : null;
            return new Row(drawn, null, nowMs, "value " + drawn, expiryMs);
        }

        @Override
        public String toString() {
            return "%d writes, %.0f/s to each replica".formatted(written, written / seconds);
        }

        /** What is under way still arrives. */
        @Override
        public void close() {
            closing = true;
            await().atMost(JobFixture.PATIENCE).until(() -> landed || ticking.isDone());
            ticking.cancel(false);
            clock.shutdown();
        }
    }
}
