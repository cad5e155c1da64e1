package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.job.InMemoryDatastore.Row;
import io.trueup.reconcile.settings.Settings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Writes all the time to all replicas; one of fifty writes never reaches one of them. Everything written, and everything that the
 * datastores hold at any time, is recorded, so that each repair can be judged.
 */
final class ChaosFeed implements AutoCloseable {

    private static final int KEYS = 300;

    private final JobFixture fixture;
    private final boolean vectors;
    private final List<String> losers;
    private final Map<String, InMemoryDatastore> replicas = new TreeMap<>();
    private final Map<String, Row> written = new ConcurrentHashMap<>();
    private final AtomicInteger lost = new AtomicInteger();
    /** What waits for a datastore that has fallen behind. */
    private final Map<String, Map<String, Row>> held = new HashMap<>();

    private final Random choice;
    private final Thread writing = new Thread(this::write, "feed");
    private final RepairOracle oracle;
    private final List<WritesRecorder> recorders = new ArrayList<>();
    private volatile boolean ends;
    private long writes;

    ChaosFeed(JobFixture fixture, String resolution, long seed) {
        this.fixture = fixture;
        choice = new Random(seed);
        vectors = resolution.equals("vector");
        losers = fixture.replicas.stream()
                .filter(replica -> !resolution.equals("primary:" + replica))
                .toList();
        Settings.Times times =
                fixture.config().settings(fixture.replicas.get(0)).times();
        oracle = new RepairOracle(resolution, times.graceMs(), times.patienceMs());
        fixture.replicas.forEach(replica -> recorders.add(new WritesRecorder(fixture, replica, oracle)));
        fixture.replicas.forEach(replica -> replicas.put(replica, fixture.datastore(replica)));
        replicas.values().forEach(InMemoryDatastore::reportProgress);
        writing.start();
    }

    private void write() {
        while (!ends) {
            String key = "key-" + choice.nextInt(KEYS);
            Row row = row(++writes, choice.nextInt(10) == 0);
            String loser = choice.nextInt(50) == 0 ? losers.get(choice.nextInt(losers.size())) : null;
            written.put(key, row);
            oracle.written(key, row, loser);
            List<String> order = new ArrayList<>(fixture.replicas);
            Collections.shuffle(order, choice);
            for (String replica : order) {
                if (replica.equals(loser)) {
                    lost.incrementAndGet();
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
        Map<String, Row> waiting = held.get(replica);
        if (waiting == null) {
            replicas.get(replica).store(key, row);
        } else {
            waiting.remove(key); // the last write comes last
            waiting.put(key, row);
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
        replicas.forEach(
                (name, replica) -> assertThat(replica.contentAt(nowMs)).as(name).isEqualTo(expected));
    }

    /** Every repair sent was right by what was written and held, see {@link RepairOracle}. */
    void requireNoWrongRepair() {
        fixture.flush();
        await().atMost(Duration.ofMinutes(1)).untilAsserted(this::requireRecorded);
        List<RepairOracle.Repair> repairs = repairs();
        assertThat(repairs).as("repairs of %d losses", lost.get()).isNotEmpty();
        List<String> faults = oracle.faults(repairs);
        assertThat(faults)
                .as("%d of %d repairs are wrong; the first:\n%s", faults.size(), repairs.size(), first(faults))
                .isEmpty();
    }

    private static String first(List<String> faults) {
        return String.join("\n", faults.subList(0, Math.min(3, faults.size())));
    }

    private List<RepairOracle.Repair> repairs() {
        return fixture.replicas.stream()
                .flatMap(replica ->
                        fixture.broker.readAll(fixture.config().replica(replica).repairsTopic()).stream())
                .map(record -> new RepairOracle.Repair(JobFixture.Sent.of(record), record.timestamp()))
                .toList();
    }

    /** What was recorded last is what the datastores hold. */
    private void requireRecorded() {
        recorders.forEach(WritesRecorder::requireWhole);
        replicas.forEach((name, replica) -> written.keySet()
                .forEach(key -> assertThat(oracle.shownLast(name, JobFixture.partitionOf(key), key))
                        .as("what was read last from the writes topic of %s for %s", name, key)
                        .isEqualTo(replica.row(key))));
    }

    @Override
    public String toString() {
        return writes + " writes, " + lost + " lost, " + fixture.repairs().size() + " repairs";
    }

    @Override
    public void close() {
        ends = true;
        writing.interrupt();
        JobFixture.join(writing);
        recorders.forEach(WritesRecorder::close);
    }
}
