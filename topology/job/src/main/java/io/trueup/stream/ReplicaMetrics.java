package io.trueup.stream;

import io.trueup.job.Job;
import io.trueup.reconcile.RoundSummary;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;

/** What one replica's tasks have counted since the process started, for reports and {@link Job#status()}. Thread-safe. */
public final class ReplicaMetrics {

    public final LongAdder malformed = new LongAdder();
    public final LongAdder repairs = new LongAdder();
    public final LongAdder references = new LongAdder();
    public final LongAdder unsentRepairs = new LongAdder();
    public final LongAdder lostRecords = new LongAdder();
    public final LongAdder treesBuilt = new LongAdder();

    private final Map<Integer, PartitionTally> partitions = new ConcurrentHashMap<>();

    /** Counts of one partition; they survive the task's restarts. */
    PartitionTally partition(int partition) {
        return partitions.computeIfAbsent(partition, p -> new PartitionTally());
    }

    void malformed(int partition) {
        malformed.increment();
        partition(partition).malformed.incrementAndGet();
    }

    /** The partitions that this process holds at the moment. */
    public Map<Integer, PartitionStatus> active() {
        Map<Integer, PartitionStatus> active = new TreeMap<>();
        partitions.forEach((partition, tally) -> {
            if (tally.active) {
                active.put(partition, new PartitionStatus(tally.owned, tally.rounds, tally.lastRound));
            }
        });
        return active;
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

    /** Keys of which no entry wins, as seen in the last round of each partition. */
    public long conflicts() {
        return lastRounds().mapToLong(round -> round.comparison().conflicts()).sum();
    }

    private Stream<RoundSummary> lastRounds() {
        return active().values().stream().map(PartitionStatus::lastRound).filter(Objects::nonNull);
    }

    /** One partition. Written by its task's thread, the count of malformed records apart. */
    static final class PartitionTally {

        private final AtomicLong malformed = new AtomicLong();
        private volatile boolean active;
        private volatile boolean owned;
        private volatile long rounds;
        private volatile RoundSummary lastRound;

        /** A task holds the partition from now on. */
        void opened(boolean isOwned) {
            owned = isOwned;
            active = true;
        }

        /** Its owners are others: what the last round said holds no more. */
        void placed(boolean isOwned) {
            owned = isOwned;
            lastRound = null;
        }

        void closed() {
            active = false;
        }

        @SuppressWarnings("NonAtomicVolatileUpdate") // one writer
        void reported(RoundSummary round) {
            lastRound = round;
            rounds++;
        }

        /** Malformed records since the last call. */
        long takeMalformed() {
            return malformed.getAndSet(0);
        }
    }
}
