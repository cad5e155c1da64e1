package io.trueup.cli;

import io.trueup.cli.bench.AuditBenchCommand;
import io.trueup.cli.bench.ExchangeBenchCommand;
import io.trueup.cli.bench.IngestBenchCommand;
import io.trueup.cli.bench.LatencyBenchCommand;
import io.trueup.cli.bench.MemoryBenchCommand;
import io.trueup.cli.bench.RestartBenchCommand;
import io.trueup.cli.bench.ScaleBenchCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code trueup bench}. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        description = "Measures Trueup on this machine, on a Kafka broker of its own, next to a reference.",
        subcommands = {
            AuditBenchCommand.class,
            ExchangeBenchCommand.class,
            IngestBenchCommand.class,
            LatencyBenchCommand.class,
            MemoryBenchCommand.class,
            RestartBenchCommand.class,
            ScaleBenchCommand.class
        },
        synopsisSubcommandLabel = "WHAT")
final class BenchCommand implements Runnable {

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "Name what to measure: audit, exchange, ingest, latency, memory, restart or scale.");
    }
}
