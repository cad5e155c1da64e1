package io.trueup.status;

import io.trueup.status.PartitionStatus.Lag;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Which replicas lag behind. Two that are further apart than the grace are not compared, and each of them names the other in its
 * report: the watermarks that both report of the same cut show which of them is behind.
 */
final class Lags {

    private final RoundHistory history;
    private final long graceMs;
    private final long patienceMs;
    /** How far each replica is behind, 0 if it does not lag, by the newest cut that shows it. */
    private final Map<String, Long> behindMs = new TreeMap<>();
    /** Pairs of which the reports do not show which one lags. */
    private final Set<Set<String>> undecided = new HashSet<>();

    /** @param fromMs earlier cuts are left out */
    Lags(RoundHistory history, long graceMs, long patienceMs, long fromMs) {
        this.history = history;
        this.graceMs = graceMs;
        this.patienceMs = patienceMs;
        history.sinceEqual().descendingMap().forEach((cut, reports) -> {
            if (cut >= fromMs) {
                at(cut, reports).forEach(behindMs::putIfAbsent);
            }
        });
    }

    private Map<String, Long> at(long cutMs, Map<String, Counts> reports) {
        Map<String, Long> shown = new TreeMap<>();
        reports.forEach((replica, report) -> {
            for (String other : report.lagging()) {
                Counts others = reports.get(other);
                long ownMs = others == null ? 0 : behindMs(report.watermarkMs(), others.watermarkMs(), cutMs);
                long othersMs = others == null ? 0 : behindMs(others.watermarkMs(), report.watermarkMs(), cutMs);
                if (ownMs == 0 && othersMs == 0) {
                    undecided.add(Set.of(replica, other));
                } else {
                    shown.merge(replica, ownMs, Math::max);
                    shown.merge(other, othersMs, Math::max);
                }
            }
            report.heard().stream()
                    .filter(other -> isCompared(other, reports))
                    .forEach(other -> shown.putIfAbsent(other, 0L));
        });
        return shown;
    }

    /** How far a replica is behind another one, by the rule by which reconcilers leave it out; 0 if it does not lag. */
    private long behindMs(long ownMs, long othersMs, long cutMs) {
        long aheadMs = Math.min(othersMs, cutMs);
        return aheadMs <= ownMs + graceMs ? 0 : aheadMs - ownMs;
    }

    /** Replicas that were not compared because one of them lags behind, and of which the reports do not show which. */
    Set<String> apart() {
        Set<String> apart = new TreeSet<>();
        undecided.stream()
                .filter(pair -> pair.stream().noneMatch(behindMs::containsKey))
                .forEach(apart::addAll);
        return apart;
    }

    /** The replicas that lag behind, by name. */
    List<Lag> lags() {
        List<Lag> lags = new ArrayList<>();
        behindMs.forEach((replica, ms) -> {
            if (ms == 0) {
                return;
            }
            long malformed = history.sinceEqual().values().stream()
                    .filter(reports -> reports.containsKey(replica))
                    .mapToLong(reports -> reports.get(replica).malformed())
                    .sum();
            lags.add(new Lag(replica, ms, comparedFromMs(replica), malformed, malformed > 0 && stands(replica)));
        });
        return lags;
    }

    /** Whether at least two reports show the watermark, and it has not moved since all owners held the same. */
    private boolean stands(String replica) {
        long[] watermarksMs = history.cuts().tailMap(history.equalMs(), true).values().stream()
                .filter(reports -> reports.containsKey(replica))
                .mapToLong(reports -> reports.get(replica).watermarkMs())
                .toArray();
        return watermarksMs.length > 1 && watermarksMs[watermarksMs.length - 1] <= watermarksMs[0];
    }

    /** The first cut since which the replica was not compared, and patience. */
    private OptionalLong comparedFromMs(String replica) {
        OptionalLong first = OptionalLong.empty();
        NavigableMap<Long, Map<String, Counts>> newestFirst = history.cuts().descendingMap();
        for (Map.Entry<Long, Map<String, Counts>> cut : newestFirst.entrySet()) {
            if (isCompared(replica, cut.getValue())) {
                return first.isEmpty() ? first : OptionalLong.of(first.getAsLong() + patienceMs);
            }
            if (isLagging(replica, cut.getValue())) {
                first = OptionalLong.of(cut.getKey());
            }
        }
        return OptionalLong.empty();
    }

    private static boolean isLagging(String replica, Map<String, Counts> reports) {
        return reports.values().stream().anyMatch(report -> report.lagging().contains(replica));
    }

    private static boolean isCompared(String replica, Map<String, Counts> reports) {
        return reports.entrySet().stream()
                .anyMatch(report -> !report.getKey().equals(replica)
                        && report.getValue().compared(replica)
                        && !isLagging(replica, reports));
    }
}
