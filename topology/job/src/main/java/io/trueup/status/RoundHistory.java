package io.trueup.status;

import java.util.Collection;
import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * What the owners of one partition have reported, by cut and replica, so that a report that comes twice counts once. Only the newest
 * cuts are kept apart; of older ones, since the owners were equal, only sums. Memory is therefore bounded: {@code maxCuts} times the
 * number of owners, some 200 bytes each. Not thread-safe.
 */
final class RoundHistory {

    private final int maxCuts;
    private final NavigableMap<Long, Map<String, Counts>> cuts = new TreeMap<>();
    private final Map<String, Long> malformed = new TreeMap<>();
    private final Sums older = new Sums();
    /** Cuts up to this one are no longer kept apart. */
    private long summedToMs = Long.MIN_VALUE;

    private long equalMs = Long.MIN_VALUE;
    private long differentMs = Long.MIN_VALUE;

    /** Sums over cuts. */
    static final class Sums {
        private final Map<String, Long> sent = new TreeMap<>();
        private long verified;
        private long declined;
        private long firstDifferentMs = Long.MAX_VALUE;

        private void add(Sums other) {
            other.sent.forEach((target, count) -> sent.merge(target, count, Long::sum));
            verified += other.verified;
            declined += other.declined;
            firstDifferentMs = Math.min(firstDifferentMs, other.firstDifferentMs);
        }

        private void add(long cutMs, Collection<Counts> reports) {
            for (Counts report : reports) {
                report.sent().forEach((target, count) -> sent.merge(target, count, Long::sum));
                verified += report.verified();
                declined += report.declined();
            }
            noteDifference(cutMs, reports);
        }

        private void noteDifference(long cutMs, Collection<Counts> reports) {
            if (reports.stream().anyMatch(Counts::different)) {
                firstDifferentMs = Math.min(firstDifferentMs, cutMs);
            }
        }

        private void clear() {
            sent.clear();
            verified = 0;
            declined = 0;
            firstDifferentMs = Long.MAX_VALUE;
        }

        /** Repairs sent, by target. */
        Map<String, Long> sent() {
            return Map.copyOf(sent);
        }

        long verified() {
            return verified;
        }

        long declined() {
            return declined;
        }

        /** The first cut at which some owners differed. */
        OptionalLong firstDifferentMs() {
            return firstDifferentMs == Long.MAX_VALUE ? OptionalLong.empty() : OptionalLong.of(firstDifferentMs);
        }
    }

    /** @param maxCuts how many cuts are kept apart */
    RoundHistory(int maxCuts) {
        this.maxCuts = maxCuts;
    }

    /** Takes a report; for a cut that is no longer kept apart, notes no more than a difference. */
    void take(String replica, long cutMs, Counts report) {
        if (report.different()) {
            differentMs = Math.max(differentMs, cutMs);
        }
        if (cutMs <= summedToMs) {
            return;
        }
        Map<String, Counts> reports = cuts.computeIfAbsent(cutMs, cut -> new TreeMap<>());
        Counts before = reports.get(replica);
        Counts after = before == null ? report : before.and(report);
        reports.put(replica, after);
        malformed.merge(replica, after.malformed() - (before == null ? 0 : before.malformed()), Long::sum);
        while (cuts.size() > maxCuts) {
            Map.Entry<Long, Map<String, Counts>> oldest = cuts.pollFirstEntry();
            summedToMs = oldest.getKey();
            if (summedToMs > equalMs) {
                older.add(summedToMs, oldest.getValue().values());
            }
        }
    }

    /** All owners held the same at a cut. */
    void equalAt(long cutMs) {
        if (cutMs <= equalMs) {
            return;
        }
        equalMs = cutMs;
        if (equalMs >= summedToMs) {
            older.clear();
        }
    }

    /** The latest cut at which all owners held the same; {@link Long#MIN_VALUE} if none is known. */
    long equalMs() {
        return equalMs;
    }

    /**
     * The latest cut at which some differed; {@link Long#MIN_VALUE} if all held the same at a later one, or none is known. A cut at
     * which one report says equal, and another one different, is one at which some differed.
     */
    long differentMs() {
        return differentMs >= equalMs ? differentMs : Long.MIN_VALUE;
    }

    /** What was done since all owners held the same. */
    Sums since() {
        Sums sums = new Sums();
        sums.add(older);
        cuts.tailMap(equalMs, false).forEach((cut, reports) -> sums.add(cut, reports.values()));
        if (equalMs != Long.MIN_VALUE) {
            sums.noteDifference(equalMs, cuts.getOrDefault(equalMs, Map.of()).values());
        }
        return sums;
    }

    /**
     * How many differences remain after all attempts. Each supplier reports its own, so they are added up for a cut; in the next
     * round, another replica may supply, so the cuts are not added up.
     *
     * @param fromMs earlier cuts are left out
     */
    long failed(long fromMs) {
        return cuts.tailMap(fromMs, true).values().stream()
                .mapToLong(reports ->
                        reports.values().stream().mapToLong(Counts::failed).sum())
                .max()
                .orElse(0);
    }

    /** Records that a replica could not read, in all reports. */
    long malformed(String replica) {
        return malformed.getOrDefault(replica, 0L);
    }

    /** The cuts that are kept apart and lie after the latest at which all owners held the same, with their reports by replica. */
    NavigableMap<Long, Map<String, Counts>> sinceEqual() {
        return cuts.tailMap(equalMs, false);
    }

    /** The cuts that are kept apart, with their reports by replica. */
    NavigableMap<Long, Map<String, Counts>> cuts() {
        return cuts;
    }
}
