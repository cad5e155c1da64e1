package io.trueup.demo.cluster;

import io.trueup.schema.ControlMessage;
import io.trueup.schema.Outcome;
import io.trueup.schema.RoundReport;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.avro.specific.SpecificRecord;

/** What the job has written to its topics so far: repairs, control messages, round reports, dead letters. Thread-safe. */
public final class JobOutput {

    private final int reportsPerRound;
    private final Map<String, EmittedRepair> repairs = new LinkedHashMap<>();
    private final Map<String, Long> controlMessages = new TreeMap<>();
    private final Map<Long, RoundCounter> rounds = new TreeMap<>();
    private final Map<ReplicaPartition, RoundReport> lastReports = new HashMap<>();
    private final Map<ReplicaPartition, Long> segmentsCompared = new HashMap<>();
    private final Map<String, Map<Integer, Long>> heldBack = new TreeMap<>();
    private long repeatedRepairs;
    private long controlBytes;
    private long malformed;
    private long segments;
    private long keys;
    private long deadLetters;
    private long forgotten;

    /**
     * No output yet.
     *
     * @param reportsPerRound number of owners of a partition × number of partitions
     */
    public JobOutput(int reportsPerRound) {
        this.reportsPerRound = reportsPerRound;
    }

    /** Adds a repair event. One with a known id counts as repeated. */
    synchronized void add(EmittedRepair repair) {
        if (repairs.putIfAbsent(repair.id(), repair) != null) {
            repeatedRepairs++;
        }
    }

    /**
     * Adds a control message.
     *
     * @param bytes size of key and value
     */
    synchronized void add(ControlMessage message, int bytes) {
        String type = ((SpecificRecord) message.getBody()).getSchema().getName();
        controlMessages.merge(type, 1L, Long::sum);
        controlBytes += bytes;
    }

    /** Adds a round report. */
    synchronized void add(RoundReport report) {
        rounds.computeIfAbsent(report.getRound(), number -> new RoundCounter(number, report.getCut()))
                .add(report.getOutcome());
        ReplicaPartition source = new ReplicaPartition(report.getReplica(), report.getPartition());
        lastReports.put(source, report);
        segments += report.getSegments();
        segmentsCompared.merge(source, (long) report.getSegments(), Long::sum);
        keys += report.getKeys();
        malformed += report.getMalformed();
        forgotten += report.getForgotten();
        report.getGuarded()
                .forEach((target, repairsHeldBack) -> heldBack.computeIfAbsent(target, t -> new TreeMap<>())
                        .merge(report.getPartition(), repairsHeldBack, Math::max));
    }

    /** Adds a record of the dead-letter topic. */
    synchronized void addDeadLetter() {
        deadLetters++;
    }

    /** Number of segments compared entry by entry so far, by replica and partition. */
    public synchronized Map<ReplicaPartition, Long> segmentsCompared() {
        return new HashMap<>(segmentsCompared);
    }

    /** Whether each of these has heard another replica in its last round, and the cut of that round is at or after a time. */
    public synchronized boolean comparedSince(long timeMs, Collection<ReplicaPartition> sources) {
        return sources.stream()
                .map(lastReports::get)
                .allMatch(report -> report != null
                        && report.getCut() >= timeMs
                        && !report.getHeard().isEmpty());
    }

    /**
     * Whether in the last report of each owner of each partition all owners are equal, at a cut at or after a time.
     *
     * @param owners the owners of each partition
     */
    public synchronized boolean equalSince(long timeMs, List<List<String>> owners) {
        for (int partition = 0; partition < owners.size(); partition++) {
            for (String owner : owners.get(partition)) {
                RoundReport report = lastReports.get(new ReplicaPartition(owner, partition));
                boolean equal = report != null
                        && report.getCut() >= timeMs
                        && report.getOutcome() == Outcome.EQUAL
                        && report.getHeard().size() == owners.get(partition).size() - 1;
                if (!equal) {
                    return false;
                }
            }
        }
        return true;
    }

    /**
     * Drops the last reports of replicas that no longer own the partition, so that their entries no longer count.
     *
     * @param owners the owners of each partition
     */
    public synchronized void dropFormerOwners(List<List<String>> owners) {
        lastReports.keySet().removeIf(source -> !owners.get(source.partition()).contains(source.replica()));
    }

    /** Everything so far. */
    public synchronized Snapshot snapshot() {
        return new Snapshot(
                reportsPerRound,
                new ArrayList<>(repairs.values()),
                repeatedRepairs,
                new ControlTraffic(new TreeMap<>(controlMessages), controlBytes),
                rounds.values().stream().map(RoundCounter::counts).toList(),
                entriesByReplica(),
                new Totals(segments, keys, malformed, deadLetters, forgotten),
                heldBackByTarget());
    }

