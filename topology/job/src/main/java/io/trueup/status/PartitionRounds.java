package io.trueup.status;

import io.trueup.schema.DivergentKey;
import io.trueup.schema.Outcome;
import io.trueup.schema.RoundReport;
import io.trueup.schema.Wait;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * The reported rounds of one partition. Keeps two whole reports of each owner, its latest and its latest that says different, and the
 * counts of a {@link RoundHistory}. Not thread-safe.
 */
final class PartitionRounds {

    /** Reasons to wait that time alone does not end; before that, a proof may be on its way. */
    private static final Set<String> PROOFS = Set.of("NOT_SEEN", "ABSENCE_UNKNOWN");

    private final RoundTimes times;
    private final List<String> owners;
    private final RoundHistory history;
    private final Map<String, RoundReport> latest = new HashMap<>();
    private final Map<String, RoundReport> latestDifferent = new HashMap<>();
    private final Map<String, Long> lastHeardMs = new TreeMap<>();
    private long equalEntries;
    /** When the latest report came that could not be read. */
    private long unreadMs = Long.MIN_VALUE;

    PartitionRounds(RoundTimes times, List<String> owners) {
        this.times = times;
        this.owners = List.copyOf(owners);
        history = new RoundHistory(times.keptCuts());
    }

    List<String> owners() {
        return owners;
    }

    /** The latest report of an owner; null if there is none. */
    RoundReport latest(String owner) {
        return latest.get(owner);
    }

    /** Records that an owner could not read. */
    long malformed(String owner) {
        return history.malformed(owner);
    }

    /** Takes a report of an owner. */
    void take(RoundReport report) {
        String replica = report.getReplica();
        long cutMs = report.getCut();
        latest.merge(replica, report, PartitionRounds::later);
        if (report.getOutcome() == Outcome.DIVERGENT) {
            latestDifferent.merge(replica, report, PartitionRounds::later);
        }
        if (provesEquality(report)) {
            if (cutMs >= history.equalMs()) {
                equalEntries = report.getEntries();
            }
            history.equalAt(cutMs);
        }
        history.take(replica, cutMs, Counts.of(report));
        heard(replica, cutMs);
        List.of(report.getHeard(), report.getLagging(), report.getRebuilding(), report.getDisagreeing())
                .forEach(names -> names.forEach(name -> heard(name, cutMs)));
    }

    private static RoundReport later(RoundReport a, RoundReport b) {
        return b.getCut() >= a.getCut() ? b : a;
    }

    private void heard(String replica, long cutMs) {
        if (owners.contains(replica)) {
            lastHeardMs.merge(replica, cutMs, Math::max);
        }
    }

    /** A report that may concern this partition came at a time, and could not be read. */
    void unread(long atMs) {
        unreadMs = Math.max(unreadMs, atMs);
    }

    /**
     * Whether a report shows that all owners held the same: it has found no difference among its replica and those that it has heard,
     * and all present owners are among these. How many it has heard shows nothing: they may be owners of an earlier placement.
     */
    private boolean provesEquality(RoundReport report) {
        Set<String> compared = new HashSet<>(report.getHeard());
        compared.add(report.getReplica());
        return report.getOutcome() == Outcome.EQUAL && compared.containsAll(owners);
    }

    PartitionStatus at(int number, long nowMs) {
        long equalMs = history.equalMs();
        long differentMs = history.differentMs();
        long reportedMs =
                latest.values().stream().mapToLong(RoundReport::getCut).max().orElse(Long.MIN_VALUE);
        List<RoundReport> current = latest.values().stream()
                .filter(report -> report.getCut() >= reportedMs - times.intervalMs())
                .filter(report -> times.isRecent(report.getCut(), nowMs))
                .toList();
        List<RoundReport> open =
                current.stream().filter(report -> report.getCut() > equalMs).toList();
        boolean differs = times.isRecent(differentMs, nowMs);
        List<RoundReport> different = latestDifferent.values().stream()
                .filter(report -> differs && report.getCut() >= Math.max(equalMs, differentMs - times.intervalMs()))
                .toList();
        List<RoundReport> both = new ArrayList<>(open);
        different.stream().filter(report -> !open.contains(report)).forEach(both::add);
        RoundHistory.Sums since = history.since();
        PartitionStatus.Repairs repairs = new PartitionStatus.Repairs(
                since.sent(),
                since.verified(),
                since.declined(),
                differs ? history.failed(Math.max(equalMs, differentMs - times.intervalMs())) : 0,
                mostOf(both, RoundReport::getGuarded),
                paused(reportedMs),
                windows(current, nowMs));
        Map<String, Long> needsPerson = mostOf(both, RoundReport::getNeedsPerson);
        List<PartitionStatus.Wait> waits = waits(both, nowMs);
        PartitionStatus.Owners taking = owners(open, reportedMs, nowMs);
        SortedSet<State> states = states(repairs, needsPerson, waits, taking, nowMs);
        return new PartitionStatus(
                number,
                states,
                new PartitionStatus.Cuts(
                        optional(equalMs),
                        since.firstDifferentMs(),
                        optional(differentMs),
                        optional(reportedMs),
                        current.stream()
                                .mapToLong(RoundReport::getRoundsWithoutComparison)
                                .min()
                                .orElse(0),
                        !current.isEmpty()),
                states.contains(State.EQUAL) ? equalEntries : entries(current),
                differences(different),
                repairs,
                needsPerson,
                waits,
                taking,
                notes(open));
    }

