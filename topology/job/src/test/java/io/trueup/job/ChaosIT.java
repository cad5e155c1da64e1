package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.broker.EmbeddedBroker;
import io.trueup.broker.TestBroker;
import io.trueup.job.InMemoryDatastore.Row;
import io.trueup.schema.Outcome;
import io.trueup.schema.RepairEvent;
import io.trueup.schema.RoundReport;
import io.trueup.state.EntryStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Two instances, one with its state in memory and one in RocksDB, share four partitions under live writes, some of which never reach one of the replicas. Meanwhile instances are
 * killed, stopped and revived, restarted in turn, and lose their state; the broker is killed, or stopped and revived; datastores
 * fall behind, clocks of instances step; in an order that a seed decides. A supervisor starts an instance again that has ended. In the
 * end all replicas hold what was written, and nothing was repaired but what had been lost. {@code -Dchaos.faults} is the number of
 * faults, {@code -Dchaos.seed} the seed.
 */
class ChaosIT {

    private static final Logger LOG = LoggerFactory.getLogger(ChaosIT.class);
    private static final int FAULTS = Integer.getInteger("chaos.faults", 12);
    private static final long SEED = Long.getLong("chaos.seed", 1);
    private static final int KEYS = 300;
    private static final List<String> REPLICAS = List.of("ap", "eu", "us");

    @TempDir
    Path directory;

    private final Random random = new Random(SEED);
    private EmbeddedBroker broker;
    private JobFixture fixture;
    private Feed feed;
    private List<Instance> instances;

    @BeforeEach
    void startBroker() {
        broker = EmbeddedBroker.start();
        fixture = new JobFixture(TestBroker.of(broker), directory.resolve("state"), REPLICAS.toArray(String[]::new));
    }

    @AfterEach
    void close() {
        instances.forEach(Instance::close);
        feed.close();
        fixture.close();
        broker.close();
    }

    /** One fault of most kinds, in a time that the default run can spare. */
    @Test
    void shouldRepairWhatIsLostAndNothingElseAfterAFewFaults() throws Exception {
        begin("latest", "2s", "1s", "10s");
        pause(instances.get(0), 12_000);
        kill(instances.get(1));
        broker.kill();
        broker.restart();
        stepClock(instances.get(0), Duration.ofHours(1), 3_000);
        fallBehind("us", 3_000);
        requireRepaired("latest", 6);
    }

    @Tag("proof")
    @ParameterizedTest
    @ValueSource(strings = {"latest", "vector", "majority", "primary:eu"})
    void shouldRepairWhatIsLostAndNothingElse(String resolution) throws Exception {
        begin(resolution, "4s", "2s", "20s");
        for (int fault = 0; fault < FAULTS; fault++) {
            strike();
            Thread.sleep(2_000L + random.nextInt(6_000));
            for (Instance instance : instances) {
                instance.supervise();
            }
        }
        requireRepaired(resolution, FAULTS);
    }

    private void begin(String resolution, String interval, String grace, String patience) throws IOException {
        fixture.settings.putAll(
                Map.of("resolution", resolution, "round.interval", interval, "grace", grace, "lag.patience", patience));
        fixture.createTopics();
        feed = new Feed(fixture, resolution);
        instances = List.of(new Instance("first", "memory"), new Instance("second", "rocksdb"));
        fixture.awaitRounds(1);
    }

    private void requireRepaired(String resolution, int faults) throws Exception {
        feed.end();
        for (Instance instance : instances) {
            instance.supervise();
        }
        try {
            await().atMost(JobFixture.PATIENCE.multipliedBy(2))
                    .pollInterval(Duration.ofSeconds(1))
                    .untilAsserted(feed::requireEqual);
            fixture.awaitRounds(2);
            fixture.awaitEqual();
        } catch (ConditionTimeoutException e) {
            LOG.error("{}: the last reports are {}", resolution, lastReports());
            throw e;
        }
        feed.requireNoNeedlessRepair();
        LOG.info(
                "{}: {} faults, {}, instances started again by the supervisor: {}",
                resolution,
                faults,
                feed,
                instances.stream().mapToInt(instance -> instance.supervised).sum());
    }

    /** The last three reports of each reconciler that does not say that all are equal, and the last repairs. */
    private String lastReports() {
        Map<String, List<RoundReport>> reports = new TreeMap<>();
        fixture.reports()
                .forEach(report -> reports.computeIfAbsent(
                                report.getReplica() + "/" + report.getPartition(), where -> new ArrayList<>())
                        .add(report));
        String last = reports.values().stream()
                .map(all -> all.subList(Math.max(0, all.size() - 3), all.size()))
                .filter(all -> all.stream().anyMatch(report -> report.getOutcome() != Outcome.EQUAL))
                .flatMap(List::stream)
                .map(RoundReport::toString)
                .collect(Collectors.joining("\n", "\n", "\n"));
        List<JobFixture.Sent> repairs = fixture.repairs();
        return last
                + repairs.subList(Math.max(0, repairs.size() - 5), repairs.size()).stream()
                        .map(sent -> sent.event().toString())
                        .collect(Collectors.joining("\n"));
    }

