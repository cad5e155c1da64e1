package io.trueup.bench.tree;

import io.trueup.bench.tree.TreeResult.Figure;
import io.trueup.bench.tree.TreeResult.Measured;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;
import org.openjdk.jmh.util.Statistics;

/** Runs {@link TreeBenchmarks} by JMH: each measurement with all trees, one after the other. */
final class TreeBench {

    private final TreeLoad load;
    private final boolean quiet;

    /** @param quiet whether JMH prints nothing of its runs */
    TreeBench(TreeLoad load, boolean quiet) {
        this.load = load;
        this.quiet = quiet;
    }

    TreeResult run() {
        double loadAverage = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
        List<Figure> figures = new ArrayList<>();
        for (Measured measured : Measured.values()) {
            figures.addAll(run(measured));
        }
        return new TreeResult(
                Runtime.getRuntime().availableProcessors(), Runtime.version().toString(), loadAverage, load, figures);
    }

    private List<Figure> run(Measured measured) {
        String[] trees = Arrays.stream(TreeKind.values())
                .filter(tree -> measured != Measured.UPDATE_AND_COMPLETE || tree.isUpdated())
                .map(TreeKind::name)
                .toArray(String[]::new);
        var options = new OptionsBuilder()
                .include("^" + TreeBenchmarks.class.getName() + "\\." + measured.method() + "$")
                .param("tree", trees)
                .param("keys", Integer.toString(load.keys()))
                .param("leaves", Integer.toString(load.leaves()))
                .param("differences", Integer.toString(load.differences()))
                .param("updates", Integer.toString(load.updates()))
                .forks(load.forks())
                .warmupIterations(load.warmUps())
                .warmupTime(TimeValue.milliseconds(load.runMs()))
                .measurementIterations(load.runs())
                .measurementTime(TimeValue.milliseconds(load.runMs()))
                .shouldFailOnError(true)
                .verbosity(quiet ? VerboseMode.SILENT : VerboseMode.NORMAL)
                .build();
        try {
            return new Runner(options)
                    .run().stream().map(result -> figure(measured, result)).toList();
        } catch (RunnerException e) {
            throw new IllegalStateException("JMH could not measure " + measured.method() + ": " + e.getMessage(), e);
        }
    }

    private Figure figure(Measured measured, RunResult result) {
        Statistics ns = result.getPrimaryResult().getStatistics();
        int operations = measured.operations(load);
        return new Figure(
                TreeKind.valueOf(result.getParams().getParam("tree")),
                measured,
                ns.getPercentile(50) / operations,
                ns.getMin() / operations,
                ns.getMax() / operations,
                ns.getN());
    }
}
