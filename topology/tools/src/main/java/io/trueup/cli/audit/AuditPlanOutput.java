package io.trueup.cli.audit;

import io.trueup.audit.result.AuditResult;
import io.trueup.cli.plan.PlanFile;
import io.trueup.cli.shell.Formats;
import io.trueup.cli.shell.OptionFile;
import io.trueup.plan.RepairPlan;
import io.trueup.reconcile.settings.Settings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The plan of repairs that an audit writes, and the note about it.
 *
 * @param file the new file
 * @param settings the settings of the dataset
 */
record AuditPlanOutput(OptionFile file, Settings settings) {

    /** Writes the plan, and returns what a person should know of it: what it lacks, and whether the audit could tell. */
    String write(AuditResult result) throws IOException {
        RepairPlan plan = RepairPlan.of(result, settings);
        PlanFile.write(plan, file.path());
        List<String> lacking = lacking(plan.leftOut());
        return "Plan: " + counted(plan.repairs().size(), "repair", "repairs") + " written to " + file.path() + "."
                + (lacking.isEmpty() ? "" : " No line for " + String.join(", ", lacking) + ".")
                + (plan.leftOut().unlisted() == 0
                        ? ""
                        : " Only " + Formats.number(result.divergent().size()) + " of "
                                + Formats.number(result.divergentKeys())
                                + " keys that differ are listed, and only they have lines.")
                + (result.doubts().isEmpty()
                        ? ""
                        : " The audit could not tell whether the replicas are equal: `trueup repair` refuses the plan, unless"
                                + " with --despite-doubts.");
    }

    private static List<String> lacking(RepairPlan.LeftOut leftOut) {
        List<String> lacking = new ArrayList<>();
        add(lacking, leftOut.conflicts(), "conflict", "conflicts");
        add(lacking, leftOut.inFlight(), "key in flight", "keys in flight");
        add(lacking, leftOut.sources(), "key that differs at a source alone", "keys that differ at a source alone");
        add(
                lacking,
                leftOut.absences(),
                "target that holds what the winning replica has no record of",
                "targets that hold what the winning replica has no record of");
        return lacking;
    }

    private static void add(List<String> lacking, long count, String one, String many) {
        if (count > 0) {
            lacking.add(counted(count, one, many));
        }
    }

    private static String counted(long count, String one, String many) {
        return Formats.number(count) + " " + (count == 1 ? one : many);
    }
}