    private void strike() throws Exception {
        Instance struck = instances.get(random.nextInt(instances.size()));
        int kind = random.nextInt(10);
        LOG.info("fault {} at {}", kind, struck.own.getFileName());
        switch (kind) {
            case 0 -> kill(struck);
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
            case 3 -> loseChangelog(REPLICAS.get(random.nextInt(REPLICAS.size())));
            case 4 -> {
                broker.kill();
                Thread.sleep(random.nextInt(5_000));
                broker.restart();
            }
            case 5 -> {
                signal("STOP", broker.pid());
                Thread.sleep(1_000L + random.nextInt(8_000));
                signal("CONT", broker.pid());
            }
            case 6 -> fallBehind(REPLICAS.get(random.nextInt(REPLICAS.size())), 1_000L + random.nextInt(6_000));
            case 7 ->
                stepClock(struck, Duration.ofHours(random.nextBoolean() ? 1 : -1), 1_000L + random.nextInt(8_000));
            default -> pause(struck, 1_000L + random.nextInt(16_000)); // the session timeout is 10 s
        }
    }

    private static void stepClock(Instance struck, Duration by, long ms) throws Exception {
        struck.clock.step(by);
        Thread.sleep(ms);
        struck.clock.step(Duration.ZERO);
    }

    private void kill(Instance struck) throws Exception {
        struck.kill();
        Thread.sleep(random.nextInt(4_000));
        struck.start();
    }

    private static void pause(Instance struck, long ms) throws Exception {
        struck.process.signal("STOP");
        Thread.sleep(ms);
        struck.process.signal("CONT");
    }

    /** A datastore applies nothing for some time, and then what it has missed, in order. */
    private void fallBehind(String replica, long ms) throws InterruptedException {
        feed.hold(replica);
        Thread.sleep(ms);
        feed.release(replica);
    }

    /**
     * The changelog and all local state of a replica are gone: its state is built again from its writes topic. There may be no changelog
     * yet, if it was lost before and the instances were killed since.
     */
    private void loseChangelog(String replica) throws Exception {
        for (Instance each : instances) {
            each.kill();
            each.loseState();
        }
        String changelog = EntryStore.changelog(fixture.config().applicationId(replica));
        try {
            fixture.broker.admin().deleteTopics(List.of(changelog)).all().get();
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) {
                throw e;
            }
        }
        for (Instance each : instances) {
            each.start();
        }
    }

    private static void signal(String name, long pid) throws IOException, InterruptedException {
        int failed = new ProcessBuilder("kill", "-" + name, Long.toString(pid))
                .inheritIO()
                .start()
                .waitFor();
        if (failed != 0) {
            throw new IOException("kill -" + name + " failed: " + failed);
        }
    }

    /** A process that hosts all replicas, together with the other one. */
    private final class Instance implements AutoCloseable {

        private final Path own;
        private final Map<String, String> settings;
        private final SteppedClock clock;
        private JobProcess process;
        private int supervised;

        Instance(String name, String store) throws IOException {
            own = Files.createDirectories(directory.resolve(name));
            settings = new HashMap<>(fixture.settings);
            settings.put("state.dir", state().toString());
            settings.put("state.store", store);
            clock = new SteppedClock(clockFile());
            clock.step(Duration.ZERO);
            start();
        }

        private Path clockFile() {
            return own.resolve("clock");
        }

        private Path state() {
            return own.resolve("state");
        }

        void start() throws IOException {
            process = new JobProcess(settings, own, clockFile());
        }

        /** As a supervisor does: a job that cannot go on ends, and is started again. */
        void supervise() throws IOException {
            if (!process.isAlive()) {
                supervised++;
                start();
            }
        }

        void kill() throws InterruptedException {
            process.kill();
        }

        void terminate() throws Exception {
            process.signal("TERM");
            await().atMost(Duration.ofMinutes(1)).until(() -> !process.isAlive());
        }

        /** There may be none yet, if it was killed soon after it had lost it before. */
        void loseState() throws IOException {
            if (!Files.exists(state())) {
                return;
            }
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
        /** What waits for a datastore that has fallen behind. */
        private final Map<String, Map<String, Row>> held = new HashMap<>();

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
                        store(replica, key, row);
                    }
                }
                try {
                    Thread.sleep(15);
                } catch (InterruptedException e) {
                    return;
                }
            }
        }

        private synchronized void store(String replica, String key, Row row) {
            if (held.containsKey(replica)) {
                held.get(replica).put(key, row);
            } else {
                replicas.get(replica).store(key, row);
            }
        }

        synchronized void hold(String replica) {
            replicas.get(replica).away(true);
            held.put(replica, new LinkedHashMap<>());
        }

        synchronized void release(String replica) {
            held.remove(replica).forEach(replicas.get(replica)::store);
            replicas.get(replica).away(false);
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