    private Map<String, Long> entriesByReplica() {
        Map<String, Long> byReplica = new TreeMap<>();
        lastReports.forEach((source, report) -> byReplica.merge(source.replica(), report.getEntries(), Long::sum));
        return byReplica;
    }

    private Map<String, Long> heldBackByTarget() {
        Map<String, Long> byTarget = new TreeMap<>();
        heldBack.forEach((target, byPartition) -> byTarget.put(
                target, byPartition.values().stream().mapToLong(Long::longValue).sum()));
        return byTarget;
    }

    /** One partition on one replica. */
    public record ReplicaPartition(String replica, int partition) {}

    private static final class RoundCounter {

        private final long number;
        private final long cutMs;
        private int equal;
        private int divergent;
        private int lagging;
        private int alone;
        private int skipped;

        RoundCounter(long number, long cutMs) {
            this.number = number;
            this.cutMs = cutMs;
        }

        void add(Outcome outcome) {
            switch (outcome) {
                case EQUAL -> equal++;
                case DIVERGENT -> divergent++;
                case LAGGING -> lagging++;
                case ALONE -> alone++;
                case SKIPPED -> skipped++;
            }
        }

        RoundCounts counts() {
            int reports = equal + divergent + lagging + alone + skipped;
            return new RoundCounts(number, cutMs, reports, equal, divergent, lagging, alone, skipped);
        }
    }

    /**
     * One round, over all partitions and replicas.
     *
     * @param number its number
     * @param cutMs its cut
     * @param reports reports read
     * @param equal reports in which all replicas are equal
     * @param divergent reports in which replicas differ
     * @param lagging reports in which only lagging replicas differ
     * @param alone reports of replicas that heard no other
     * @param skipped reports of replicas that took no part
     */
    public record RoundCounts(
            long number, long cutMs, int reports, int equal, int divergent, int lagging, int alone, int skipped) {}

    /**
     * Control messages.
     *
     * @param messages number of messages by type
     * @param bytes size of their keys and values
     */
    public record ControlTraffic(Map<String, Long> messages, long bytes) {

        /** Number of messages that are not roots. */
        public long messagesOtherThanRoots() {
            return messages.entrySet().stream()
                    .filter(count -> !count.getKey().equals("Root"))
                    .mapToLong(Map.Entry::getValue)
                    .sum();
        }
    }

    /**
     * Sums over all round reports and the dead-letter topic.
     *
     * @param segments segments compared entry by entry
     * @param keys keys compared one by one
     * @param malformed malformed records that the job has counted
     * @param deadLetters records in the dead-letter topic
     * @param forgotten tombstones and expired entries that reconcilers have forgotten; each reconciler counts its own
     */
    public record Totals(long segments, long keys, long malformed, long deadLetters, long forgotten) {}

    /**
     * Everything read up to a moment.
     *
     * @param reportsPerRound number of reports of a complete round
     * @param repairs repairs in the order in which they were read, each once
     * @param repeatedRepairs number of repair events that repeat an earlier one
     * @param control control messages
     * @param rounds rounds in order
     * @param entries live entries by replica, according to the last report of each partition
     * @param totals sums over all reports
     * @param heldBack by target, the highest number of repairs that the flood guard has held back in a round of a partition, added up
     *     over the partitions
     */
    public record Snapshot(
            int reportsPerRound,
            List<EmittedRepair> repairs,
            long repeatedRepairs,
            ControlTraffic control,
            List<RoundCounts> rounds,
            Map<String, Long> entries,
            Totals totals,
            Map<String, Long> heldBack) {

        /** Number of rounds with a cut at or after a time in which every replica found every partition equal. */
        public long equalRoundsSince(long timeMs) {
            return rounds.stream()
                    .filter(round -> round.cutMs() >= timeMs && round.equal() == reportsPerRound)
                    .count();
        }

        /** Number of rounds with a cut at or after a time in which every replica found every partition equal or only lagging. */
        public long equalOrLaggingRoundsSince(long timeMs) {
            return rounds.stream()
                    .filter(round -> round.cutMs() >= timeMs && round.equal() + round.lagging() == reportsPerRound)
                    .count();
        }

        /** Number of rounds with a cut at or after a time that all reconcilers have finished. */
        public long completeRoundsSince(long timeMs) {
            return rounds.stream()
                    .filter(round -> round.cutMs() >= timeMs && round.reports() >= reportsPerRound)
                    .count();
        }
    }
}