    /** The owners for which a maintenance window is open now, by the latest reports. */
    private static Map<String, PartitionStatus.Window> windows(List<RoundReport> current, long nowMs) {
        Map<String, PartitionStatus.Window> windows = new TreeMap<>();
        current.forEach(report -> report.getWindows().forEach((target, untilMs) -> {
            if (untilMs > nowMs) {
                PartitionStatus.Window open = new PartitionStatus.Window(
                        untilMs, report.getWindowRates().getOrDefault(target, 0));
                windows.merge(target, open, PartitionStatus.Window::or);
            }
        }));
        return windows;
    }

    /** The owners whose repairs are paused, by the reports of the latest cut, however old: nobody has resumed them since, as far as is known. */
    private Map<String, Long> paused(long reportedMs) {
        return mostOf(
                latest.values().stream()
                        .filter(report -> report.getCut() == reportedMs)
                        .toList(),
                RoundReport::getPaused);
    }

    private SortedSet<State> states(
            PartitionStatus.Repairs repairs,
            Map<String, Long> needsPerson,
            List<PartitionStatus.Wait> waits,
            PartitionStatus.Owners taking,
            long nowMs) {
        Set<State> states = EnumSet.noneOf(State.class);
        add(states, State.HELD_BACK, isSome(repairs.heldBack()));
        add(states, State.FAILING, repairs.failed() > 0);
        add(states, State.NEEDS_PERSON, isSome(needsPerson));
        add(states, State.WAITING_FOR_PROOF, !waits.isEmpty());
        add(states, State.DIFFERENT, times.isRecent(history.differentMs(), nowMs));
        boolean comparedOfLate = !states.isEmpty();
        add(states, State.REBUILDING, !taking.rebuilding().isEmpty());
        add(states, State.LAGGING, !taking.lags().isEmpty() || !taking.apart().isEmpty());
        boolean notTakingPart =
                !taking.silent().isEmpty() || !taking.disagreeing().isEmpty();
        if (isEqual(nowMs)) {
            add(states, State.EQUAL, states.isEmpty());
        } else if (!comparedOfLate) {
            add(states, State.UNKNOWN, states.isEmpty() || notTakingPart || differedOnce());
        }
        return Collections.unmodifiableSortedSet(new TreeSet<>(states));
    }

    private static void add(Set<State> states, State state, boolean applies) {
        if (applies) {
            states.add(state);
        }
    }

    private static boolean isSome(Map<String, Long> counts) {
        return counts.values().stream().anyMatch(count -> count > 0);
    }

    /** Whether a difference is known, however old, and no report shows that all owners were equal later. */
    private boolean differedOnce() {
        return history.differentMs() != Long.MIN_VALUE;
    }

    /**
     * Whether all owners were equal of late, and nothing is known against it. A report that cannot be read may say the opposite, unless
     * there is a proof of about the same round: a report comes up to two intervals after its cut and the grace.
     */
    private boolean isEqual(long nowMs) {
        boolean readAll =
                unreadMs == Long.MIN_VALUE || history.equalMs() >= unreadMs - times.graceMs() - 2 * times.intervalMs();
        return times.isRecent(history.equalMs(), nowMs) && !differedOnce() && readAll;
    }

