package io.trueup.stream;

import io.trueup.reconcile.RoundSummary;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongConsumer;
import java.util.function.ObjIntConsumer;
import java.util.stream.Stream;

/** What one replica's tasks have counted since the process started, for reports and the job's status. Thread-safe. */
public final class ReplicaMetrics {

    public final LongAdder malformed = new LongAdder();
    public final LongAdder repairs = new LongAdder();
    public final LongAdder references = new LongAdder();
    public final LongAdder unsentRepairs = new LongAdder();
    public final LongAdder lostRecords = new LongAdder();
    public final LongAdder treesBuilt = new LongAdder();
    /** Tasks that have to read or drop their stored entries; they share the time that their threads have for that. */
    final AtomicInteger readingTasks = new AtomicInteger();

    private final Map<Integer, PartitionMetrics> partitions = new ConcurrentHashMap<>();
    private volatile ObjIntConsumer<RoundSummary> listener = (round, partition) -> {};
    private volatile LongConsumer detections = afterMs -> {};
    private volatile LongConsumer verifications = afterMs -> {};

    /** Counts of one partition; they survive the task's restarts. */
    PartitionMetrics partition(int partition) {
        return partitions.computeIfAbsent(partition, PartitionMetrics::new);
    }

    public void malformed(int partition) {
        malformed.increment();
        partition(partition).malformed.incrementAndGet();
    }

    /** Passes each report of a round, with its partition, to a listener from now on; see {@link RoundListener}. */
    public void onReport(ObjIntConsumer<RoundSummary> rounds) {
        listener = rounds;
    }

    /** Passes the times of {@link RoundListener#detected} and {@link RoundListener#verified} on from now on. */
    public void onRepair(LongConsumer detectedAfterMs, LongConsumer verifiedAfterMs) {
        detections = detectedAfterMs;
        verifications = verifiedAfterMs;
    }

    void detected(long afterMs) {
        detections.accept(afterMs);
    }

    void verified(long afterMs) {
        verifications.accept(afterMs);
    }

    /** The partitions that this process holds now. */
    public Map<Integer, PartitionStatus> heldPartitions() {
        Map<Integer, PartitionStatus> held = new TreeMap<>();
        partitions.forEach((partition, metrics) -> {
            if (metrics.held) {
                held.put(partition, new PartitionStatus(metrics.owned, metrics.rounds, metrics.lastRound));
            }
        });
        return held;
    }

    /** Repairs that the flood guard held back in the last round of each partition, by target. */
    public Map<String, Long> guarded() {
        Map<String, Long> guarded = new TreeMap<>();
        lastRounds()
                .forEach(round -> round.repairs()
                        .guarded()
                        .forEach((target, repairs) -> guarded.merge(target, repairs, Long::sum)));
        return guarded;
    }

    /** Keys in conflict, as seen in the last round of each partition. */
    public long conflicts() {
        return lastRounds().mapToLong(round -> round.comparison().conflicts()).sum();
    }

    /**
     * Partitions in which so many rounds in a row have compared nothing that it is an alarm, with the number of rounds.
     *
     * @param alarming so many are an alarm
     */
    public Map<Integer, Integer> notCompared(int alarming) {
        Map<Integer, Integer> notCompared = new TreeMap<>();
        heldPartitions().forEach((partition, status) -> {
            RoundSummary last = status.lastRound();
            if (last != null && last.roundsWithoutComparison() >= alarming) {
                notCompared.put(partition, last.roundsWithoutComparison());
            }
        });
        return notCompared;
    }

    private Stream<RoundSummary> lastRounds() {
        return heldPartitions().values().stream()
                .map(PartitionStatus::lastRound)
                .filter(Objects::nonNull);
    }

    /**
     * Status of one partition's reconciler.
     *
     * @param owned whether the replica owns the partition; where it does not, there are no rounds
     * @param rounds rounds reported since the process started, skipped ones included
     * @param lastRound the last of them under the current owners, or null
     */
    public record PartitionStatus(boolean owned, long rounds, RoundSummary lastRound) {}

    /** Counts of one partition. Written by its task's thread, except the count of malformed records. */
    final class PartitionMetrics {

        private final int partition;
        private final AtomicLong malformed = new AtomicLong();
        private volatile boolean held;
        private volatile boolean owned;
        private volatile long rounds;
        private volatile RoundSummary lastRound;

        PartitionMetrics(int partition) {
            this.partition = partition;
        }

        /** A task holds the partition from now on. */
        void opened(boolean isOwned) {
            owned = isOwned;
            held = true;
        }

        /** The owners have changed: the report of the last round no longer applies. */
        void placed(boolean isOwned) {
            owned = isOwned;
            lastRound = null;
        }

        void closed() {
            held = false;
        }

        @SuppressWarnings("NonAtomicVolatileUpdate") // one writer
        void reported(RoundSummary round) {
            lastRound = round;
            rounds++;
            listener.accept(round, partition);
        }

        /** Malformed records since the last call. */
        long takeMalformed() {
            return malformed.getAndSet(0);
        }
    }
}
