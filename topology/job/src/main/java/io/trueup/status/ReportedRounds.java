package io.trueup.status;

import io.trueup.schema.Outcome;
import io.trueup.schema.RoundReport;
import io.trueup.schema.Wait;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.Predicate;

/**
 * The rounds of a dataset as its reconcilers report them. Takes reports in the order of their topic. Equality is concluded only
 * from a report that says so and has heard every other owner; that nothing is reported proves nothing. Not thread-safe.
 */
public final class ReportedRounds {

    /** So many intervals without a proof of equality may pass: a report comes up to two intervals after its cut. */
    private static final int MAX_INTERVALS = 4;

    /** Reasons to wait that time alone does not end; before that, a proof may be on its way. */
    private static final Set<String> PROOFS = Set.of("NOT_SEEN", "ABSENCE_UNKNOWN");

    private final long intervalMs;
    private final long graceMs;
    private final Map<Integer, Partition> partitions = new TreeMap<>();

    /**
     * @param intervalMs interval of rounds in milliseconds
     * @param graceMs grace in milliseconds
     * @param count how many partitions the dataset has
     * @param owners the replicas that own a partition, in order of name
     */
    public ReportedRounds(long intervalMs, long graceMs, int count, IntFunction<List<String>> owners) {
        this.intervalMs = intervalMs;
        this.graceMs = graceMs;
        for (int partition = 0; partition < count; partition++) {
            partitions.put(partition, new Partition(owners.apply(partition)));
        }
    }

    /** Takes a report; one of a replica that does not own the partition is ignored. */
    public void take(RoundReport report) {
        Partition partition = partitions.get(report.getPartition());
        if (partition != null && partition.owners.contains(report.getReplica())) {
            partition.take(report);
        }
    }

    /** For how long back reports must be read to know the present status, in milliseconds. */
    public static long neededMs(long intervalMs, long graceMs) {
        return graceMs + (MAX_INTERVALS + 2) * intervalMs;
    }

    /** The status of each partition at a time, in order. A partition with one owner is not compared, and left out. */
    public List<PartitionStatus> at(long nowMs) {
        List<PartitionStatus> all = new ArrayList<>();
        partitions.forEach((number, partition) -> {
            if (partition.owners.size() > 1) {
                all.add(partition.at(number, nowMs));
            }
        });
        return all;
    }

    /** The status of each replica that owns a partition, in order of name. */
    public List<ReplicaStatus> replicas() {
        Map<String, ReplicaStatus> replicas = new TreeMap<>();
        for (Partition partition : partitions.values()) {
            for (String owner : partition.owners) {
                RoundReport report = partition.latest.get(owner);
                ReplicaStatus one = new ReplicaStatus(
                        owner,
                        1,
                        report == null ? 0 : report.getEntries(),
                        report == null ? OptionalLong.empty() : OptionalLong.of(report.getCut()),
                        partition.malformed.getOrDefault(owner, 0L));
                replicas.merge(owner, one, ReplicaStatus::and);
            }
        }
        return List.copyOf(replicas.values());
    }

    private final class Partition {

        private final List<String> owners;
        private final Map<String, RoundReport> latest = new HashMap<>();
        private final Map<String, Long> malformed = new HashMap<>();
        private final Map<String, Long> sent = new TreeMap<>();
        private long verified;
        private long equalMs = Long.MIN_VALUE;
        /** Cuts since then at which some differed. */
        private final NavigableSet<Long> different = new TreeSet<>();

        Partition(List<String> owners) {
            this.owners = owners;
        }

        void take(RoundReport report) {
            latest.merge(report.getReplica(), report, (a, b) -> b.getCut() >= a.getCut() ? b : a);
            if (provesEquality(report) && report.getCut() >= equalMs) {
                equalMs = report.getCut();
                if (!different.isEmpty() && different.first() <= equalMs) {
                    different.headSet(equalMs, true).clear();
                    sent.clear();
                    verified = 0;
                }
            } else if (report.getOutcome() == Outcome.DIVERGENT && report.getCut() > equalMs) {
                different.add(report.getCut());
            }
            report.getRepairs().forEach((target, count) -> sent.merge(target, count, Long::sum));
            verified += report.getVerified();
            malformed.merge(report.getReplica(), report.getMalformed(), Long::sum);
        }

        private boolean provesEquality(RoundReport report) {
            return report.getOutcome() == Outcome.EQUAL && report.getHeard().size() == owners.size() - 1;
        }

