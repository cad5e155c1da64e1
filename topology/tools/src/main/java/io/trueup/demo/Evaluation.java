package io.trueup.demo;

import io.trueup.demo.cluster.EmittedRepair;
import io.trueup.demo.cluster.JobOutput.Snapshot;
import io.trueup.demo.fault.Fault;
import io.trueup.demo.fault.FaultKind;
import io.trueup.demo.fault.FaultTracker;
import io.trueup.demo.fault.Injection;
import io.trueup.demo.fault.RepairMatching;
import io.trueup.demo.fault.Scenarios;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Evaluates a run: matches the injected faults with the repairs, and assembles the report. */
final class Evaluation {

    private final DemoOptions options;
    private final Snapshot seen;
    private final FaultTracker tracker;
    private final Scenarios scenarios;
    private final ReplicaTables tables;
    private final RepairMatching matching;

    Evaluation(
            DemoOptions options,
            Snapshot seen,
            List<Injection> happened,
            FaultTracker tracker,
            Scenarios scenarios,
            ReplicaTables tables) {
        this.options = options;
        this.seen = seen;
        this.tracker = tracker;
        this.scenarios = scenarios;
        this.tables = tables;
        this.matching = RepairMatching.of(happened, seen.repairs(), tracker.open(), scenarios::explains);
    }

    /**
     * Assembles the report.
     *
     * @param keys number of keys loaded
     * @param writes number of writes to the feed
     * @param elapsedMs duration of the run
     * @param failure what went wrong, or null
     */
    DemoReport report(long keys, long writes, long elapsedMs, String failure) {
        long missed = matching.missed().size() + scenarios.missedBesideKeys(matching, tables.comparisons());
        return new DemoReport(
                new DemoReport.Setup(
                        keys,
                        options.replicas(),
                        options.partitions(),
                        options.seed(),
                        options.faults().stream().sorted().map(FaultKind::flag).toList()),
                new DemoReport.Outcome(
                        matching.falseRepairs().size(),
                        missed,
                        tables.allEqual(),
                        Math.round(elapsedMs / 100.0) / 10.0,
                        failure),
                new DemoReport.Faults(
                        matching.injected(),
                        matching.repaired(),
                        scenarios.results(options.faults(), matching, tables.comparisons()),
                        scenarios.include(FaultKind.OUTAGE) ? 1 : 0),
                repairs(),
                tables(writes),
                job());
    }

    private DemoReport.Repairs repairs() {
        Map<String, Long> byReplica = new TreeMap<>();
        options.replicaNames().forEach(replica -> byReplica.put(replica, 0L));
        seen.repairs().forEach(repair -> byReplica.merge(repair.target(), 1L, Long::sum));
        return new DemoReport.Repairs(
                byReplica,
                seen.repeatedRepairs(),
                seen.repairs().stream().filter(EmittedRepair::reference).count(),
                Latency.of(tracker.repaired()));
    }

    private DemoReport.Tables tables(long writes) {
        Map<String, Long> rows = new TreeMap<>();
        Map<String, Long> unequal = new TreeMap<>();
        tables.comparisons().forEach((replica, comparison) -> rows.put(replica, comparison.rows()));
        tables.comparisons().forEach((replica, comparison) -> unequal.put(replica, comparison.unequal()));
        return new DemoReport.Tables(writes, rows, unequal);
    }

    private DemoReport.JobCounts job() {
        return new DemoReport.JobCounts(
                seen.rounds().size(),
                seen.equalRoundsSince(0),
                seen.control().bytes(),
                seen.control().messages(),
                seen.totals().segments(),
                seen.totals().keys(),
                seen.totals().malformed(),
                seen.totals().deadLetters());
    }

    /** Repairs of rows without an injected fault that nothing explains. */
    List<EmittedRepair> falseRepairs() {
        return matching.falseRepairs();
    }

    /** Injected faults without a repair. */
    List<Fault> unrepaired() {
        return matching.unrepaired();
    }

    /** Faults whose row is still wrong. */
    List<Fault> open() {
        return tracker.open();
    }
}
