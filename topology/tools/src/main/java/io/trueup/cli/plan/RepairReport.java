package io.trueup.cli.plan;

import io.trueup.cli.shell.Formats;
import io.trueup.cli.shell.JsonLines;
import io.trueup.cli.shell.TextTable;
import io.trueup.failure.KeyFormat;
import io.trueup.plan.Outcome;
import io.trueup.plan.PlanLine;
import io.trueup.plan.PlanRun;
import io.trueup.plan.PlannedRepair;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What became of the repairs of a plan: as text the lines that were not applied one by one, then how many were, by target; in JSON every
 * line. Prints what is known at once. Not thread-safe.
 */
final class RepairReport implements PlanRun.Listener {

    private static final int MAX_KEY_LENGTH = 120;

    private final PrintWriter out;
    private final boolean json;
    private final boolean dryRun;
    private final SortedMap<String, EnumMap<Outcome.Kind, Long>> counts = new TreeMap<>();
    private long settled;

    /** @param dryRun whether nothing is sent */
    RepairReport(PrintWriter out, boolean json, boolean dryRun) {
        this.out = out;
        this.json = json;
        this.dryRun = dryRun;
    }

    @Override
    public void settled(PlanLine line, String repairId, Outcome outcome) {
        settled++;
        counts.computeIfAbsent(line.repair().target(), target -> new EnumMap<>(Outcome.Kind.class))
                .merge(outcome.kind(), 1L, Long::sum);
        if (json) {
            new JsonLines(out).print(members(line, repairId, outcome));
        } else if (!isFine(outcome.kind())) {
            out.println(text(line, outcome));
            out.flush();
        }
    }

    private static boolean isFine(Outcome.Kind kind) {
        return kind == Outcome.Kind.APPLIED || kind == Outcome.Kind.SENDABLE;
    }

    private static String text(PlanLine line, Outcome outcome) {
        PlannedRepair repair = line.repair();
        return "line " + line.number() + ": " + KeyFormat.shortened(repair.key(), MAX_KEY_LENGTH) + " (partition "
                + repair.partition() + ") at " + repair.target() + ", " + repair.reason() + ": " + words(outcome);
    }

    private static String words(Outcome outcome) {
        if (outcome instanceof Outcome.Declined declined) {
            return "DECLINED, it holds " + declined.holds();
        }
        if (outcome instanceof Outcome.NotSent notSent) {
            return "NOT SENT: " + notSent.reason();
        }
        return heading(outcome.kind());
    }

    private static String heading(Outcome.Kind kind) {
        return kind == Outcome.Kind.SENDABLE ? "CAN BE SENT" : kind.name().replace('_', ' ');
    }

    private static Map<String, Object> members(PlanLine line, String repairId, Outcome outcome) {
        PlannedRepair repair = line.repair();
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("type", "repair");
        members.put("line", line.number());
        members.put("key", KeyFormat.of(repair.key()));
        members.put("keyHex", KeyFormat.hex(repair.key()));
        members.put("partition", repair.partition());
        members.put("target", repair.target());
        members.put("reason", repair.reason().name());
        members.put("id", repairId);
        members.put("outcome", outcome.kind().name());
        members.put("holds", outcome instanceof Outcome.Declined declined ? declined.holds() : null);
        members.put("notSent", outcome instanceof Outcome.NotSent notSent ? notSent.reason() : null);
        return members;
    }

    /**
     * Prints the sums.
     *
     * @param lines lines of the plan
     * @param complete whether the run has come to its end
     */
    void end(long lines, boolean complete) {
        if (json) {
            Map<String, Object> members = new LinkedHashMap<>();
            members.put("type", "summary");
            members.put("dryRun", dryRun);
            members.put("partial", !complete);
            members.put("repairs", lines);
            members.put("notReached", lines - settled);
            for (Outcome.Kind kind : kinds()) {
                members.put(kind.name(), count(kind));
            }
            members.put("targets", targets());
            new JsonLines(out).print(members);
        } else {
            printTable(lines, complete);
        }
        out.flush();
    }

    private void printTable(long lines, boolean complete) {
        if (lines == 0) {
            out.println("The plan has no repairs: nothing is sent.");
            return;
        }
        List<String> headings = new ArrayList<>(List.of("TARGET"));
        kinds().forEach(kind -> headings.add(heading(kind)));
        TextTable table = new TextTable(headings.toArray(String[]::new));
        counts.forEach((target, byKind) -> {
            List<String> row = new ArrayList<>(List.of(target));
            kinds().forEach(kind -> row.add(Formats.number(byKind.getOrDefault(kind, 0L))));
            table.row(row.toArray(String[]::new));
        });
        out.print(table);
        if (dryRun) {
            out.println("Dry run: nothing was sent.");
        }
        if (!complete) {
            out.println(
                    "PARTIAL: " + Formats.number(lines - settled) + " of " + Formats.number(lines)
                            + (lines == 1 ? " line was" : " lines were")
                            + " not reached. What was sent is sent, also where the answer is missing here. The plan can be run again.");
        }
    }

    private List<Outcome.Kind> kinds() {
        return dryRun
                ? List.of(Outcome.Kind.SENDABLE, Outcome.Kind.NOT_SENT)
                : List.of(Outcome.Kind.APPLIED, Outcome.Kind.DECLINED, Outcome.Kind.NO_ANSWER, Outcome.Kind.NOT_SENT);
    }

    private long count(Outcome.Kind kind) {
        return counts.values().stream()
                .mapToLong(byKind -> byKind.getOrDefault(kind, 0L))
                .sum();
    }

    private Map<String, Object> targets() {
        Map<String, Object> targets = new LinkedHashMap<>();
        counts.forEach((target, byKind) -> targets.put(target, JsonLines.sorted(byKind)));
        return targets;
    }

    /** Whether anything is known so far. */
    boolean hasBegun() {
        return settled > 0;
    }

    /** Whether every repair was applied, or could be sent. */
    boolean allFine() {
        return counts.values().stream()
                .flatMap(byKind -> byKind.keySet().stream())
                .allMatch(RepairReport::isFine);
    }
}
