package io.trueup.cli;

import io.trueup.bench.AuditBench;
import io.trueup.source.WriteFormat;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code trueup bench}. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        description = "Measures on this machine, on a Kafka broker of its own, next to what it is measured by.",
        subcommands = BenchCommand.OfAudit.class,
        synopsisSubcommandLabel = "WHAT")
final class BenchCommand implements Runnable {

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Say what to measure: audit.");
    }

    /** {@code trueup bench audit}. */
    @Command(
            name = "audit",
            mixinStandardHelpOptions = true,
            sortOptions = false,
            description = {
                "Reads two topics in turns with `trueup audit` and with a consumer that does nothing with what it reads.",
                "A figure counts on a machine that does nothing else.",
                ""
            },
            exitCodeListHeading = "%nExit codes:%n",
            exitCodeList = {"0:measured", "1:failed", "2:an option cannot be used"})
    static final class OfAudit implements Callable<Integer> {

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
                description = "Keys that they are spread over. Default: ${DEFAULT-VALUE}.")
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
                description = "Length of a value. Default: ${DEFAULT-VALUE}.")
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
                description = "Threads of each. Default: as many as there are processors.")
        private int threads = Runtime.getRuntime().availableProcessors();

        @Option(
                names = "--runs",
                paramLabel = "N",
                defaultValue = "5",
                description = "How often each reads everything; medians count. Default: ${DEFAULT-VALUE}.")
        private int runs;

        @Override
        public Integer call() {
            if (events < 1 || keys < 1 || partitions < 1 || valueBytes < 0 || threads < 1 || runs < 1) {
                throw new ParameterException(spec.commandLine(), "Use numbers from 1 up.");
            }
            if (!WriteFormat.NAMES.contains(format)) {
                throw new ParameterException(
                        spec.commandLine(), "--format: '" + format + "' is not one of " + WriteFormat.NAMES);
            }
            new AuditBench(
                            new AuditBench.Load(events, keys, partitions, valueBytes, format, threads, runs),
                            spec.commandLine().getOut())
                    .run();
            return 0;
        }
    }
}
