package io.trueup.cli.bench;

import io.trueup.bench.memory.MemoryBench;
import io.trueup.bench.memory.MemoryLoad;
import io.trueup.bench.memory.MemoryResult;
import io.trueup.cli.shell.ExitCodes;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code trueup bench memory}. */
@Command(
        name = "memory",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Measures the memory that a process of the job takes for each key: what it has more with the keys than without them, by part,"
                    + " after it has consumed the write events and after a restart. It hosts one replica.",
            ""
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            ExitCodes.OK + ":measured",
            ExitCodes.FAILED + ":could not run: it failed, or an option cannot be used"
        })
public final class MemoryBenchCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private JobOptions job;

    @Option(
            names = "--runs",
            paramLabel = "N",
            defaultValue = "3",
            description = "How often everything is measured, each time with a new state. Default: ${DEFAULT-VALUE}.")
    private int runs;

    @Mixin
    private OutputOptions options;

    @Override
    public Integer call() {
        if (runs < 1) {
            throw options.unusable("--runs: use a number from 1 up");
        }
        OutputOptions.Output output = options.output();
        MemoryLoad load = new MemoryLoad(
                job.filling(), job.partitions(), job.interval(), job.grace(), job.heap(), runs, job.settings());
        MemoryResult result = new MemoryBench(load, options.progress()).run();
        PrintWriter out = spec.commandLine().getOut();
        switch (output) {
            case TEXT -> MemoryOutput.text(result, out);
            case JSON -> MemoryOutput.json(result, out);
        }
        return ExitCodes.OK;
    }
}
