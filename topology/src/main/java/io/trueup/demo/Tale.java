package io.trueup.demo;

import io.trueup.demo.Mending.Mended;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What happened, in sentences. */
final class Tale {

    private Tale() {}

    /** One fault and its repair. */
    static String of(Mended mended, SeenRepair repair) {
        Fault fault = mended.injection().fault();
        return happened(fault) + ": " + mended(repair) + ", right again after " + Screen.seconds(mended.afterMs());
    }

    private static String happened(Fault fault) {
        return switch (fault.kind()) {
            case LOST -> fault.victim() + " never got " + fault.key();
            case STALE -> fault.victim() + " missed an update of " + fault.key();
            case CORRUPT -> fault.victim() + " garbled " + fault.key();
            case UNDELETED -> fault.victim() + " kept the deleted " + fault.key();
            case OUTAGE -> fault.victim() + " was down";
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
        long injected = sum(report.injected());
        lines.add((report.good() ? "EQUAL" : "NOT AS IT SHOULD BE") + " after " + report.seconds() + " s: " + injected
                + " faults, " + sum(report.repaired()) + " repaired, " + report.missed() + " missed, "
                + report.falseRepairs() + " false repairs" + outages(report) + ".");
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

    private static String outages(DemoReport report) {
        return report.outages() == 0 ? "" : ", and none for the outage";
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
