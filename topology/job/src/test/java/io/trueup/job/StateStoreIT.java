package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.config.TrueupConfig;
import io.trueup.state.EntryStore;
import io.trueup.stream.LoggedLines;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The reconciler of one replica stops, and starts again with the same or the other store: it knows what it knew, whichever store held it, and
 * what was written meanwhile. The reconciler of the other replica runs all the time, so that what is outdated shows as a difference.
 */
class StateStoreIT {

    private static final int KEYS = 1_000;

    @TempDir
    Path directory;

    private long version;

    @ParameterizedTest
    @CsvSource({"exactly_once_v2, rocksdb memory memory rocksdb", "at_least_once, memory memory rocksdb"})
    void shouldKnowInEachStoreWhatTheOtherOneKnew(String guarantee, String storesInTurn) throws IOException {
        List<String> stores = List.of(storesInTurn.split(" ", -1));
        try (JobFixture fixture = fixture();
                LoggedLines log = LoggedLines.withInformation()) {
            fixture.settings.put("streams.processing.guarantee", guarantee);
            fixture.createTopics();
            fixture.answer("us");
            writeAllAndLoseOne(fixture);
            try (Job other = new Job(config(fixture, "eu", "rocksdb"))) {
                other.start();
                for (String store : stores) {
                    try (Job job = new Job(config(fixture, "us", store))) {
                        job.start();
                        fixture.awaitRounds(2);
                        fixture.awaitEqual();
                        if (store.equals("memory")) {
                            assertThat(snapshots())
                                    .as("removed when it was read")
                                    .isEmpty();
                        }
                        writeAllAndLoseOne(fixture);
                        fixture.awaitRounds(2);
                        fixture.awaitEqual();
                    }
                    if (store.equals("memory")) {
                        assertThat(snapshots()).hasSize(JobFixture.PARTITIONS);
                    }
                    writeAllAndLoseOne(fixture);
                }
            }

            requireRepaired(fixture, 2 * stores.size());
            assertThat(log.threadsOf("entries.snapshot: "))
                    .as("the second store in memory goes on from the snapshot of the first")
                    .hasSize(JobFixture.PARTITIONS)
                    .as("no stream thread waits for a file")
                    .allMatch(thread -> thread.contains("StateUpdater"));
        }
    }

    @Test
    void shouldRestoreTheChangelogAfterACrash() throws Exception {
        try (JobFixture fixture = fixture()) {
            fixture.createTopics();
            fixture.answer("us");
            writeAllAndLoseOne(fixture);
            try (Job other = new Job(config(fixture, "eu", "rocksdb"))) {
                other.start();
                try (JobProcess process = new JobProcess(settings(fixture, "us", "memory"), directory)) {
                    fixture.awaitRounds(2);
                    fixture.awaitEqual();
                    process.kill();
                }
                writeAllAndLoseOne(fixture);
                assertThat(snapshots()).isEmpty();

                try (Job job = new Job(config(fixture, "us", "memory"))) {
                    job.start();
                    fixture.awaitRounds(2);
                    fixture.awaitEqual();
                }
            }
            requireRepaired(fixture, 2);
        }
    }

    /** As after a reset on another machine: this one holds state of a changelog that is gone, and a new one has grown beyond it. */
    @ParameterizedTest
    @ValueSource(strings = {"rocksdb", "memory"})
    void shouldNotGoOnFromStateOfAnotherChangelog(String store) throws Exception {
        try (JobFixture fixture = fixture()) {
            fixture.createTopics();
            fixture.answer("us");
            writeAllAndLoseOne(fixture);
            try (Job other = new Job(config(fixture, "eu", "rocksdb"))) {
                other.start();
                runUntilEqual(fixture, settings(fixture, "us", store));
                String changelog =
                        EntryStore.changelog(TrueupConfig.of(fixture.settings).applicationId("us"));
                fixture.broker.admin().deleteTopics(List.of(changelog)).all().get();
                writeAllAndLoseOne(fixture);
                Map<String, String> elsewhere = settings(fixture, "us", store);
                elsewhere.put("state.dir", directory.resolve("elsewhere").toString());
                runUntilEqual(fixture, elsewhere);
                for (int key = 0; key < 3 * KEYS; key++) {
                    fixture.writeEverywhere("later-" + key, 1, System.currentTimeMillis(), "value");
                }
                fixture.flush();
                runUntilEqual(fixture, elsewhere);

                runUntilEqual(fixture, settings(fixture, "us", store));
            }
            requireRepaired(fixture, 2);
        }
    }

    private static void runUntilEqual(JobFixture fixture, Map<String, String> settings) {
        try (Job job = new Job(TrueupConfig.of(settings))) {
            job.start();
            fixture.awaitRounds(2);
            fixture.awaitEqual();
        }
    }

    private JobFixture fixture() {
        return new JobFixture(directory.resolve("unused"), "eu", "us").quick();
    }

    private TrueupConfig config(JobFixture fixture, String replica, String store) {
        return TrueupConfig.of(settings(fixture, replica, store));
    }

    private Map<String, String> settings(JobFixture fixture, String replica, String store) {
        Map<String, String> settings = new HashMap<>(fixture.settings);
        settings.put("hosted.replicas", replica);
        settings.put("state.dir", directory.resolve(replica).toString());
        settings.put("state.store", store);
        return settings;
    }

    /** A new version of each key, and a key that only one replica has. */
    private void writeAllAndLoseOne(JobFixture fixture) {
        long nowMs = System.currentTimeMillis();
        version++;
        fixture.write("eu", "lost-" + version, version, nowMs - 10_000, "value");
        for (int key = 0; key < KEYS; key++) {
            fixture.writeEverywhere("key-" + key, version, nowMs, "value-" + version);
        }
        fixture.flush();
    }

    private static void requireRepaired(JobFixture fixture, int lost) {
        assertThat(fixture.repairs("eu")).isEmpty();
        assertThat(fixture.repairs("us"))
                .extracting(JobFixture.Sent::key)
                .containsExactlyInAnyOrderElementsOf(IntStream.rangeClosed(1, lost)
                        .mapToObj(number -> "lost-" + number)
                        .toList());
    }

    private List<Path> snapshots() throws IOException {
        try (Stream<Path> files = Files.walk(directory.resolve("us"))) {
            return files.filter(file -> file.toString().endsWith(".snapshot")).toList();
        }
    }
}
