package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.broker.EmbeddedBroker;
import io.trueup.broker.TestBroker;
import io.trueup.schema.Outcome;
import io.trueup.schema.RoundReport;
import io.trueup.state.EntryStore;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
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
 * Two instances, one with its state in memory and one in RocksDB, share four partitions under live writes, some of which never reach
 * one of the replicas. Meanwhile instances are killed, stopped and revived, restarted in turn, and lose their state; the broker is
 * killed, or stopped and revived; datastores fall behind, clocks of instances step; in an order that a seed decides. A supervisor
 * starts an instance again that has ended. In the end all replicas hold what was written, each repair was right (see {@link
 * RepairOracle}), and no instance has ended by itself but after a fault that explains it. {@code -Dchaos.faults} is the number of
 * faults, {@code -Dchaos.seed} the seed.
 */
class ChaosIT {

    private static final Logger LOG = LoggerFactory.getLogger(ChaosIT.class);
    private static final int FAULTS = Integer.getInteger("chaos.faults", 12);
    private static final long SEED = Long.getLong("chaos.seed", 1);
    private static final List<String> REPLICAS = List.of("ap", "eu", "us");

    @TempDir
    Path directory;

    private final Random random = new Random(SEED);
    private EmbeddedBroker broker;
    private JobFixture fixture;
    private ChaosFeed feed;
    private List<ChaosInstance> instances;

    @BeforeEach
    void startBroker() {
        broker = EmbeddedBroker.start();
        fixture = new JobFixture(TestBroker.of(broker), directory.resolve("state"), REPLICAS.toArray(String[]::new));
    }

    @AfterEach
    void close() {
        instances.forEach(ChaosInstance::close);
        feed.close();
        fixture.close();
        broker.close();
    }

    /** One fault of most kinds, in a time that the default run can spare. */
    @Test
    void shouldRepairWhatIsLostAndNothingElseAfterAFewFaults() throws Exception {
        begin("latest", "2s", "1s", "10s");
        instances.get(0).pause(12_000);
        kill(instances.get(1));
        brokerGoes();
        broker.kill();
        broker.restart();
        instances.get(0).stepClock(Duration.ofHours(1), 3_000);
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
            for (ChaosInstance instance : instances) {
                instance.supervise();
            }
        }
        requireRepaired(resolution, FAULTS);
    }

    private void begin(String resolution, String interval, String grace, String patience) throws IOException {
        fixture.settings.putAll(
                Map.of("resolution", resolution, "round.interval", interval, "grace", grace, "lag.patience", patience));
        fixture.createTopics();
        feed = new ChaosFeed(fixture, resolution, SEED);
        instances = List.of(instance("first", "memory"), instance("second", "rocksdb"));
        fixture.awaitRounds(1);
    }

    private void requireRepaired(String resolution, int faults) throws Exception {
        feed.end();
        for (ChaosInstance instance : instances) {
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
        feed.requireNoWrongRepair();
        LOG.warn(
                "{}: {} faults, {}, instances started again by the supervisor: {}",
                resolution,
                faults,
                feed,
                instances.stream().mapToInt(ChaosInstance::endings).sum());
        for (ChaosInstance instance : instances) {
            instance.supervise();
            assertThat(instance.unexplained())
                    .as("ends of an instance that no fault explains")
                    .isEmpty();
        }
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
        ChaosInstance struck = instances.get(random.nextInt(instances.size()));
        int kind = random.nextInt(10);
        LOG.info("fault {} at {}", kind, struck.name());
        switch (kind) {
            case 0 -> kill(struck);
            case 1 -> {
                struck.kill();
                struck.loseState();
                struck.start();
            }
            case 2 -> {
                for (ChaosInstance each : instances) {
                    each.terminate();
                    each.start();
                    Thread.sleep(random.nextInt(3_000));
                }
            }
            case 3 -> loseChangelog(REPLICAS.get(random.nextInt(REPLICAS.size())));
            case 4 -> {
                brokerGoes();
                broker.kill();
                Thread.sleep(random.nextInt(5_000));
                broker.restart();
            }
            case 5 -> {
                brokerGoes();
                signalBroker("STOP");
                Thread.sleep(1_000L + random.nextInt(8_000));
                signalBroker("CONT");
            }
            case 6 -> fallBehind(REPLICAS.get(random.nextInt(REPLICAS.size())), 1_000L + random.nextInt(6_000));
            case 7 -> struck.stepClock(Duration.ofHours(random.nextBoolean() ? 1 : -1), 1_000L + random.nextInt(8_000));
            default -> struck.pause(1_000L + random.nextInt(16_000)); // the session timeout is 10 s
        }
    }

    private ChaosInstance instance(String name, String store) throws IOException {
        return new ChaosInstance(directory.resolve(name), fixture.settings, store);
    }

    private void brokerGoes() {
        instances.forEach(instance -> instance.meets(ChaosInstance.Fault.BROKER_AWAY));
    }

    private void signalBroker(String name) throws IOException, InterruptedException {
        if (!ChaosInstance.signal(name, broker.pid())) {
            throw new IOException("kill -" + name + " of the broker failed");
        }
    }

    private void kill(ChaosInstance struck) throws Exception {
        struck.kill();
        Thread.sleep(random.nextInt(4_000));
        struck.start();
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
        for (ChaosInstance each : instances) {
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
        for (ChaosInstance each : instances) {
            each.start();
        }
    }
}
