package io.trueup.command;

import io.trueup.schema.ConflictEvent;
import io.trueup.schema.ConflictSide;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;

/**
 * One conflict as the reports of all replicas describe it together. Each replica is listed with what it held when it was last
 * compared by any of them: one that has not heard a replica knows less about it, or nothing. Not thread-safe.
 */
final class MergedConflict {

    private final byte[] key;
    private final int partition;
    private final List<ConflictEvent> reports = new ArrayList<>();
    private long sinceMs = Long.MAX_VALUE;

    MergedConflict(byte[] key, int partition) {
        this.key = key;
        this.partition = partition;
    }

    /**
     * Adds a report.
     *
     * @param sinceMs cut of the first report by the same replica
     */
    void add(ConflictEvent report, long sinceMs) {
        reports.add(report);
        reports.sort(Comparator.comparingLong(ConflictEvent::getCut).reversed());
        this.sinceMs = Math.min(this.sinceMs, sinceMs);
    }

    /** The key of the dataset. */
    byte[] key() {
        return key;
    }

    int partition() {
        return partition;
    }

    /** Cut of the first report. */
    long sinceMs() {
        return sinceMs;
    }

    /** The reason of the latest report. */
    String reason() {
        return reports.get(0).getReason();
    }

    /** The conflicting entries, those of the latest report first. */
    List<ConflictSide> sides() {
        Map<String, ConflictEvent> latestOf = new HashMap<>();
        reports.forEach(report -> heard(report)
                .keySet()
                .forEach(replica -> latestOf.merge(
                        replica, report, (before, other) -> isLater(replica, other, before) ? other : before)));
        List<ConflictSide> sides = new ArrayList<>();
        for (ConflictEvent report : reports) {
            for (ConflictSide side : report.getSides()) {
                List<String> replicas = side.getReplicas().stream()
                        .filter(replica -> report.equals(latestOf.get(replica)))
                        .toList();
                if (!replicas.isEmpty()) {
                    add(sides, side, replicas);
                }
            }
        }
        return sides;
    }

    /**
     * Whether a report says more of a replica than another one: it has heard it later; or at the same cut, and the other one
     * lists it on no side, because fewer replicas were heard there.
     */
    private static boolean isLater(String replica, ConflictEvent report, ConflictEvent other) {
        long heardMs = heard(report).get(replica);
        long otherMs = heard(other).get(replica);
        return heardMs > otherMs || heardMs == otherMs && !holdsASide(replica, other);
    }

    private static boolean holdsASide(String replica, ConflictEvent report) {
        return report.getSides().stream().anyMatch(side -> side.getReplicas().contains(replica));
    }

    /** When each replica was last compared. A report of an earlier version has compared all of its sides at its cut. */
    private static Map<String, Long> heard(ConflictEvent report) {
        if (!report.getHeard().isEmpty()) {
            return report.getHeard();
        }
        Map<String, Long> heard = new HashMap<>();
        report.getSides().forEach(side -> side.getReplicas().forEach(replica -> heard.put(replica, report.getCut())));
        return heard;
    }

    private static void add(List<ConflictSide> sides, ConflictSide side, List<String> replicas) {
        for (ConflictSide other : sides) {
            if (isSame(other, side)) {
                TreeSet<String> all = new TreeSet<>(other.getReplicas());
                all.addAll(replicas);
                other.setReplicas(List.copyOf(all));
                return;
            }
        }
        sides.add(ConflictSide.newBuilder(side).setReplicas(replicas).build());
    }

    private static boolean isSame(ConflictSide a, ConflictSide b) {
        return a.getVersion() == b.getVersion()
                && a.getDeleted() == b.getDeleted()
                && Objects.equals(a.getVector(), b.getVector())
                && Objects.equals(a.getDigest(), b.getDigest());
    }
}
