package io.trueup.demo;

import io.trueup.demo.cluster.Cluster;
import io.trueup.demo.cluster.EmittedRepair;
import io.trueup.demo.cluster.Topics;
import io.trueup.demo.console.Figures;
import io.trueup.demo.console.Screen;
import io.trueup.demo.fault.Fault;
import io.trueup.demo.fault.FaultKind;
import io.trueup.demo.fault.FaultResult;
import io.trueup.demo.fault.FaultTracker.Repaired;
import io.trueup.demo.feed.TableComparison;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the demo prints apart from progress: the steps, examples of repairs, and the verdict. */
final class Transcript {

    private static final int MAX_LOG_LINES = 30;
    private static final int MIN_KIND_WIDTH = 10;
    private static final String RESULT = "   %-20s %10s %10s %10s %14s %8s";

    private final Screen screen;

    Transcript(Screen screen) {
        this.screen = screen;
    }

    void heading(DemoOptions options) {
        screen.print(
                "",
                "Trueup demo: " + options.replicas() + " replicas, " + options.partitions() + " partitions, "
                        + (options.keys() == 0 ? "all" : Figures.number(options.keys())) + " keys, seed "
                        + options.seed(),
                "");
    }

    /**
     * Prints a step that is done.
     *
     * @param tookMs duration of the step
     * @param details further lines
     */
    void step(int number, String what, long tookMs, String... details) {
        List<String> lines = new ArrayList<>();
        lines.add(number + ". " + what + " (" + Figures.seconds(tookMs) + ")");
        for (String detail : details) {
            lines.add("   " + detail);
        }
        screen.print(lines);
    }

    /** Prints a detail of the last step. */
    void detail(String line) {
        screen.print("   " + line);
    }

    void blankLine() {
        screen.print("");
    }

    /** Prints the start of a run without faults. */
    void quiet(int writesPerSecond, int rounds) {
        screen.print(
                "6. No faults, but " + writesPerSecond + " writes per second for " + rounds + " rounds",
                "   Nothing is broken. The replicas must exchange root hashes only, and nothing may be repaired.");
    }

    /**
     * Prints the start of a run with faults.
     *
     * @param planned number of faults of single rows
     */
    void faults(Collection<FaultKind> kinds, int planned, int writesPerSecond) {
        screen.print("6. " + (planned == 0 ? "A fault" : planned + " faults") + ", while " + writesPerSecond
                + " writes per second continue:");
        int width = kinds.stream().mapToInt(kind -> kind.flag().length()).max().orElse(0);
        String line = "%-" + Math.max(MIN_KIND_WIDTH, width) + "s %s";
        kinds.stream().sorted().forEach(kind -> detail(String.format(line, kind.flag(), kind.description())));
        if (planned > 0) {
            detail("No other write touches these keys, so only a repair can fix them.");
        }
    }

    /** Prints one example for each kind of fault. */
    void examples(List<Repaired> repaired, List<EmittedRepair> repairs) {
        if (repaired.isEmpty()) {
            return;
        }
        screen.print("   For example:");
        Map<String, EmittedRepair> byRow = new LinkedHashMap<>();
        repairs.forEach(repair -> byRow.put(repair.key() + "@" + repair.target(), repair));
        for (FaultKind kind : FaultKind.values()) {
            repaired.stream()
                    .filter(fault -> fault.injection().fault().kind() == kind)
                    .filter(fault -> byRow.containsKey(row(fault)))
                    .findFirst()
                    .ifPresent(fault -> detail(example(fault, byRow.get(row(fault)))));
        }
        blankLine();
    }

    private static String row(Repaired repaired) {
        Fault fault = repaired.injection().fault();
        return fault.key() + "@" + fault.victim();
    }

    /** One fault and its repair. */
    static String example(Repaired repaired, EmittedRepair repair) {
        String how = repair.deleted()
                ? "repaired by a delete as of version " + repair.version()
                : "repaired with version " + repair.version() + " from " + repair.supplier();
        return happened(repaired.injection().fault()) + ": " + how + ", after " + Figures.seconds(repaired.afterMs());
    }

    private static String happened(Fault fault) {
        return switch (fault.kind()) {
            case LOST -> fault.victim() + " never received " + fault.key();
            case STALE, PROBE -> fault.victim() + " missed an update of " + fault.key();
            case CORRUPT -> fault.victim() + " garbled " + fault.key();
            case UNDELETED -> fault.victim() + " kept the deleted key " + fault.key();
            case CONFLICT -> fault.victim() + " stored a different value for " + fault.key();
            case SCRUB -> fault.key() + " was broken in the database of " + fault.victim();
            case OUTAGE, TTL, EXPIRED_TOMBSTONES, EMPTY_REPLICA, MEMBERSHIP, WRONG_PARTITIONER ->
                fault.victim() + " was hit by " + fault.kind().flag();
        };
    }

