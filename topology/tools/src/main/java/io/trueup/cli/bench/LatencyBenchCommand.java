package io.trueup.cli.bench;

import io.trueup.bench.latency.LatencyBench;
import io.trueup.bench.latency.LatencyLoad;
import io.trueup.bench.latency.LatencyResult;
import io.trueup.cli.shell.DurationConverter;
import io.trueup.cli.shell.ExitCodes;
import io.trueup.source.WriteFormat;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code trueup bench latency}. */
@Command(
        name = "latency",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Measures the time from the cut of a round to the repair of a lost write, and from the repair to its verification, with two"
                    + " replicas that receive about a hundred writes a second. In every round, some writes reach one replica only.",
            ""
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            ExitCodes.OK + ":measured",
            ExitCodes.FAILED + ":could not run: it failed, or an option cannot be used"
        })
public final class LatencyBenchCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "30",
            description = "Rounds in which writes are lost, under each guarantee. Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(
            names = "--losses",
            paramLabel = "N",
            defaultValue = "8",
            description = "Writes that are lost in each round. Default: ${DEFAULT-VALUE}.")
    private int losses;

    @Option(
            names = "--keys",
            paramLabel = "N",
            defaultValue = "10000",
            description = "Keys that both replicas hold from the beginning. Default: ${DEFAULT-VALUE}.")
    private int keys;

    @Option(
            names = "--partitions",
            paramLabel = "N",
            defaultValue = "4",
            description = "Partitions of the dataset. Default: ${DEFAULT-VALUE}.")
    private int partitions;

    @Option(
            names = "--interval",
            paramLabel = "DURATION",
            defaultValue = "2s",
            converter = DurationConverter.class,
            description = "round.interval. Default: ${DEFAULT-VALUE}.")
    private Duration interval;

    @Option(
            names = "--grace",
            paramLabel = "DURATION",
            defaultValue = "500ms",
            converter = DurationConverter.class,
            description = "grace. Default: ${DEFAULT-VALUE}.")
    private Duration grace;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            defaultValue = "trueup",
            description = "Format of write events and repairs: trueup or plain. Default: ${DEFAULT-VALUE}.")
    private String format;

    @Mixin
    private SettingOptions settings;

    @Mixin
    private BenchOptions options;

    @Override
    public Integer call() {
        if (rounds < 1 || losses < 1 || keys < 1 || partitions < 1) {
            throw options.unusable("Use numbers from 1 up.");
        }
        if (!WriteFormat.NAMES.contains(format)) {
            throw options.unusable("--format: '" + format + "' is not one of " + WriteFormat.NAMES);
        }
        OutputOptions.Output output = options.output();
        LatencyLoad load = new LatencyLoad(
                rounds, losses, keys, partitions, interval, grace, format, settings.settings(), options.guarantees());
        LatencyResult result = new LatencyBench(load, options.progress()).run();
        PrintWriter out = spec.commandLine().getOut();
        switch (output) {
            case TEXT -> LatencyOutput.text(result, out);
            case JSON -> LatencyOutput.json(result, out);
        }
        return ExitCodes.OK;
    }
}
