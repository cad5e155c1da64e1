package io.trueup.demo;

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

/**
 * What was seen so far in the topics of the job. Thread-safe.
 */
final class Sightings {

    private final int reportsPerRound;
    private final Map<String, SeenRepair> repairs = new LinkedHashMap<>();
    private final Map<String, Long> controlMessages = new TreeMap<>();
    private final Map<Long, Round> rounds = new TreeMap<>();
    private final Map<Place, RoundReport> last = new HashMap<>();
    private final Map<Place, Long> segmentsByPlace = new HashMap<>();
    private long repeatedRepairs;
    private long controlBytes;
    private long malformed;
    private long segments;
    private long keys;
    private long deadLetters;
    private long forgotten;
    private final Map<String, Map<Integer, Long>> guarded = new TreeMap<>();

    /** @param reportsPerRound number of owners of a partition × number of partitions */
    Sightings(int reportsPerRound) {
        this.reportsPerRound = reportsPerRound;
    }

    /** A repair event; the same one again is counted apart. */
    synchronized void repair(SeenRepair repair) {
        if (repairs.putIfAbsent(repair.id(), repair) != null) {
            repeatedRepairs++;
        }
    }

    /** A control message of so many bytes, key included. */
    synchronized void control(ControlMessage message, int bytes) {
        String type = ((SpecificRecord) message.getBody()).getSchema().getName();
        controlMessages.merge(type, 1L, Long::sum);
        controlBytes += bytes;
    }

    /** A round report. */
    synchronized void report(RoundReport report) {
        Round round = rounds.computeIfAbsent(report.getRound(), number -> new Round(number, report.getCut()));
        round.reports++;
        switch (report.getOutcome()) {
            case EQUAL -> round.equal++;
            case DIVERGENT -> round.divergent++;
            case LAGGING -> round.lagging++;
            case ALONE -> round.alone++;
            case SKIPPED -> round.skipped++;
        }
        Place place = new Place(report.getReplica(), report.getPartition());
        last.put(place, report);
        segments += report.getSegments();
        segmentsByPlace.merge(place, (long) report.getSegments(), Long::sum);
        keys += report.getKeys();
        malformed += report.getMalformed();
        forgotten += report.getForgotten();
        report.getGuarded()
                .forEach((target, held) -> guarded.computeIfAbsent(target, t -> new TreeMap<>())
                        .merge(report.getPartition(), held, Math::max));
    }

    /** A record in the dead-letter topic. */
    synchronized void deadLetter() {
        deadLetters++;
    }

    /** Segments compared entry by entry so far, by replica and partition. */
    synchronized Map<Place, Long> segmentsByPlace() {
        return new HashMap<>(segmentsByPlace);
    }

    /** Whether some replicas have all heard others in a round of their partitions with a cut at or after a time. */
    synchronized boolean comparedSince(long timeMs, Collection<Place> places) {
        return places.stream()
                .map(last::get)
                .allMatch(report -> report != null
                        && report.getCut() >= timeMs
                        && !report.getHeard().isEmpty());
    }

