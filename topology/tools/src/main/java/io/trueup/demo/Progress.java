package io.trueup.demo;

import io.trueup.demo.cluster.JobOutput.RoundCounts;
import io.trueup.demo.cluster.JobOutput.Snapshot;
import io.trueup.demo.console.Figures;
import io.trueup.demo.fault.Fault;
import io.trueup.demo.fault.Injection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The progress of a run, as text.
 *
 * @param elapsedMs time since the start of the demo
 * @param planned number of planned faults
 * @param replicas one line each
 * @param seen what the job has written
 */
record Progress(long elapsedMs, int planned, List<Line> replicas, Snapshot seen) {

    private static final String ROW = "   %-8s %12s %8s %9s %9s   %s";

    /**
     * One replica.
     *
     * @param name its name
     * @param keys live keys at its last cut, according to the job
     * @param faults faults that happened to it
     * @param repairs repair events for it
     * @param unequal faults whose row is still wrong
     * @param note a remark, or empty
     */
    record Line(String name, long keys, long faults, long repairs, long unequal, String note) {}

    /** Counts by replica. */
    static List<Line> lines(
            List<String> replicas,
            List<Injection> happened,
            List<Fault> open,
            Snapshot seen,
            Map<String, String> notes) {
        List<Line> lines = new ArrayList<>();
        for (String replica : replicas) {
            lines.add(new Line(
                    replica,
                    seen.entries().getOrDefault(replica, 0L),
                    happened.stream()
                            .filter(injection -> injection.fault().victim().equals(replica))
                            .count(),
                    seen.repairs().stream()
                            .filter(repair -> repair.target().equals(replica))
                            .count(),
                    open.stream()
                            .filter(fault -> fault.victim().equals(replica))
                            .count(),
                    notes.getOrDefault(replica, "")));
        }
        return lines;
    }

    /** For a terminal. */
    List<String> panel() {
        List<String> panel = new ArrayList<>();
        panel.add("");
        panel.add(String.format("   %-12s %s", Figures.seconds(elapsedMs), job()));
        panel.add("");
        panel.addAll(table());
        panel.add("");
        return panel;
    }

    /** The replicas, one line each, below a heading. */
    List<String> table() {
        List<String> table = new ArrayList<>();
        table.add(String.format(ROW, "replica", "keys", "faults", "repairs", "unequal", "")
                .stripTrailing());
        for (Line line : replicas) {
            table.add(String.format(
                            ROW,
                            line.name,
                            Figures.number(line.keys),
                            Figures.number(line.faults),
                            Figures.number(line.repairs),
                            Figures.number(line.unequal),
                            line.note)
                    .stripTrailing());
        }
        return table;
    }

    /** For any other output than a terminal. */
    String line() {
        String faults = planned == 0 ? Figures.number(seen.repairs().size()) + " repairs" : faults();
        return String.format("   %7s  %s · %s", Figures.seconds(elapsedMs), job(), faults);
    }

    private String faults() {
        long faults = replicas.stream().mapToLong(Line::faults).sum();
        long unequal = replicas.stream().mapToLong(Line::unequal).sum();
        List<String> repairs = new ArrayList<>();
        for (Line line : replicas) {
            repairs.add(line.name + " " + line.repairs + (line.note.isEmpty() ? "" : " (" + line.note + ")"));
        }
        return padded(faults, planned) + " of " + planned + " faults injected, " + padded(unequal, planned)
                + " unequal · repairs: " + String.join(", ", repairs);
    }

    private String job() {
        return String.format(
                "%s · %7s segments compared · %8s of control messages",
                round(),
                Figures.number(seen.totals().segments()),
                Figures.bytes(seen.control().bytes()));
    }

    private String round() {
        if (seen.rounds().isEmpty()) {
            return "no round yet";
        }
        RoundCounts last = seen.rounds().get(seen.rounds().size() - 1);
        for (RoundCounts round : seen.rounds()) {
            if (round.reports() >= seen.reportsPerRound()) {
                last = round;
            }
        }
        return String.format(
                "round %3d: %s of %d trees equal",
                seen.rounds().size(), padded(last.equal(), seen.reportsPerRound()), seen.reportsPerRound());
    }

    /** A number that is right-aligned to the width of its maximum. */
    private static String padded(long number, long maximum) {
        return String.format("%" + String.valueOf(maximum).length() + "d", number);
    }
}
