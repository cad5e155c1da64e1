package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.job.InMemoryDatastore.Row;
import io.trueup.job.JobFixture.Sent;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A replica is away for longer than the feed keeps its writes, and continues with new ones. */
@Tag("proof")
class OutageIT {

    private static final int KEYS = 6_000;

    @TempDir
    Path directory;

    private JobFixture fixture;
    private InMemoryDatastore us;
    private final List<InMemoryDatastore> peers = new ArrayList<>();
    private final Set<String> missed = new HashSet<>();
    private long version = 1;

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void shouldRepairWhatWasMissedOnceTheReplicaIsBackFromAnOutageShorterThanPatience() {
        // the flood guard knows no outage within patience
        begin(Map.of("lag.patience", "10m", "repair.flood.min.keys", String.valueOf(KEYS)), "eu", "us");
        us.away(true);
        writeDuringOutage(KEYS / 5);
        fixture.awaitRounds(3);
        assertThat(fixture.repairs()).isEmpty();

        us.away(false);

        writeEverywhere("after", KEYS / 10);
        awaitConvergence();
        assertThat(fixture.repairs("us")).hasSameSizeAs(missed);
    }

    @Test
    void shouldKeepRepairsForAReplicaThatIsAwayForLongerThanPatience() {
        begin(Map.of(), "ap", "eu", "us");
        us.away(true);
        writeDuringOutage(KEYS / 2);
        await().atMost(JobFixture.PATIENCE)
                .pollInterval(Duration.ofMillis(500))
                .until(() -> repairedKeys().size() >= missed.size());

        us.away(false);

        writeEverywhere("after", KEYS / 10);
        awaitConvergence();
        // Under load a peer that was not heard in time may supply what another one supplies, too.
        assertThat(fixture.repairs("us").stream()
                        .map(sent -> sent.event().getId())
                        .distinct())
                .hasSameSizeAs(missed);
    }

    private void begin(Map<String, String> settings, String... replicas) {
        fixture = new JobFixture(directory, replicas);
        fixture.settings.put("grace", "1s");
        fixture.settings.put("repair.timeout", "40s");
        fixture.settings.put("tree.segments", "1024");
        fixture.settings.putAll(settings);
        fixture.createTopics();
        us = fixture.datastore("us");
        for (String replica : fixture.replicas.subList(0, fixture.replicas.size() - 1)) {
            peers.add(fixture.datastore(replica));
        }
        writeEverywhere("key", KEYS);
        us.reportProgress();
        peers.forEach(InMemoryDatastore::reportProgress);
        fixture.start();
        fixture.awaitRounds(1);
        fixture.awaitEqual();
    }

    /** New, changed and deleted keys, one third each; some change several times, some come and go. */
    private void writeDuringOutage(int keys) {
        long now = System.currentTimeMillis();
        for (int i = 0; i < keys; i++) {
            boolean isNew = i % 3 == 0;
            String key = (isNew ? "during-" : "key-") + i;
            for (int change = 0; change < 1 + i % 2; change++) {
                writeToPeers(key, Row.live(version++, now, "changed " + change));
            }
            if (i % 3 == 1) {
                writeToPeers(key, Row.deleted(version++, now));
            }
            missed.add(key);
        }
        for (int i = 0; i < 100; i++) {
            writeToPeers("comes-and-goes-" + i, Row.live(version++, now, "here"));
            writeToPeers("comes-and-goes-" + i, Row.deleted(version++, now));
        }
    }

    private void writeToPeers(String key, Row row) {
        peers.forEach(peer -> peer.store(key, row));
    }

    private void writeEverywhere(String prefix, int keys) {
        long now = System.currentTimeMillis();
        for (int i = 0; i < keys; i++) {
            Row row = Row.live(version++, now, "value " + i);
            writeToPeers(prefix + "-" + i, row);
            us.store(prefix + "-" + i, row);
        }
    }

    private void awaitConvergence() {
        await().atMost(JobFixture.PATIENCE)
                .pollInterval(Duration.ofMillis(500))
                .until(() -> us.contentAt(0).equals(peers.get(0).contentAt(0)));
        fixture.awaitRounds(3);
        fixture.awaitEqual();
        assertThat(peers).allSatisfy(peer -> assertThat(peer.contentAt(0)).isEqualTo(us.contentAt(0)));
        assertThat(fixture.repairs())
                .allSatisfy(sent -> assertThat(sent.event().getTarget()).isEqualTo("us"));
        assertThat(repairedKeys()).isEqualTo(missed);
    }

    private Set<String> repairedKeys() {
        return fixture.repairs("us").stream().map(Sent::key).collect(Collectors.toSet());
    }
}
