package io.trueup.cli;

import io.trueup.cli.shell.ExitCodes;
import io.trueup.cli.shell.JobConfigOption;
import io.trueup.command.StateReset;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code trueup reset}. */
@Command(
        name = "reset",
        mixinStandardHelpOptions = true,
        description = {
            "Makes the reconciler of a replica read its writes topic again, after its state was lost or does not fit the topic.",
            "Removes its local state, and marks the state in its changelog topic, which the next start drops. Choices and"
                    + " approvals that it has noted are dropped, too; what its writes topic is known to lack stays noted. Without"
                    + " --execute, only shows what would be removed. Stop the reconciler first, on all machines that host it."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {ExitCodes.OK + ":shown, or removed", ExitCodes.FAILED_LINE})
final class ResetCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private JobConfigOption config;

    @Option(names = "--replica", paramLabel = "NAME", required = true, description = "The replica.")
    private String replica;

    @Option(names = "--execute", description = "Remove what is shown.")
    private boolean execute;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        try (StateReset reset = new StateReset(config.load(), replica)) {
            StateReset.Plan plan = reset.plan();
            if (plan.isEmpty()) {
                out.println("The reconciler of " + replica + " has no state: nothing to remove.");
                return ExitCodes.OK;
            }
            out.println((execute ? "Removes" : "Would remove") + " of the reconciler of " + replica + ":");
            out.println("  local state       " + plan.directory()
                    + (Files.notExists(plan.directory()) ? " (not on this machine)" : ""));
            if (plan.partitions() > 0) {
                out.println("  state             in topic " + plan.changelog() + ", when the reconciler starts");
            }
            if (execute) {
                reset.execute(plan);
                out.println("Done. After its start, the reconciler reads the writes topic from the beginning.");
            } else {
                out.println("Nothing was removed. Stop the reconciler, and give --execute.");
            }
        }
        return ExitCodes.OK;
    }
}
