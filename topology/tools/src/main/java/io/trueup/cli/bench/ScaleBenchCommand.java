package io.trueup.cli.bench;

import io.trueup.bench.scale.ScaleBench;
import io.trueup.bench.scale.ScaleLoad;
import io.trueup.bench.scale.ScaleResult;
import io.trueup.cli.shell.DurationConverter;
import io.trueup.cli.shell.ExitCodes;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code trueup bench scale}. */
@Command(
        name = "scale",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Measures what a process of the job takes with more keys and with more partitions: time to the first comparison, processor,"
                    + " memory and control messages while nothing is written, time to stop and to compare again. It hosts all"
                    + " replicas. From the slopes it calculates what larger datasets take.",
            ""
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            ExitCodes.OK + ":measured",
            ExitCodes.FAILED + ":could not run: it failed, or an option cannot be used"
        })
public final class ScaleBenchCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--keys",
            paramLabel = "N",
            split = ",",
            defaultValue = "1000000,4000000,16000000",
            description = "Keys of each replica. Default: ${DEFAULT-VALUE}.")
    private List<Integer> keys;

    @Option(
            names = "--partitions",
            paramLabel = "N",
            split = ",",
            defaultValue = "4,16,64,256",
            description = "Partitions of the dataset. Default: ${DEFAULT-VALUE}.")
    private List<Integer> partitions;

    @Option(
            names = "--replicas",
            paramLabel = "N",
            defaultValue = "2",
            description = "Replicas, all of them in one process. Default: ${DEFAULT-VALUE}.")
    private int replicas;

    @Option(
            names = "--interval",
            paramLabel = "DURATION",
            defaultValue = "60s",
            converter = DurationConverter.class,
            description = "round.interval. Default: ${DEFAULT-VALUE}.")
    private Duration interval;

    @Option(
            names = "--grace",
            paramLabel = "DURATION",
            defaultValue = "30s",
            converter = DurationConverter.class,
            description = "grace. Default: ${DEFAULT-VALUE}.")
    private Duration grace;

    @Option(
            names = "--idle-rounds",
            paramLabel = "N",
            defaultValue = "3",
            description = "For so many rounds the idle process is watched. Default: ${DEFAULT-VALUE}.")
    private int idleRounds;

    @Option(
            names = "--for-keys",
            paramLabel = "N",
            defaultValue = "1000000000",
            description = "Calculates what so many keys of each replica take. Default: ${DEFAULT-VALUE}.")
    private long forKeys;

    @Option(
            names = "--for-partitions",
            paramLabel = "N",
            defaultValue = "1000",
            description = "Calculates what so many partitions take. Default: ${DEFAULT-VALUE}.")
    private int forPartitions;

    @Mixin
    private ProcessOptions process;

    @Mixin
    private OutputOptions options;

    @Override
    public Integer call() {
        requireUsable();
        OutputOptions.Output output = options.output();
        ScaleLoad load = new ScaleLoad(
                keys,
                partitions,
                replicas,
                process.valueBytes(),
                interval,
                grace,
                idleRounds,
                process.heap(),
                process.settings());
        ScaleResult result = new ScaleBench(load, options.progress()).run();
        PrintWriter out = spec.commandLine().getOut();
        ScaleOutput.Target target = new ScaleOutput.Target(forKeys, forPartitions);
        switch (output) {
            case TEXT -> ScaleOutput.text(result, target, out);
            case JSON -> ScaleOutput.json(result, target, out);
        }
        return ExitCodes.OK;
    }

    private void requireUsable() {
        boolean positive = keys.stream().allMatch(number -> number >= 0)
                && partitions.stream().allMatch(number -> number > 0)
                && replicas > 1
                && idleRounds > 0
                && forKeys >= 0
                && forPartitions > 0;
        if (!positive) {
            throw options.unusable("Use numbers from 1 up, and --replicas from 2 up; --keys and --for-keys may be 0.");
        }
        if (!isAscending(keys) || !isAscending(partitions)) {
            throw options.unusable("--keys and --partitions: name each number once, in ascending order");
        }
    }

    private static boolean isAscending(List<Integer> numbers) {
        return numbers.stream().sorted().distinct().toList().equals(numbers);
    }
}
