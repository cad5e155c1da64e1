package io.trueup.cli;

import io.trueup.cli.shell.ExitCodes;
import io.trueup.cli.shell.JobConfigOption;
import io.trueup.cli.shell.PositiveDurationConverter;
import io.trueup.command.Commands;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code trueup approve}. */
@Command(
        name = "approve",
        mixinStandardHelpOptions = true,
        description = {
            "Allows repairs of a replica that wait for a person.",
            "The flood guard holds repairs back when more than repair.max.fraction of a replica's keys would be repaired. Look"
                    + " for the cause first: the log of the job names the likely ones.",
            "With --unproven, allows instead the repairs by which an entry would be replaced that the winning replica has not"
                    + " proved to have seen: `trueup conflicts` lists them as NOT_SEEN."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {ExitCodes.OK + ":the approval is sent to the reconcilers", ExitCodes.FAILED_LINE})
final class ApproveCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private JobConfigOption config;

    @Option(names = "--target", paramLabel = "NAME", required = true, description = "The replica to repair.")
    private String target;

    @Option(
            names = "--unproven",
            description = "Approve what waits for a proof instead of what the flood guard holds back. Covers what was"
                    + " written before this command.")
    private boolean unproven;

    @Option(
            names = "--for",
            paramLabel = "DURATION",
            defaultValue = "1h",
            converter = PositiveDurationConverter.class,
            description = "How long the approval is valid, such as 30m or 2h. Default: ${DEFAULT-VALUE}.")
    private Duration duration;

    @Mixin
    private PartitionsOption partitions;

    @Override
    public Integer call() {
        Instant until = Instant.now().plus(duration).truncatedTo(ChronoUnit.SECONDS);
        try (Commands commands = new Commands(config.load())) {
            if (unproven) {
                commands.approveWithoutProof(target, until, partitions.selected());
            } else {
                commands.approve(target, until, partitions.selected());
            }
            PrintWriter out = spec.commandLine().getOut();
            out.println("Sent to the reconcilers of "
                    + partitions.shown(commands)
                    + ": repairs of " + target + (unproven ? " without a proof" : "") + " are approved until " + until
                    + ".");
            ControlTopicCheck.warn(commands, out);
        }
        return ExitCodes.OK;
    }
}
