package io.trueup.cli.bench;

import io.trueup.bench.restart.RestartBench;
import io.trueup.bench.restart.RestartLoad;
import io.trueup.bench.restart.RestartResult;
import io.trueup.cli.shell.ExitCodes;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code trueup bench restart}. */
@Command(
        name = "restart",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Measures the time from the start of a process of the job until each partition has been compared with a peer: after a"
                    + " clean stop, after kill -9, after its state directory was lost, and after its changelog was lost, too."
                    + " It hosts one replica.",
            ""
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            ExitCodes.OK + ":measured",
            ExitCodes.FAILED + ":could not run: it failed, or an option cannot be used"
        })
public final class RestartBenchCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private JobOptions job;

    @Option(
            names = "--runs",
            paramLabel = "N",
            defaultValue = "3",
            description = "How often each restart is measured, under each guarantee. Default: ${DEFAULT-VALUE}.")
    private int runs;

    @Mixin
    private BenchOptions options;

    @Override
    public Integer call() {
        if (runs < 1) {
            throw options.unusable("--runs: use a number from 1 up");
        }
        OutputOptions.Output output = options.output();
        RestartLoad load = new RestartLoad(
                job.filling(),
                job.partitions(),
                job.interval(),
                job.grace(),
                job.heap(),
                runs,
                job.settings(),
                options.guarantees());
        RestartResult result = new RestartBench(load, options.progress()).run();
        PrintWriter out = spec.commandLine().getOut();
        switch (output) {
            case TEXT -> RestartOutput.text(result, out);
            case JSON -> RestartOutput.json(result, out);
        }
        return ExitCodes.OK;
    }
}
