package io.trueup.cli;

import io.trueup.cli.shell.ExitCodes;
import io.trueup.cli.shell.OptionFile;
import io.trueup.cli.shell.ShutdownHook;
import io.trueup.cli.shell.Terminal;
import io.trueup.replica.ReplicaConfig;
import io.trueup.replica.Scrub;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code trueup scrub}. */
@Command(
        name = "scrub",
        mixinStandardHelpOptions = true,
        description = {
            "Reads the rows that the table of a reference replica holds, and sends them to the replica's writes topic. So rows"
                    + " that were changed, lost or added without a write event are found and repaired.",
            "The replica may run meanwhile. Needs writes.format=trueup."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            ExitCodes.OK + ":every partition is scanned",
            ExitCodes.FAILED_LINE,
            ExitCodes.INTERRUPTED_LINE
                    + "; of a partition that was not scanned to its end, only the rows already sent have an" + " effect"
        })
final class ScrubCommand implements Callable<Integer> {

    private static final Duration MAX_STOP_WAIT = Duration.ofSeconds(5);

    @Spec
    private CommandSpec spec;

    @Option(
            names = {"-c", "--config"},
            paramLabel = "FILE",
            required = true,
            description = "Properties file of the replica.")
    private Path file;

    @Option(
            names = "--partition",
            paramLabel = "N",
            arity = "1..*",
            description =
                    "Scan this partition only. May be given several times. Default: all partitions, one after the other.")
    private List<Integer> partitions = new ArrayList<>();

    @Option(
            names = "--rate",
            paramLabel = "ROWS_PER_SECOND",
            description =
                    "Read at most this many rows per second. Default: as many as the database and the broker allow.")
    private long rate = Integer.MAX_VALUE;

    @Override
    public Integer call() {
        if (rate < 1) {
            throw new ParameterException(spec.commandLine(), "--rate: use at least one row per second, not " + rate);
        }
        new OptionFile(spec, "--config", file).checkReadable();
        Scrub scrub = new Scrub(ReplicaConfig.load(file), partitions, rate);
        ShutdownHook hook = ShutdownHook.register(scrub::stop, MAX_STOP_WAIT, OptionalInt.empty());
        try {
            return run(scrub);
        } finally {
            hook.release();
        }
    }

    private int run(Scrub scrub) {
        ScrubReport report =
                new ScrubReport(spec.commandLine().getOut(), spec.commandLine().getErr(), Terminal.isInteractive());
        try {
            boolean complete = scrub.run(report);
            report.end(complete);
            return complete ? ExitCodes.OK : ExitCodes.INTERRUPTED;
        } catch (RuntimeException e) {
            report.clear();
            throw e;
        }
    }
}
