package io.trueup.history;

import io.trueup.schema.Outcome;
import io.trueup.schema.RoundReport;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/**
 * A round of one partition, combined from the reports of its reconcilers. Of a figure that each of them counts for the whole
 * round, such as divergent keys, the maximum is taken; figures that each counts for itself, such as repairs that it emitted, are
 * added up. Not thread-safe.
 */
public final class Round {

    /**
     * Durations of answered repairs, from the repair event on.
     *
     * @param count how many repairs
     * @param leastMs the shortest time in milliseconds
     * @param mostMs the longest
     * @param exact true: they end at the write event that answers; false: they end at the report that counts it, which is later
     */
    public record Took(long count, long leastMs, long mostMs, boolean exact) {}

    private static final List<Outcome> BY_PRECEDENCE =
            List.of(Outcome.DIVERGENT, Outcome.LAGGING, Outcome.EQUAL, Outcome.ALONE, Outcome.SKIPPED);

    private final long cutMs;
    private final int partition;
    private final List<RoundReport> reports = new ArrayList<>();
    private final Map<String, Long> control = new TreeMap<>();
    private final Map<String, Took> took = new TreeMap<>();
    private long lastReportMs;

    Round(long cutMs, int partition) {
        this.cutMs = cutMs;
        this.partition = partition;
    }

    void add(RoundReport report, long timeMs, Took answers) {
        reports.add(report);
        lastReportMs = Math.max(lastReportMs, timeMs);
        if (answers != null) {
            took.put(report.getReplica(), answers);
        }
    }

    void addControl(String kind) {
        control.merge(kind, 1L, Long::sum);
    }

    boolean isReported() {
        return !reports.isEmpty();
    }

    /** Whether all known participants have reported. */
    boolean isComplete() {
        Set<String> expected = names(RoundReport::getHeard);
        expected.addAll(silent());
        expected.addAll(lagging());
        expected.addAll(disagreeing());
        return isReported() && reporters().containsAll(expected);
    }

    long lastReportMs() {
        return lastReportMs;
    }

    /** Its cut in milliseconds since the epoch. */
    public long cutMs() {
        return cutMs;
    }

    /** The partition of the dataset. */
    public int partition() {
        return partition;
    }

    /** The reports, in order of arrival. */
    public List<RoundReport> reports() {
        return List.copyOf(reports);
    }

    /** DIVERGENT if a report says so, else EQUAL if a report says so, else ALONE, else SKIPPED. */
    public Outcome outcome() {
        return BY_PRECEDENCE.stream()
                .filter(outcome -> reports.stream().anyMatch(report -> report.getOutcome() == outcome))
                .findFirst()
                .orElse(Outcome.SKIPPED);
    }

    /** Replicas whose reconcilers reported. */
    public Set<String> reporters() {
        Set<String> names = new TreeSet<>();
        reports.forEach(report -> names.add(report.getReplica()));
        return names;
    }

    /** Replicas that at least one reporter did not hear. */
    public Set<String> silent() {
        return names(RoundReport::getSilent);
    }

    /** Replicas that were left out because they lag behind as a whole. */
    public Set<String> lagging() {
        return names(RoundReport::getLagging);
    }

    /** Replicas that were left out because their settings differ. */
    public Set<String> disagreeing() {
        return names(RoundReport::getDisagreeing);
    }

    /** Replicas that were empty and are being filled. */
    public Set<String> seeding() {
        return names(RoundReport::getFilling);
    }

    /** Segments whose entries were compared. */
    public long segments() {
        return max(RoundReport::getSegments);
    }

    /** Keys that were compared one by one. */
    public long keys() {
        return max(RoundReport::getKeys);
    }

    /** Live entries at the cut. */
    public long entries() {
        return max(RoundReport::getEntries);
    }

    /** Divergent keys by kind. */
    public Map<String, Long> divergences() {
        return merged(RoundReport::getDivergences, Math::max);
    }

    /** Repair events emitted since the round before, by target. */
    public Map<String, Long> repairs() {
        return merged(RoundReport::getRepairs, Long::sum);
    }

    /** Repairs that the flood guard held back, by target. */
    public Map<String, Long> guarded() {
        return merged(RoundReport::getGuarded, Math::max);
    }

    /** Repairs answered with the winning or a newer entry since the round before, by target. */
    public Map<String, Long> verified() {
        return byReporter(RoundReport::getVerified);
    }

    /** Repairs answered with another entry since the round before, by target. */
    public Map<String, Long> declined() {
        return byReporter(RoundReport::getDeclined);
    }

    /** Durations of the repairs that this round reports as answered, by target, as far as known. */
    public Map<String, Took> took() {
        return new TreeMap<>(took);
    }

    /** Divergences left for later rounds. */
    public long waiting() {
        return max(RoundReport::getWaiting);
    }

    /** Divergences that still stand after all attempts. */
    public long failed() {
        return max(RoundReport::getFailed);
    }

    /** Keys for which no entry wins. */
    public long conflicts() {
        return max(RoundReport::getConflicts);
    }

    /** Control messages, as the reports count them. */
    public long controlMessages() {
        return total(RoundReport::getControlMessages);
    }

    /** Their encoded size in bytes. */
    public long controlBytes() {
        return total(RoundReport::getControlBytes);
    }

    /** Control messages of this cut in the control topics, by kind. */
    public Map<String, Long> control() {
        return new TreeMap<>(control);
    }

    /** Time from when the cut was due to the last report, in milliseconds. */
    public long durationMs() {
        return max(report -> report.getSealedAfterMs() + report.getDurationMs());
    }

    private long max(ToLongFunction<RoundReport> figure) {
        return reports.stream().mapToLong(figure).max().orElse(0);
    }

    /** The sum of a figure over the reports. */
    public long total(ToLongFunction<RoundReport> figure) {
        return reports.stream().mapToLong(figure).sum();
    }

    private Set<String> names(Function<RoundReport, ? extends Collection<String>> list) {
        Set<String> names = new TreeSet<>();
        reports.forEach(report -> names.addAll(list.apply(report)));
        return names;
    }

    private Map<String, Long> merged(Function<RoundReport, Map<String, Long>> counts, BinaryOperator<Long> how) {
        Map<String, Long> merged = new TreeMap<>();
        reports.forEach(report -> counts.apply(report).forEach((name, count) -> merged.merge(name, count, how)));
        merged.values().removeIf(count -> count == 0);
        return merged;
    }

    private Map<String, Long> byReporter(ToLongFunction<RoundReport> figure) {
        Map<String, Long> counts = new TreeMap<>();
        reports.forEach(report -> counts.merge(report.getReplica(), figure.applyAsLong(report), Long::sum));
        counts.values().removeIf(count -> count == 0);
        return counts;
    }
}
