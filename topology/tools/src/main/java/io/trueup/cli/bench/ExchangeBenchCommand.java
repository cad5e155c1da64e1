package io.trueup.cli.bench;

import io.trueup.bench.exchange.ExchangeBench;
import io.trueup.bench.exchange.ExchangeLoad;
import io.trueup.bench.exchange.ExchangeResult;
import io.trueup.cli.shell.ExitCodes;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code trueup bench exchange}. */
@Command(
        name = "exchange",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Measures the bytes, messages and hops in which two replicas find the keys that differ, with exchange=tree and with"
                    + " exchange=sketch, and the time of a write event with both. Needs no broker: reconcilers and encoding are"
                    + " those of the job, entries lie in memory, and time is simulated.",
            ""
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            ExitCodes.OK + ":measured",
            ExitCodes.FAILED + ":could not run: it failed, or an option cannot be used"
        })
public final class ExchangeBenchCommand implements Callable<Integer> {

    private static final int MAX_SEGMENTS = 1 << 20;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--keys",
            paramLabel = "N",
            defaultValue = "1000000",
            description = "Keys that both replicas hold. Default: ${DEFAULT-VALUE}.")
    private int keys;

    @Option(
            names = "--partitions",
            paramLabel = "N",
            defaultValue = "4",
            description = "Partitions of the dataset. Default: ${DEFAULT-VALUE}.")
    private int partitions;

    @Option(
            names = "--segments",
            paramLabel = "N",
            defaultValue = "2048",
            description = "tree.segments. Default: ${DEFAULT-VALUE}.")
    private int segments;

    @Option(
            names = "--differences",
            paramLabel = "N",
            split = ",",
            defaultValue = "0,1,100,10000",
            description = "Keys that differ, one number after the other: half of them missing, half changed. Default:"
                    + " ${DEFAULT-VALUE}.")
    private List<Integer> differences;

    @Option(
            names = "--entries-per-round",
            paramLabel = "N",
            defaultValue = "1000000",
            description =
                    "Entries that a replica may compare in one round in a partition; the job has 100 000. Default:"
                            + " ${DEFAULT-VALUE}.")
    private int entriesPerRound;

    @Option(
            names = "--writes",
            paramLabel = "N",
            defaultValue = "200000",
            description = "Write events in each run that measures their time. Default: ${DEFAULT-VALUE}.")
    private int writes;

    @Mixin
    private OutputOptions options;

    @Override
    public Integer call() {
        if (keys < 1 || partitions < 1 || entriesPerRound < 1 || writes < 1) {
            throw options.unusable("Use numbers from 1 up.");
        }
        if (segments < 2 || segments > MAX_SEGMENTS || Integer.bitCount(segments) != 1) {
            throw options.unusable("--segments: " + segments + " is no power of two from 2 to " + MAX_SEGMENTS);
        }
        for (int number : differences) {
            if (number < 0 || number > keys) {
                throw options.unusable("--differences: " + number + " does not lie between 0 and --keys = " + keys);
            }
        }
        OutputOptions.Output output = options.output();
        ExchangeLoad load = new ExchangeLoad(keys, partitions, segments, differences, entriesPerRound, writes);
        ExchangeResult result = new ExchangeBench(load, options.progress()).run();
        PrintWriter out = spec.commandLine().getOut();
        switch (output) {
            case TEXT -> ExchangeOutput.text(result, out);
            case JSON -> ExchangeOutput.json(result, out);
        }
        return ExitCodes.OK;
    }
}
