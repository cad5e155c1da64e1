package io.trueup.cli.bench;

import io.trueup.bench.AuditBench;
import io.trueup.cli.shell.ExitCodes;
import io.trueup.source.WriteFormat;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code trueup bench audit}. */
@Command(
        name = "audit",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Reads two topics, in turns with `trueup audit` and with a consumer that discards the records.",
            "The figures are valid only on a machine that does nothing else.",
            ""
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            ExitCodes.OK + ":measured",
            ExitCodes.FAILED + ":could not run: it failed, or an option cannot be used"
        })
public final class AuditBenchCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--events",
            paramLabel = "N",
            defaultValue = "2000000",
            description = "Write events in each topic. Default: ${DEFAULT-VALUE}.")
    private int events;

    @Option(
            names = "--keys",
            paramLabel = "N",
            defaultValue = "1000000",
            description = "Number of keys of the write events. Default: ${DEFAULT-VALUE}.")
    private int keys;

    @Option(
            names = "--partitions",
            paramLabel = "N",
            defaultValue = "4",
            description = "Partitions of each topic. Default: ${DEFAULT-VALUE}.")
    private int partitions;

    @Option(
            names = "--value-bytes",
            paramLabel = "N",
            defaultValue = "100",
            description = "Length of a value in bytes. Default: ${DEFAULT-VALUE}.")
    private int valueBytes;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            defaultValue = "trueup",
            description = "trueup or plain. Default: ${DEFAULT-VALUE}.")
    private String format;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Threads of each reader. Default: the number of processors.")
    private int threads = Runtime.getRuntime().availableProcessors();

    @Option(
            names = "--runs",
            paramLabel = "N",
            defaultValue = "5",
            description = "How often each reader reads everything; the medians are printed. Default: ${DEFAULT-VALUE}.")
    private int runs;

    @Override
    public Integer call() {
        if (events < 1 || keys < 1 || partitions < 1 || valueBytes < 0 || threads < 1 || runs < 1) {
            throw new ParameterException(spec.commandLine(), "Use numbers from 1 up; --value-bytes may be 0.");
        }
        if (!WriteFormat.NAMES.contains(format)) {
            throw new ParameterException(
                    spec.commandLine(), "--format: '" + format + "' is not one of " + WriteFormat.NAMES);
        }
        new AuditBench(
                        new AuditBench.Load(events, keys, partitions, valueBytes, format, threads, runs),
                        spec.commandLine().getOut())
                .run();
        return ExitCodes.OK;
    }
}
