package io.trueup.demo;

import io.trueup.demo.Mending.Mended;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What happened, in sentences. */
final class Tale {

    private static final String ACCOUNT = "   %-20s %10s %10s %10s %14s %8s";

    private Tale() {}

    /** One fault and its repair. */
    static String of(Mended mended, SeenRepair repair) {
        Fault fault = mended.injection().fault();
        return happened(fault) + ": " + mended(repair) + ", right again after " + Screen.seconds(mended.afterMs());
    }

    private static String happened(Fault fault) {
        return switch (fault.kind()) {
            case LOST -> fault.victim() + " never got " + fault.key();
            case STALE, PROBE -> fault.victim() + " missed an update of " + fault.key();
            case CORRUPT -> fault.victim() + " garbled " + fault.key();
            case UNDELETED -> fault.victim() + " kept the deleted " + fault.key();
            case CONFLICT -> fault.victim() + " stored a value of its own for " + fault.key();
            case SCRUB -> "somebody broke " + fault.key() + " in the database of " + fault.victim();
            default -> fault.victim() + " was hit by " + fault.kind().flag();
        };
    }

    private static String mended(SeenRepair repair) {
        return repair.deleted()
                ? "told to delete it as of version " + repair.version()
                : repair.supplier() + " supplied version " + repair.version();
    }

    /** The end. */
    static List<String> verdict(DemoReport report) {
        List<String> lines = new ArrayList<>();
        lines.addAll(accounts(report.byFault()));
        lines.add((report.good() ? "EQUAL" : "NOT AS IT SHOULD BE") + " after " + report.seconds() + " s: "
                + faults(report) + report.missed() + " missed, " + report.falseRepairs() + " false repairs"
                + outages(report) + ".");
        if (report.failure() != null) {
            lines.add("   " + report.failure());
        }
        if (!report.converged()) {
            lines.add("   The tables are not known to be equal.");
        }
        lines.add("   " + report.rounds() + " rounds, " + report.roundsAllEqual() + " of them with all trees equal; "
                + Screen.bytes(report.controlBytes()) + " of control messages: " + counts(report.controlMessages())
                + ".");
        if (report.repairLatency().medianMs() >= 0) {
            lines.add("   From fault to repaired row: half within "
                    + Screen.seconds(report.repairLatency().medianMs()) + ", all within "
                    + Screen.seconds(report.repairLatency().maxMs()) + ".");
        }
        lines.add("");
        return lines;
    }

    /** One line for each kind of fault, below a heading. */
    static List<String> accounts(Map<String, Account> byFault) {
        List<String> lines = new ArrayList<>();
        if (!byFault.isEmpty()) {
            lines.add(String.format(ACCOUNT, "fault", "injected", "found", "repaired", "false repairs", "missed"));
            byFault.forEach((fault, account) -> lines.add(String.format(
                    ACCOUNT,
                    fault,
                    Screen.number(account.injected()),
                    Screen.number(account.found()),
                    Screen.number(account.repaired()),
                    Screen.number(account.falseRepairs()),
                    Screen.number(account.missed()))));
            lines.add("");
        }
        return lines;
    }

    private static String faults(DemoReport report) {
        long injected = sum(report.injected());
        return injected == 0 && !report.faults().isEmpty()
                ? ""
                : injected + " faults, " + sum(report.repaired()) + " repaired, ";
    }

    private static String outages(DemoReport report) {
        Account outage = report.byFault().get(FaultKind.OUTAGE.flag());
        if (report.outages() == 0 || outage == null) {
            return "";
        }
        return outage.repaired() == 0
                ? ", and none for the outage"
                : ", and " + Screen.number(outage.repaired()) + " repairs for the outage";
    }

    private static String counts(Map<String, Long> byType) {
        List<String> counts = new ArrayList<>();
        byType.forEach((type, count) -> counts.add(Screen.number(count) + " " + type));
        return counts.isEmpty() ? "none" : String.join(", ", counts);
    }

    private static long sum(Map<String, Long> counts) {
        return counts.values().stream().mapToLong(Long::longValue).sum();
    }
}