    private PartitionStatus.Owners owners(List<RoundReport> open, long reportedMs, long nowMs) {
        Set<String> silent = new TreeSet<>();
        for (String owner : owners) {
            Long heardMs = lastHeardMs.get(owner);
            if (heardMs == null || heardMs < reportedMs - times.intervalMs() || !times.isRecent(heardMs, nowMs)) {
                silent.add(owner);
            }
        }
        boolean someLag = open.stream().anyMatch(report -> !report.getLagging().isEmpty());
        Optional<Lags> lags = someLag
                ? Optional.of(new Lags(history, times.graceMs(), times.patienceMs(), reportedMs - times.intervalMs()))
                : Optional.empty();
        return new PartitionStatus.Owners(
                owners,
                Map.copyOf(lastHeardMs),
                silent,
                lags.map(Lags::lags).orElse(List.of()),
                lags.map(Lags::apart).orElse(Set.of()),
                names(open, RoundReport::getRebuilding),
                names(open, RoundReport::getDisagreeing));
    }

    /** The sample of a report names all differences where there are few; then it shows how many keys they concern. */
    private PartitionStatus.Differences differences(List<RoundReport> different) {
        Map<String, Long> byKind = mostOf(different, RoundReport::getDivergences);
        RoundReport fullest = different.stream()
                .max(Comparator.comparingLong(PartitionRounds::differences))
                .orElse(null);
        if (fullest != null && fullest.getSample().size() == sum(byKind)) {
            Set<String> targets = new TreeSet<>();
            Set<String> keys = new HashSet<>();
            for (DivergentKey key : fullest.getSample()) {
                targets.addAll(List.of(key.getTarget().split(",")));
                keys.add(key.getKeyHash());
            }
            return new PartitionStatus.Differences(byKind, OptionalLong.of(keys.size()), targets);
        }
        return new PartitionStatus.Differences(
                byKind, owners.size() == 2 ? OptionalLong.of(sum(byKind)) : OptionalLong.empty(), Set.of());
    }

    private static long differences(RoundReport report) {
        return sum(report.getDivergences());
    }

    private static long sum(Map<String, Long> counts) {
        return counts.values().stream().mapToLong(Long::longValue).sum();
    }

    private static long entries(List<RoundReport> reports) {
        return reports.stream()
                .mapToLong(report -> Math.max(report.getEntries(), report.getMostEntries()))
                .max()
                .orElse(0);
    }

    private static OptionalLong optional(long cutMs) {
        return cutMs == Long.MIN_VALUE ? OptionalLong.empty() : OptionalLong.of(cutMs);
    }

    private static Set<String> names(List<RoundReport> reports, Function<RoundReport, List<String>> names) {
        Set<String> all = new TreeSet<>();
        reports.forEach(report -> all.addAll(names.apply(report)));
        return all;
    }

    /** Each owner reports the same differences: the highest number of each counts. */
    private static Map<String, Long> mostOf(
            List<RoundReport> reports, Function<RoundReport, Map<String, Long>> counts) {
        Map<String, Long> most = new TreeMap<>();
        reports.forEach(report -> counts.apply(report).forEach((name, count) -> most.merge(name, count, Math::max)));
        return most;
    }

    private List<PartitionStatus.Wait> waits(List<RoundReport> reports, long nowMs) {
        Map<String, PartitionStatus.Wait> waits = new TreeMap<>();
        for (RoundReport report : reports) {
            for (Wait wait : report.getWaits()) {
                if (PROOFS.contains(wait.getReason()) && times.isOld(wait.getSince(), nowMs)) {
                    waits.merge(
                            wait.getTarget() + ' ' + wait.getReason(),
                            wait(wait.getTarget(), wait.getReason(), wait.getKeys(), wait.getSince()),
                            (a, b) -> wait(
                                    a.target(),
                                    a.reason(),
                                    Math.max(a.keys(), b.keys()),
                                    Math.min(a.sinceMs(), b.sinceMs())));
                }
            }
        }
        return List.copyOf(waits.values());
    }

    /** Patience ends the wait for a replica that has not seen a write: a person is asked then. */
    private PartitionStatus.Wait wait(String target, String reason, long keys, long sinceMs) {
        return new PartitionStatus.Wait(
                target,
                reason,
                keys,
                sinceMs,
                reason.equals("NOT_SEEN") ? OptionalLong.of(sinceMs + times.patienceMs()) : OptionalLong.empty());
    }

    private static Set<String> notes(List<RoundReport> reports) {
        Set<String> notes = new TreeSet<>();
        reports.stream()
                .filter(report -> report.getNote() != null && !report.getNote().isBlank())
                .map(report -> report.getReplica() + ": " + report.getNote())
                .forEach(notes::add);
        return notes;
    }
}