    /**
     * Whether all owners of all partitions have last reported, of a cut at or after a time, that all of them are equal.
     *
     * @param owners the owners of each partition
     */
    synchronized boolean equalSince(long timeMs, List<List<String>> owners) {
        for (int partition = 0; partition < owners.size(); partition++) {
            for (String owner : owners.get(partition)) {
                RoundReport report = last.get(new Place(owner, partition));
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
     * Counts no entries any more of replicas that own a partition no longer.
     *
     * @param owners the owners of each partition
     */
    synchronized void forget(List<List<String>> owners) {
        last.keySet().removeIf(place -> !owners.get(place.partition()).contains(place.replica()));
    }

    /** Everything so far. */
    synchronized Snapshot snapshot() {
        List<RoundState> states = rounds.values().stream()
                .map(round -> new RoundState(
                        round.number,
                        round.cutMs,
                        round.reports,
                        round.equal,
                        round.divergent,
                        round.lagging,
                        round.alone,
                        round.skipped))
                .toList();
        return new Snapshot(
                reportsPerRound,
                new ArrayList<>(repairs.values()),
                repeatedRepairs,
                new TreeMap<>(controlMessages),
                controlBytes,
                states,
                entriesByReplica(),
                segments,
                keys,
                malformed,
                deadLetters,
                forgotten,
                guardedByTarget());
    }

    private Map<String, Long> entriesByReplica() {
        Map<String, Long> byReplica = new TreeMap<>();
        last.forEach((place, report) -> byReplica.merge(place.replica(), report.getEntries(), Long::sum));
        return byReplica;
    }

    private Map<String, Long> guardedByTarget() {
        Map<String, Long> byTarget = new TreeMap<>();
        guarded.forEach((target, byPartition) -> byTarget.put(
                target, byPartition.values().stream().mapToLong(Long::longValue).sum()));
        return byTarget;
    }

    /** A replica's share of a partition. */
    record Place(String replica, int partition) {}

    private static final class Round {

        final long number;
        final long cutMs;
        int reports;
        int equal;
        int divergent;
        int lagging;
        int alone;
        int skipped;

        Round(long number, long cutMs) {
            this.number = number;
            this.cutMs = cutMs;
        }
    }

    /**
     * One round over all partitions and replicas.
     *
     * @param number its number
     * @param cutMs its cut
     * @param reports reports seen
     * @param equal how many of them found all peers equal
     * @param divergent how many found some that differ
     * @param lagging how many found that only those differ who lag
     * @param alone how many heard no peer
     * @param skipped how many took no part
     */
    record RoundState(
            long number, long cutMs, int reports, int equal, int divergent, int lagging, int alone, int skipped) {}

    /**
     * Everything seen up to a moment.
     *
     * @param reportsPerRound reports of a complete round
     * @param repairs repairs in the order in which they were seen, each once
     * @param repeatedRepairs how often one of them was emitted again
     * @param controlMessages number of control messages by type
     * @param controlBytes size of their keys and values
     * @param rounds rounds in order
     * @param entries live entries by replica, according to the last report of each partition
     * @param segments segments compared entry by entry
     * @param keys keys compared one by one
     * @param malformed malformed records that the job has counted
     * @param deadLetters records in the dead-letter topic
     * @param forgotten tombstones and expired entries that reconcilers have forgotten, each counted by its own
     * @param guarded most repairs that the flood guard has held back in a round, by target, added up over the partitions
     */
    record Snapshot(
            int reportsPerRound,
            List<SeenRepair> repairs,
            long repeatedRepairs,
            Map<String, Long> controlMessages,
            long controlBytes,
            List<RoundState> rounds,
            Map<String, Long> entries,
            long segments,
            long keys,
            long malformed,
            long deadLetters,
            long forgotten,
            Map<String, Long> guarded) {

        /** Rounds with a cut at or after a time in which every replica found every partition equal. */
        long equalRoundsSince(long timeMs) {
            return rounds.stream()
                    .filter(round -> round.cutMs() >= timeMs && round.equal() == reportsPerRound)
                    .count();
        }

        /** Rounds with a cut at or after a time in which every replica found every partition equal but where someone lags. */
        long equalButForLaggardsSince(long timeMs) {
            return rounds.stream()
                    .filter(round -> round.cutMs() >= timeMs && round.equal() + round.lagging() == reportsPerRound)
                    .count();
        }

        /** Rounds with a cut at or after a time that all reconcilers have closed. */
        long completeRoundsSince(long timeMs) {
            return rounds.stream()
                    .filter(round -> round.cutMs() >= timeMs && round.reports() >= reportsPerRound)
                    .count();
        }

        /** Control messages that are no roots. */
        long messagesOtherThanRoots() {
            return controlMessages.entrySet().stream()
                    .filter(count -> !count.getKey().equals("Root"))
                    .mapToLong(Map.Entry::getValue)
                    .sum();
        }
    }
}
