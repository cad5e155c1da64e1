package io.trueup.status;

import io.trueup.schema.RoundReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.IntFunction;

/**
 * The rounds of a dataset as its reconcilers report them. Equality is concluded only from a report that says so and has compared all
 * present owners; that nothing is reported proves nothing, and a difference stands until such a report of a later cut. Reports may come
 * late, twice and in any order. Memory is bounded, see {@link RoundHistory}. Not thread-safe.
 */
public final class ReportedRounds {

    private static final int MAX_EXAMPLES = 5;

    private final RoundTimes times;
    private final Map<Integer, PartitionRounds> partitions = new TreeMap<>();
    private final Map<String, DatasetStatus.Ahead> ahead = new TreeMap<>();
    /** When a report of a replica was ahead last. */
    private final Map<String, Long> aheadMs = new TreeMap<>();

    private final List<String> unreadExamples = new ArrayList<>();
    private long unread;
    private long unreadMs;

    /**
     * @param count how many partitions the dataset has
     * @param owners the replicas that own a partition, in order of name
     */
    public ReportedRounds(RoundTimes times, int count, IntFunction<List<String>> owners) {
        this.times = times;
        for (int partition = 0; partition < count; partition++) {
            partitions.put(partition, new PartitionRounds(times, owners.apply(partition)));
        }
    }

    /**
     * Takes a report; one of a replica that does not own the partition is ignored.
     *
     * <p>A report of a cut that is not over by the clock of this process is counted, and otherwise ignored. A reconciler reports no
     * earlier than {@code grace} after the cut by its own clock: the two clocks are therefore apart by more than {@code grace}, which
     * rules out a sound comparison. That is all the allowance that clocks need.
     *
     * @param nowMs the time at which it is read
     */
    public void take(RoundReport report, long nowMs) {
        PartitionRounds partition = partitions.get(report.getPartition());
        if (partition == null || !partition.owners().contains(report.getReplica())) {
            return;
        }
        if (report.getCut() > nowMs) {
            ahead.merge(
                    report.getReplica(),
                    new DatasetStatus.Ahead(report.getReplica(), 1, report.getCut() + times.graceMs() - nowMs),
                    DatasetStatus.Ahead::and);
            aheadMs.put(report.getReplica(), nowMs);
        } else {
            partition.take(report);
        }
    }

    /**
     * Notes an authentic report that cannot be read. The partitions that it may concern are not called equal until another report
     * proves it.
     *
     * @param partition the partition of its record key; empty if the key does not tell
     * @param recordMs the time of its record
     * @param nowMs the time at which it is read
     * @param example where it is, and why it cannot be read
     */
    public void unread(OptionalInt partition, long recordMs, long nowMs, String example) {
        unread++;
        unreadMs = Math.max(unreadMs, Math.min(recordMs, nowMs)); // the partitions of the topic are read in any order
        if (unreadExamples.size() < MAX_EXAMPLES) {
            unreadExamples.add(example);
        }
        partitions.forEach((number, rounds) -> {
            if (partition.isEmpty() || partition.getAsInt() == number) {
                rounds.unread(Math.min(recordMs, nowMs));
            }
        });
    }

    /**
     * The status at a time.
     *
     * @param observing whether nothing is repaired, by configuration
     */
    public DatasetStatus at(long nowMs, String dataset, boolean observing) {
        forget(nowMs - times.neededMs());
        List<PartitionStatus> compared = new ArrayList<>();
        partitions.forEach((number, rounds) -> {
            if (rounds.owners().size() > 1) {
                compared.add(rounds.at(number, nowMs));
            }
        });
        return new DatasetStatus(
                dataset,
                nowMs,
                observing,
                replicas(),
                compared,
                new DatasetStatus.LeftOut(
                        partitions.size() - compared.size(),
                        List.copyOf(ahead.values()),
                        unread,
                        List.copyOf(unreadExamples)));
    }

    /** What has not been seen since a time is over: a clock was corrected, another version runs. */
    private void forget(long sinceMs) {
        aheadMs.values().removeIf(lastMs -> lastMs < sinceMs);
        ahead.keySet().retainAll(aheadMs.keySet());
        if (unreadMs < sinceMs) {
            unread = 0;
            unreadExamples.clear();
        }
    }

    /** The status of each replica that owns a partition, in order of name. */
    private List<ReplicaStatus> replicas() {
        Map<String, ReplicaStatus> replicas = new TreeMap<>();
        for (PartitionRounds partition : partitions.values()) {
            for (String owner : partition.owners()) {
                RoundReport report = partition.latest(owner);
                ReplicaStatus one = new ReplicaStatus(
                        owner,
                        1,
                        report == null ? OptionalLong.empty() : OptionalLong.of(report.getEntries()),
                        report == null ? OptionalLong.empty() : OptionalLong.of(report.getCut()),
                        partition.malformed(owner));
                replicas.merge(owner, one, ReplicaStatus::and);
            }
        }
        return List.copyOf(replicas.values());
    }
}