    /** Prints the tables compared with the feed. */
    void tables(Map<String, TableComparison> comparisons) {
        comparisons.forEach((replica, comparison) -> {
            screen.print(String.format(
                    "   %-8s %12s rows   %s",
                    replica,
                    Figures.number(comparison.rows()),
                    comparison.equal() ? "equal" : Figures.number(comparison.unequal()) + " UNEQUAL"));
            comparison.sample().forEach(difference -> screen.print("            " + difference));
        });
        blankLine();
    }

    void verdict(DemoReport report, Evaluation evaluation, Cluster cluster) {
        screen.print(verdict(report));
        if (!report.good()) {
            sample("repaired without an injected fault: ", evaluation.falseRepairs());
            sample("injected, but not repaired: ", evaluation.unrepaired());
            sample("still unequal: ", evaluation.open());
            screen.print(endOfLog(cluster));
        }
    }

    private void sample(String what, List<?> items) {
        items.stream().limit(TableComparison.MAX_SAMPLE).forEach(item -> detail(what + item));
    }

    /** Prints where the report with pictures is. */
    void html(Path file) {
        screen.print("   Report with pictures: " + file.toAbsolutePath(), "");
    }

    static List<String> verdict(DemoReport report) {
        List<String> lines = new ArrayList<>();
        lines.addAll(results(report.faults().byFault()));
        lines.add((report.good() ? "EQUAL" : "FAILED") + " after "
                + report.outcome().seconds() + " s: " + faults(report)
                + report.outcome().missed() + " missed, " + report.outcome().falseRepairs() + " false repairs"
                + outages(report) + ".");
        if (report.outcome().failure() != null) {
            lines.add("   " + report.outcome().failure());
        }
        if (!report.outcome().converged()) {
            lines.add("   It is not known whether the tables are equal.");
        }
        lines.add("   " + report.job().rounds() + " rounds, all trees equal in "
                + report.job().roundsAllEqual() + " of them. Control messages: "
                + Figures.bytes(report.job().controlBytes()) + " ("
                + counts(report.job().controlMessages()) + ").");
        Latency latency = report.repairs().repairLatency();
        if (latency.medianMs() >= 0) {
            lines.add("   Time from fault to repaired row: median " + Figures.seconds(latency.medianMs()) + ", maximum "
                    + Figures.seconds(latency.maxMs()) + ".");
        }
        lines.add("");
        return lines;
    }

    /** One line for each kind of fault, below a heading. */
    private static List<String> results(Map<String, FaultResult> byFault) {
        List<String> lines = new ArrayList<>();
        if (!byFault.isEmpty()) {
            lines.add(String.format(RESULT, "fault", "injected", "found", "repaired", "false repairs", "missed"));
            byFault.forEach((fault, result) -> lines.add(String.format(
                    RESULT,
                    fault,
                    Figures.number(result.injected()),
                    Figures.number(result.found()),
                    Figures.number(result.repaired()),
                    Figures.number(result.falseRepairs()),
                    Figures.number(result.missed()))));
            lines.add("");
        }
        return lines;
    }

    private static String faults(DemoReport report) {
        long injected = sum(report.faults().injected());
        return injected == 0 && !report.setup().faults().isEmpty()
                ? ""
                : injected + " faults, " + sum(report.faults().repaired()) + " repaired, ";
    }

    private static String outages(DemoReport report) {
        FaultResult outage = report.faults().byFault().get(FaultKind.OUTAGE.flag());
        if (report.faults().outages() == 0 || outage == null) {
            return "";
        }
        return outage.repaired() == 0
                ? ", no repairs for the outage"
                : ", " + Figures.number(outage.repaired()) + " repairs for the outage";
    }

    private static String counts(Map<String, Long> byType) {
        List<String> counts = new ArrayList<>();
        byType.forEach((type, count) -> counts.add(Figures.number(count) + " " + type));
        return counts.isEmpty() ? "none" : String.join(", ", counts);
    }

    private static long sum(Map<String, Long> counts) {
        return counts.values().stream().mapToLong(Long::longValue).sum();
    }

    private static List<String> endOfLog(Cluster cluster) {
        try {
            List<String> log = Files.readAllLines(cluster.log());
            List<String> lines = new ArrayList<>();
            lines.add("   End of the log:");
            log.subList(Math.max(0, log.size() - MAX_LOG_LINES), log.size()).forEach(line -> lines.add("   | " + line));
            return lines;
        } catch (IOException e) {
            return List.of("   There is no log: " + e.getMessage());
        }
    }

    /** Prints what an operator needs to explore the running cluster. */
    void stay(Cluster cluster, List<String> replicas) {
        screen.print(
                "Everything keeps running until Ctrl-C. To explore it:",
                "   broker     " + cluster.bootstrapServers(),
                "   topics     " + String.join(" ", Topics.all(replicas)),
                "   log        " + cluster.log());
        for (String replica : replicas) {
            detail("database   " + cluster.database(replica) + ", settings " + cluster.writeReplicaFile(replica));
        }
        detail("settings   " + cluster.writeJobFile() + ", for commands such as: trueup history -c FILE");
    }
}
