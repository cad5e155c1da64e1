package io.trueup.job;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.SingleObjectCodec;
import io.trueup.reconcile.settings.Settings;
import io.trueup.schema.Outcome;
import io.trueup.schema.RoundReport;
import io.trueup.schema.WriteEvent;
import io.trueup.source.DefaultPartitioner;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Keys that a replica has lost and others hold. Each is to be repaired, and the repair answered by the replica's datastore, within K
 * rounds of its partition: the bound that RATIONALE.md derives. Rounds are counted by their reports; one counts if a reconciler has
 * heard all its peers in it, those that lag included, so that a loaded machine, which skips rounds, is not taken for a slow repair.
 */
final class PlantedLosses {

    private static final SingleObjectCodec<WriteEvent> WRITES = SingleObjectCodec.of(WriteEvent.class);

    private final JobFixture fixture;
    private final String target;
    private final Set<String> keys;
    private final int bound;
    private final Map<Integer, Long> roundsBefore = new HashMap<>();

    /**
     * Counts rounds from now on: to be created once the losses are planted.
     *
     * @param holders number of replicas that hold the keys
     * @param keys what the target has lost
     * @param keysToRepair number of keys to repair at the same time, these included
     */
    PlantedLosses(JobFixture fixture, String target, int holders, Collection<String> keys, long keysToRepair) {
        this.fixture = fixture;
        this.target = target;
        this.keys = new TreeSet<>(keys);
        this.bound = bound(fixture, target, holders, keysToRepair);
        fixture.reports().forEach(report -> roundsBefore.merge(report.getPartition(), report.getRound(), Math::max));
    }

    PlantedLosses(JobFixture fixture, String target, int holders, Collection<String> keys) {
        this(fixture, target, holders, keys, keys.size());
    }

    /** K for keys that stand still, once no fault lasts and no message is lost. */
    private static int bound(JobFixture fixture, String target, int holders, long keysToRepair) {
        Settings settings = fixture.config().settings(target, fixture.partitions);
        Settings.Times times = settings.times();
        long turns = settings.rules().newestWins() ? 1 : 2;
        long rounds = rounds(times.patienceMs(), times.intervalMs())
                + turns * holders * rounds(times.repairTimeoutMs(), times.intervalMs())
                + rounds(times.graceMs(), times.intervalMs())
                + 2
                + rounds(keysToRepair, settings.limits().maxSegmentsPerRound())
                + rounds(keysToRepair, (long) settings.limits().repairsPerRound() * fixture.partitions);
        return Math.toIntExact(rounds);
    }

    private static long rounds(long amount, long perRound) {
        return (amount + perRound - 1) / perRound;
    }

    /**
     * Waits until the target has answered a repair of each key.
     *
     * @throws AssertionError if K rounds have passed in the partition of a key before
     */
    void awaitRepaired() {
        await().atMost(JobFixture.PATIENCE).pollInterval(Duration.ofMillis(500)).until(this::isRepaired);
    }

    /**
     * Whether the target has answered a repair of each key.
     *
     * @throws AssertionError as {@link #awaitRepaired}
     */
    boolean isRepaired() {
        Map<Integer, Integer> rounds = roundsSince();
        Map<String, Integer> overdue = new TreeMap<>();
        Set<String> open = new TreeSet<>(keys);
        open.removeAll(answered());
        for (String key : open) {
            int partition = DefaultPartitioner.partitionOf(JobFixture.bytes(key), fixture.partitions);
            if (rounds.getOrDefault(partition, 0) > bound) {
                overdue.put(key, rounds.get(partition));
            }
        }
        if (!overdue.isEmpty()) {
            throw new AssertionError("Not repaired on " + target + " within K = " + bound + " rounds: " + overdue);
        }
        return open.isEmpty();
    }

    /** Rounds since the losses were planted in which a reconciler has heard all its peers, by partition. */
    private Map<Integer, Integer> roundsSince() {
        Map<Integer, Set<Long>> rounds = new HashMap<>();
        for (RoundReport report : fixture.reports()) {
            boolean later = report.getRound() > roundsBefore.getOrDefault(report.getPartition(), Long.MIN_VALUE);
            if (later && hasHeardAll(report)) {
                rounds.computeIfAbsent(report.getPartition(), partition -> new TreeSet<>())
                        .add(report.getRound());
            }
        }
        Map<Integer, Integer> numbers = new HashMap<>();
        rounds.forEach((partition, counted) -> numbers.put(partition, counted.size()));
        return numbers;
    }

    private static boolean hasHeardAll(RoundReport report) {
        return report.getSilent().isEmpty()
                && report.getOutcome() != Outcome.SKIPPED
                && report.getOutcome() != Outcome.ALONE;
    }

    /** Keys of which the target holds what a repair has brought. */
    private Set<String> answered() {
        return fixture.broker.readAll(fixture.writesTopic(target)).stream()
                .filter(record -> record.key() != null && keys.contains(new String(record.key(), UTF_8)))
                .filter(PlantedLosses::isAnswer)
                .map(record -> new String(record.key(), UTF_8))
                .collect(Collectors.toSet());
    }

    private static boolean isAnswer(ConsumerRecord<byte[], byte[]> record) {
        WriteEvent event;
        try {
            event = WRITES.decode(record.topic(), record.value());
        } catch (MalformedRecordException e) {
            return false; // a row of a scan
        }
        return event.getRepairId() != null && !event.getDeleted();
    }
}
