package io.trueup.cli;

import io.trueup.cli.shell.ExitCodes;
import io.trueup.cli.shell.JobConfigOption;
import io.trueup.command.Commands;
import java.io.PrintWriter;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code trueup pause}. */
@Command(
        name = "pause",
        mixinStandardHelpOptions = true,
        description = {
            "Pauses the repairs of a replica, or of all replicas, until `trueup resume`: also over restarts of the job.",
            "Rounds compare and report as before, and nothing is sent. Repairs that are in a repair topic already are applied"
                    + " by the datastore. Of several commands that cover a replica, the latest counts."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {ExitCodes.OK + ":the command is sent to the reconcilers", ExitCodes.FAILED_LINE})
final class PauseCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private JobConfigOption config;

    @Option(
            names = "--replica",
            paramLabel = "NAME",
            description = "The replica whose repairs are meant. Default: all replicas.")
    private Optional<String> replica = Optional.empty();

    @Override
    public Integer call() {
        try (Commands commands = new Commands(config.load())) {
            commands.pause(replica);
            PrintWriter out = spec.commandLine().getOut();
            out.println("Sent to the reconcilers: repairs of " + replica.orElse("all replicas")
                    + " are paused. `trueup status` shows it after the next round, and `trueup resume"
                    + replica.map(name -> " --replica " + name).orElse("") + "` ends it.");
            ControlTopicCheck.warn(commands, out);
        }
        return ExitCodes.OK;
    }
}
