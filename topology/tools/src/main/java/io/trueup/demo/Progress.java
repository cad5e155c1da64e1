package io.trueup.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What is to be seen while the demo runs, as text.
 *
 * @param elapsedMs since the start of the demo
 * @param planned faults planned in all
 * @param replicas one line each
 * @param seen what the job has written
 */
record Progress(long elapsedMs, int planned, List<Line> replicas, Sightings.Snapshot seen) {

    private static final String ROW = "   %-8s %12s %8s %9s %14s   %s";

    /**
     * One replica.
     *
     * @param name its name
     * @param keys live keys at its last cut, according to the job
     * @param faults faults that it had so far
     * @param repairs repair events for it so far
     * @param unequal faults that still stand
     * @param note what else is to be said, or empty
     */
    record Line(String name, long keys, long faults, long repairs, long unequal, String note) {}

    /** Counts per replica. */
    static List<Line> lines(
            List<String> replicas,
            List<Injection> happened,
            List<Fault> standing,
            Sightings.Snapshot seen,
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
                    standing.stream()
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
        panel.add(String.format("   %-12s %s", Screen.seconds(elapsedMs), job()));
        panel.add("");
        panel.addAll(table());
        panel.add("");
        return panel;
    }

    /** The replicas, one line each, below a heading. */
    List<String> table() {
        List<String> table = new ArrayList<>();
        table.add(String.format(ROW, "replica", "keys", "faults", "repairs", "still unequal", "")
                .stripTrailing());
        for (Line line : replicas) {
            table.add(String.format(
                            ROW,
                            line.name,
                            Screen.number(line.keys),
                            Screen.number(line.faults),
                            Screen.number(line.repairs),
                            Screen.number(line.unequal),
                            line.note)
                    .stripTrailing());
        }
        return table;
    }

    /** For anything but a terminal. */
    String line() {
        long faults = replicas.stream().mapToLong(Line::faults).sum();
        long unequal = replicas.stream().mapToLong(Line::unequal).sum();
        StringBuilder repairs = new StringBuilder();
        for (Line line : replicas) {
            repairs.append(' ').append(line.name).append(' ').append(line.repairs);
            repairs.append(line.note.isEmpty() ? "" : " (" + line.note + ")");
        }
        String found = planned == 0
                ? Screen.number(seen.repairs().size()) + " repairs"
                : faults + " of " + planned + " faults in, " + unequal + " still unequal, repairs:" + repairs;
        return String.format("   %7s  %s · %s", Screen.seconds(elapsedMs), job(), found);
    }

    private String job() {
        return round() + " · " + Screen.number(seen.segments()) + " segments compared · "
                + Screen.bytes(seen.controlBytes()) + " of control messages";
    }

    private String round() {
        if (seen.rounds().isEmpty()) {
            return "no round yet";
        }
        Sightings.RoundState last = seen.rounds().get(seen.rounds().size() - 1);
        for (Sightings.RoundState round : seen.rounds()) {
            if (round.reports() >= seen.reportsPerRound()) {
                last = round;
            }
        }
        return "round " + seen.rounds().size() + ": " + last.equal() + " of " + seen.reportsPerRound() + " trees equal";
    }
}