        PartitionStatus at(int number, long nowMs) {
            long reportedMs = latest.values().stream()
                    .mapToLong(RoundReport::getCut)
                    .max()
                    .orElse(Long.MIN_VALUE);
            List<RoundReport> current = latest.values().stream()
                    .filter(report -> report.getCut() >= reportedMs - intervalMs)
                    .filter(report -> isRecent(report.getCut(), nowMs))
                    .toList();
            List<RoundReport> open = current.stream()
                    .filter(report -> report.getCut() > equalMs
                            || report.getCut() == equalMs && report.getOutcome() == Outcome.DIVERGENT)
                    .toList();
            PartitionStatus.Owners taking = new PartitionStatus.Owners(
                    owners,
                    silent(current),
                    names(open, RoundReport::getLagging),
                    names(open, RoundReport::getRebuilding),
                    names(open, RoundReport::getDisagreeing));
            PartitionStatus.Repairs repairs = new PartitionStatus.Repairs(
                    Map.copyOf(sent),
                    verified,
                    most(current, RoundReport::getFailed),
                    mostOf(current, RoundReport::getGuarded));
            Map<String, Long> needsPerson = mostOf(current, RoundReport::getNeedsPerson);
            List<PartitionStatus.Wait> waits = waits(current).stream()
                    .filter(wait -> !isRecent(wait.sinceMs(), nowMs))
                    .toList();
            return new PartitionStatus(
                    number,
                    state(open, repairs, needsPerson, waits, taking, nowMs),
                    new PartitionStatus.Cuts(
                            optional(equalMs),
                            different.isEmpty() ? OptionalLong.empty() : OptionalLong.of(different.first()),
                            optional(reportedMs)),
                    most(current, report -> Math.max(report.getEntries(), report.getMostEntries())),
                    mostOf(open, RoundReport::getDivergences),
                    repairs,
                    needsPerson,
                    waits,
                    taking,
                    notes(open));
        }

        private State state(
                List<RoundReport> open,
                PartitionStatus.Repairs repairs,
                Map<String, Long> needsPerson,
                List<PartitionStatus.Wait> waits,
                PartitionStatus.Owners taking,
                long nowMs) {
            if (repairs.heldBack().values().stream().anyMatch(count -> count > 0)) {
                return State.HELD_BACK;
            }
            if (repairs.failed() > 0) {
                return State.FAILING;
            }
            if (needsPerson.values().stream().anyMatch(count -> count > 0)) {
                return State.NEEDS_PERSON;
            }
            if (!waits.isEmpty()) {
                return State.WAITING_FOR_PROOF;
            }
            if (open.stream().anyMatch(report -> report.getOutcome() == Outcome.DIVERGENT)) {
                return State.DIFFERENT;
            }
            if (isRecent(equalMs, nowMs)) {
                return State.EQUAL;
            }
            if (!taking.silent().isEmpty() || !taking.disagreeing().isEmpty()) {
                return State.UNKNOWN;
            }
            return !taking.rebuilding().isEmpty()
                    ? State.REBUILDING
                    : taking.lagging().isEmpty() ? State.UNKNOWN : State.LAGGING;
        }

        /** Owners that have not reported lately, and that no current report has heard. */
        private Set<String> silent(Collection<RoundReport> current) {
            Set<String> silent = new TreeSet<>(owners);
            current.forEach(report -> {
                silent.remove(report.getReplica());
                silent.removeAll(report.getHeard());
                silent.removeAll(report.getRebuilding());
                silent.removeAll(report.getLagging());
                silent.removeAll(report.getDisagreeing());
            });
            return silent;
        }
    }

    private boolean isRecent(long cutMs, long nowMs) {
        return cutMs != Long.MIN_VALUE && cutMs >= nowMs - graceMs - MAX_INTERVALS * intervalMs;
    }

    private static OptionalLong optional(long cutMs) {
        return cutMs == Long.MIN_VALUE ? OptionalLong.empty() : OptionalLong.of(cutMs);
    }

    private static Set<String> names(List<RoundReport> reports, Function<RoundReport, List<String>> names) {
        Set<String> all = new TreeSet<>();
        reports.forEach(report -> all.addAll(names.apply(report)));
        return all;
    }

    private static long most(List<RoundReport> reports, Function<RoundReport, Long> count) {
        return reports.stream().map(count).reduce(0L, Math::max);
    }

    /** Each owner reports the same differences: the highest number of each counts. */
    private static Map<String, Long> mostOf(
            List<RoundReport> reports, Function<RoundReport, Map<String, Long>> counts) {
        Map<String, Long> most = new TreeMap<>();
        reports.forEach(report -> counts.apply(report).forEach((name, count) -> most.merge(name, count, Math::max)));
        return most;
    }

    private static List<PartitionStatus.Wait> waits(List<RoundReport> reports) {
        Map<String, PartitionStatus.Wait> waits = new TreeMap<>();
        for (RoundReport report : reports) {
            for (Wait wait : report.getWaits()) {
                if (PROOFS.contains(wait.getReason())) {
                    waits.merge(
                            wait.getTarget() + ' ' + wait.getReason(),
                            new PartitionStatus.Wait(
                                    wait.getTarget(), wait.getReason(), wait.getKeys(), wait.getSince()),
                            (a, b) -> new PartitionStatus.Wait(
                                    a.target(),
                                    a.reason(),
                                    Math.max(a.keys(), b.keys()),
                                    Math.min(a.sinceMs(), b.sinceMs())));
                }
            }
        }
        return List.copyOf(waits.values());
    }

    private static Set<String> notes(List<RoundReport> reports) {
        Set<String> notes = new TreeSet<>();
        reports.stream()
                .filter(report -> report.getNote() != null)
                .map(report -> report.getReplica() + ": " + report.getNote())
                .filter(Predicate.not(String::isBlank))
                .forEach(notes::add);
        return notes;
    }
}
