package io.trueup.cli;

import io.trueup.command.Commands;
import io.trueup.config.Durations;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code trueup approve}. */
@Command(
        name = "approve",
        mixinStandardHelpOptions = true,
        description = {
            "Allows the repairs of a replica that the flood guard holds back.",
            "The guard trips where more than repair.max.fraction of a replica's keys would be repaired. Look for the cause"
                    + " first: the log of the job names the likely ones."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:the reconcilers are told", "1:failed", "2:the configuration or an option cannot be used"})
final class ApproveCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private JobConfig config;

    @Option(names = "--target", paramLabel = "NAME", required = true, description = "The replica to repair.")
    private String target;

    @Option(
            names = "--for",
            paramLabel = "DURATION",
            defaultValue = "1h",
            converter = DurationConverter.class,
            description = "How long the guard stays open, such as 30m or 2h. Default: ${DEFAULT-VALUE}.")
    private Duration duration;

    @Option(
            names = "--partition",
            paramLabel = "N",
            description = "Only this partition; may be given several times. Default: all.")
    private List<Integer> partitions = new ArrayList<>();

    @Override
    public Integer call() {
        Instant until = Instant.now().plus(duration).truncatedTo(ChronoUnit.SECONDS);
        try (Commands commands = new Commands(config.load())) {
            commands.approve(target, until, partitions);
            PrintWriter out = spec.commandLine().getOut();
            out.println("Told the reconcilers of "
                    + (partitions.isEmpty()
                            ? "all " + commands.partitions() + " partitions"
                            : "partitions " + partitions)
                    + ": repairs of " + target + " are meant, until " + until + ".");
            Hearing.warn(commands, out);
        }
        return 0;
    }

    /** Durations as in the configuration. */
    static final class DurationConverter implements ITypeConverter<Duration> {

        @Override
        public Duration convert(String text) {
            try {
                return Durations.parse(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException("'" + text + "' is " + e.getMessage());
            }
        }
    }
}
