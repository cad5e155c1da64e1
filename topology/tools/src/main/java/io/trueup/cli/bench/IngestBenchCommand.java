package io.trueup.cli.bench;

import io.trueup.bench.ingest.IngestBench;
import io.trueup.bench.ingest.IngestLoad;
import io.trueup.bench.ingest.IngestResult;
import io.trueup.cli.shell.ExitCodes;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code trueup bench ingest}. */
@Command(
        name = "ingest",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Measures how many write events a second the job takes in with one stream thread, next to peers that read the same"
                    + " topics in turns with it: a plain consumer, a Kafka Streams job that does nothing, and an outer join of"
                    + " two KTables. All commit every second, with the same guarantee.",
            "Figures of different runs differ by as much as the machine is busy; the ratios are taken between neighbouring runs.",
            ""
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            ExitCodes.OK + ":measured",
            ExitCodes.FAILED + ":could not run: it failed, or an option cannot be used"
        })
public final class IngestBenchCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--records",
            paramLabel = "N",
            defaultValue = "1000000",
            description = "Records in each of the two topics, in the plain format. Default: ${DEFAULT-VALUE}.")
    private int records;

    @Option(
            names = "--keys",
            paramLabel = "N",
            defaultValue = "500000",
            description = "Number of keys, of which each record has one at random. Default: ${DEFAULT-VALUE}.")
    private int keys;

    @Option(
            names = "--value-bytes",
            paramLabel = "N",
            defaultValue = "100",
            description = "Length of a value in bytes. Default: ${DEFAULT-VALUE}.")
    private int valueBytes;

    @Option(
            names = "--partitions",
            paramLabel = "N",
            defaultValue = "4",
            description = "Partitions of each topic. Default: ${DEFAULT-VALUE}.")
    private int partitions;

    @Option(
            names = "--runs",
            paramLabel = "N",
            defaultValue = "3",
            description = "How often each peer reads everything, under each guarantee. Default: ${DEFAULT-VALUE}.")
    private int runs;

    @Mixin
    private SettingOptions settings;

    @Mixin
    private BenchOptions options;

    @Override
    public Integer call() {
        if (records < 1 || keys < 1 || partitions < 1 || valueBytes < 0 || runs < 1) {
            throw options.unusable("Use numbers from 1 up; --value-bytes may be 0.");
        }
        if (settings.settings().containsKey("state.store")) {
            throw options.unusable("--set: the job is measured with each state.store");
        }
        OutputOptions.Output output = options.output();
        IngestLoad load =
                new IngestLoad(records, keys, partitions, valueBytes, runs, settings.settings(), options.guarantees());
        IngestResult result = new IngestBench(load, options.progress()).run();
        PrintWriter out = spec.commandLine().getOut();
        switch (output) {
            case TEXT -> IngestOutput.text(result, out);
            case JSON -> IngestOutput.json(result, out);
        }
        return ExitCodes.OK;
    }
}
