package io.trueup.cli;

import io.trueup.cli.shell.ExitCodes;
import io.trueup.cli.shell.JobConfigOption;
import io.trueup.command.Commands;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code trueup complete}. */
@Command(
        name = "complete",
        mixinStandardHelpOptions = true,
        description = {
            "Says that the writes topic of a replica contains every key that its datastore holds.",
            "If records are missing at the beginning of a writes topic, a key that was written before them may be stored in the"
                    + " datastore although no write event shows it. Such keys are reported as ABSENCE_UNKNOWN, and are neither"
                    + " filled nor deleted, until a scan of the datastore ends or this command is given."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {ExitCodes.OK + ":the command is sent to the reconcilers", ExitCodes.FAILED_LINE})
final class CompleteCommand implements Callable<Integer> {

    private static final Duration VALIDITY = Duration.ofHours(1);

    @Spec
    private CommandSpec spec;

    @Mixin
    private JobConfigOption config;

    @Option(names = "--replica", paramLabel = "NAME", required = true, description = "The replica.")
    private String replica;

    @Mixin
    private PartitionsOption partitions;

    @Override
    public Integer call() {
        try (Commands commands = new Commands(config.load())) {
            commands.complete(replica, Instant.now().plus(VALIDITY), partitions.selected());
            PrintWriter out = spec.commandLine().getOut();
            out.println("Sent to the reconciler of " + replica
                    + ": its writes topic is complete. From the next round on, a key"
                    + " that the topic does not contain counts as missing there.");
            ControlTopicCheck.warn(commands, out);
        }
        return ExitCodes.OK;
    }
}
