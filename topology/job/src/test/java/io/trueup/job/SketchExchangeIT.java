package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.config.TrueupConfig;
import io.trueup.job.InMemoryDatastore.Row;
import io.trueup.reconcile.exchange.Message;
import io.trueup.schema.Outcome;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rounds with {@code exchange=sketch} on a real broker. */
class SketchExchangeIT {

    private static final int SAME = 2_000;
    /** Of the patience in rounds, a turn of each holder, and two. */
    private static final int MAX_ROUNDS = 5 + 3 + 2;

    @TempDir
    Path directory;

    /** Each of the 16 segments of a partition holds about thirty entries, most of which are the same everywhere. */
    @Test
    void shouldRepairWhatDiffersInCrowdedSegmentsAndNothingElse() {
        try (JobFixture fixture = fixture()) {
            List<InMemoryDatastore> all = load(fixture);
            fixture.start();
            repairsWhatDiffers(fixture, all);

            assertThat(fixture.control())
                    .anyMatch(message -> message.body() instanceof Message.Symbols)
                    .anyMatch(message -> message.body() instanceof Message.Entries);
        }
    }

    /** One process after the other takes up the setting. */
    @Test
    void shouldWorkTogetherWithAProcessThatDescendsTreesAlone() {
        try (JobFixture fixture = fixture()) {
            List<InMemoryDatastore> all = load(fixture);
            try (Job sketching = job(fixture, "sketch", "ap,eu");
                    Job descending = job(fixture, "tree", "us")) {
                sketching.start();
                descending.start();
                repairsWhatDiffers(fixture, all);
            }

            assertThat(fixture.control())
                    .filteredOn(message -> message.body() instanceof Message.Symbols)
                    .extracting(Message::replica)
                    .isNotEmpty()
                    .doesNotContain("us");
            assertThat(fixture.reports())
                    .allSatisfy(report -> assertThat(report.getDisagreeing()).isEmpty());
        }
    }

    private JobFixture fixture() {
        JobFixture fixture = new JobFixture(directory).quick();
        fixture.settings.putAll(Map.of("exchange", "sketch", "tree.segments", "16"));
        fixture.createTopics();
        return fixture;
    }

    private static Job job(JobFixture fixture, String exchange, String hosted) {
        Map<String, String> settings = new HashMap<>(fixture.settings);
        settings.put("exchange", exchange);
        settings.put("hosted.replicas", hosted);
        settings.merge("state.dir", "/" + exchange, String::concat);
        return new Job(TrueupConfig.of(settings));
    }

    private static List<InMemoryDatastore> load(JobFixture fixture) {
        List<InMemoryDatastore> all = fixture.reportingDatastores();
        long beforeMs = System.currentTimeMillis() - 10_000;
        for (int i = 0; i < SAME; i++) {
            String key = "same-" + i;
            all.forEach(datastore -> datastore.store(key, Row.live(1, beforeMs, "v")));
        }
        for (int i = 0; i < 20; i++) {
            String gone = "gone-" + i;
            String expiring = "expiring-" + i;
            Row expires = new Row(1, null, beforeMs, "v", System.currentTimeMillis() + 3_000 + 100L * i);
            all.forEach(datastore -> datastore.store(gone, Row.live(1, beforeMs, "v")));
            all.forEach(datastore -> datastore.store(expiring, expires));
        }
        all.forEach(InMemoryDatastore::flush);
        return all;
    }

    private static void repairsWhatDiffers(JobFixture fixture, List<InMemoryDatastore> all) {
        InMemoryDatastore ap = all.get(0);
        InMemoryDatastore eu = all.get(1);
        InMemoryDatastore us = all.get(2);
        fixture.awaitRounds(1);
        fixture.awaitEqual();
        TreeSet<String> planted = new TreeSet<>();
        long nowMs = System.currentTimeMillis();
        long laterMs = nowMs + 3_600_000;
        for (int i = 0; i < 12; i++) {
            String lost = "lost-" + i;
            List.of(ap, eu).forEach(datastore -> datastore.store(lost, Row.live(1, nowMs, "v")));
            planted.add("us " + lost + " v1");
            String changed = "same-" + 100 * i;
            eu.store(changed, Row.live(2, nowMs, "w"));
            planted.add("ap " + changed + " v2");
            planted.add("us " + changed + " v2");
            String gone = "gone-" + i;
            List.of(ap, us).forEach(datastore -> datastore.store(gone, Row.deleted(2, nowMs)));
            planted.add("eu " + gone + " v2");
            String expiring = "later-" + i;
            List.of(ap, us).forEach(datastore -> datastore.store(expiring, new Row(1, null, nowMs, "v", laterMs)));
            planted.add("eu " + expiring + " v1");
        }
        all.forEach(InMemoryDatastore::flush);

        await().atMost(JobFixture.PATIENCE)
                .pollInterval(Duration.ofMillis(500))
                .until(() -> all.stream()
                        .allMatch(datastore ->
                                datastore.contentAt(laterMs - 1_000).size() == SAME + 20 + 12));
        await().atMost(JobFixture.PATIENCE)
                .pollInterval(Duration.ofMillis(500))
                .until(() -> us.contentAt(0).equals(ap.contentAt(0))
                        && eu.contentAt(0).equals(ap.contentAt(0)));
        fixture.awaitRounds(2);
        fixture.awaitEqual();

        TreeSet<String> repaired = new TreeSet<>();
        fixture.repairs()
                .forEach(sent -> repaired.add(sent.event().getTarget() + " " + sent.key() + " v"
                        + sent.event().getVersion()));
        assertThat(repaired).isEqualTo(planted);
        Map<String, Long> divergent = fixture.reports().stream()
                .filter(report -> report.getOutcome() == Outcome.DIVERGENT)
                .collect(Collectors.groupingBy(
                        report -> report.getReplica() + "/" + report.getPartition(), Collectors.counting()));
        assertThat(divergent)
                .hasSizeGreaterThan(4)
                .allSatisfy((partition, rounds) -> assertThat(rounds).isLessThanOrEqualTo(MAX_ROUNDS));
    }
}
