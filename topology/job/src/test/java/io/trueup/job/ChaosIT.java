package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.job.InMemoryDatastore.Row;
import io.trueup.schema.RepairEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Two instances share four partitions under live writes, some of which never reach one of the replicas. Meanwhile the instances are
 * killed, stopped and revived, restarted in turn, and lose their state, in an order that a seed decides. In the end all replicas
 * hold what was written, and nothing was repaired but what had been lost. {@code -Dchaos.faults} is the number of faults, {@code
 * -Dchaos.seed} the seed.
 */
@Tag("proof")
class ChaosIT {

    private static final Logger LOG = LoggerFactory.getLogger(ChaosIT.class);
    private static final int FAULTS = Integer.getInteger("chaos.faults", 8);
    private static final long SEED = Long.getLong("chaos.seed", 1);
    private static final int KEYS = 300;
    private static final List<String> REPLICAS = List.of("ap", "eu", "us");

    @TempDir
    Path directory;

    private final Random random = new Random(SEED);

    @ParameterizedTest
    @ValueSource(strings = {"latest", "vector", "majority", "primary:eu"})
    void shouldRepairWhatIsLostAndNothingElse(String resolution) throws Exception {
        try (JobFixture fixture = new JobFixture(directory.resolve("state"))) {
            fixture.settings.putAll(
                    Map.of("resolution", resolution, "round.interval", "4s", "grace", "2s", "lag.patience", "20s"));
            fixture.createTopics();
            try (Feed feed = new Feed(fixture, resolution);
                    Instance first = new Instance(fixture, "first");
                    Instance second = new Instance(fixture, "second")) {
                List<Instance> instances = List.of(first, second);
                fixture.awaitRounds(1);
                for (int fault = 0; fault < FAULTS; fault++) {
                    strike(instances);
                    Thread.sleep(2_000L + random.nextInt(6_000));
                    assertThat(instances).allMatch(Instance::isAlive);
                }
                feed.end();
                await().atMost(JobFixture.PATIENCE.multipliedBy(2))
                        .pollInterval(Duration.ofSeconds(1))
                        .untilAsserted(feed::requireEqual);
                fixture.awaitRounds(2);
                fixture.awaitEqual();
                feed.requireNoNeedlessRepair();
                LOG.info("{}: {} faults, {}", resolution, FAULTS, feed);
            }
        }
    }

    private void strike(List<Instance> instances) throws Exception {
        Instance struck = instances.get(random.nextInt(instances.size()));
        switch (random.nextInt(5)) {
            case 0 -> {
                struck.kill();
                Thread.sleep(random.nextInt(4_000));
                struck.start();
            }
            case 1 -> {
                struck.kill();
                struck.loseState();
                struck.start();
            }
            case 2 -> {
                for (Instance each : instances) {
                    each.terminate();
                    each.start();
                    Thread.sleep(random.nextInt(3_000));
                }
            }
            default -> struck.pause(1_000L + random.nextInt(16_000)); // the session timeout is 10 s
        }
    }

    /** A process that hosts all replicas, together with the other one. */
    private final class Instance implements AutoCloseable {

        private final Path own;
        private final Map<String, String> settings;
        private JobProcess process;

        Instance(JobFixture fixture, String name) throws IOException {
            own = Files.createDirectories(directory.resolve(name));
            settings = new HashMap<>(fixture.settings);
            settings.put("state.dir", state().toString());
            start();
        }

        private Path state() {
            return own.resolve("state");
        }

        void start() throws IOException {
            process = new JobProcess(settings, own);
        }

        boolean isAlive() {
            return process.isAlive();
        }

        void kill() throws InterruptedException {
            process.kill();
        }

        void terminate() throws Exception {
            process.signal("TERM");
            await().atMost(Duration.ofMinutes(1)).until(() -> !process.isAlive());
        }

        void pause(long ms) throws Exception {
            process.signal("STOP");
            Thread.sleep(ms);
            process.signal("CONT");
        }

        void loseState() throws IOException {
            try (Stream<Path> files = Files.walk(state())) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }

        @Override
        public void close() {
            process.close();
        }
    }

    /** Writes all the time to all replicas; one of fifty writes never reaches one of them. */
    private static final class Feed implements AutoCloseable {

        private final JobFixture fixture;
        private final boolean vectors;
        private final List<String> losers;
        private final Map<String, InMemoryDatastore> replicas = new TreeMap<>();
        private final Map<String, Row> written = new ConcurrentHashMap<>();
        private final Set<String> lost = ConcurrentHashMap.newKeySet();
        private final Random choice = new Random(SEED);
        private final Thread writing = new Thread(this::write, "feed");
        private volatile boolean ends;
        private long writes;

        Feed(JobFixture fixture, String resolution) {
            this.fixture = fixture;
            vectors = resolution.equals("vector");
            losers = REPLICAS.stream()
                    .filter(replica -> !resolution.equals("primary:" + replica))
                    .toList();
            REPLICAS.forEach(replica -> replicas.put(replica, fixture.datastore(replica)));
            replicas.values().forEach(InMemoryDatastore::reportProgress);
            writing.start();
        }

        private void write() {
            while (!ends) {
                String key = "key-" + choice.nextInt(KEYS);
                Row row = row(++writes, choice.nextInt(10) == 0);
                written.put(key, row);
                String loser = choice.nextInt(50) == 0 ? losers.get(choice.nextInt(losers.size())) : null;
                List<String> order = new ArrayList<>(REPLICAS);
                Collections.shuffle(order, choice);
                for (String replica : order) {
                    if (replica.equals(loser)) {
                        lost.add(replica + " " + key);
                    } else {
                        replicas.get(replica).store(key, row);
                    }
                }
                try {
                    Thread.sleep(15);
                } catch (InterruptedException e) {
                    return;
                }
            }
        }

        private Row row(long version, boolean deleted) {
            Map<String, Long> vector = vectors ? Map.of("feed", version) : null;
            return new Row(version, vector, System.currentTimeMillis(), deleted ? null : "value " + version, null);
        }

        void end() {
            ends = true;
            JobFixture.join(writing);
        }

        /** Every replica holds what was written last. */
        void requireEqual() {
            long nowMs = System.currentTimeMillis();
            Map<String, String> expected = new HashMap<>();
            written.forEach((key, row) -> {
                if (row.liveAt(nowMs)) {
                    expected.put(key, row.content());
                }
            });
            replicas.forEach((name, replica) ->
                    assertThat(replica.contentAt(nowMs)).as(name).isEqualTo(expected));
        }

        void requireNoNeedlessRepair() {
            assertThat(fixture.repairs())
                    .extracting(sent -> target(sent.event()) + " " + sent.key())
                    .isSubsetOf(lost);
        }

        private static String target(RepairEvent event) {
            return event.getTarget();
        }

        @Override
        public String toString() {
            return writes + " writes, " + lost.size() + " lost, "
                    + fixture.repairs().size() + " repairs";
        }

        @Override
        public void close() {
            ends = true;
            writing.interrupt();
            JobFixture.join(writing);
        }
    }
}
