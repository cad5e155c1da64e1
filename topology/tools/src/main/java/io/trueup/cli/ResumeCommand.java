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

/** {@code trueup resume}. */
@Command(
        name = "resume",
        mixinStandardHelpOptions = true,
        description = {
            "Resumes the repairs of a replica, or of all replicas, after `trueup pause`.",
            "The next rounds send what is needed then; attempts before the pause do not count. Of several commands that cover a"
                    + " replica, the latest counts."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {ExitCodes.OK + ":the command is sent to the reconcilers", ExitCodes.FAILED_LINE})
final class ResumeCommand implements Callable<Integer> {

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
            commands.resume(replica);
            PrintWriter out = spec.commandLine().getOut();
            out.println("Sent to the reconcilers: repairs of " + replica.orElse("all replicas")
                    + " are resumed. The next rounds repair what differs; `trueup status` shows it.");
            ControlTopicCheck.warn(commands, out);
        }
        return ExitCodes.OK;
    }
}
