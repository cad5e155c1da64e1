package io.trueup.cli.bench;

import io.trueup.bench.process.Filling;
import io.trueup.cli.shell.DurationConverter;
import java.time.Duration;
import java.util.Map;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What a job in a process of its own holds, and how it is set. */
final class JobOptions {

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(
            names = "--keys",
            paramLabel = "N",
            defaultValue = "1000000",
            description = "Keys that the job holds. Default: ${DEFAULT-VALUE}.")
    private int keys;

    @Option(
            names = "--records-per-key",
            paramLabel = "N",
            defaultValue = "1",
            description =
                    "Write events of each key, in the plain format: all keys once, then all keys again, and so on. Default:"
                            + " ${DEFAULT-VALUE}.")
    private int recordsPerKey;

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

    @Mixin
    private ProcessOptions process;

    Filling filling() {
        if (keys < 1 || recordsPerKey < 1 || partitions < 1) {
            throw unusable("Use numbers from 1 up.");
        }
        return new Filling(keys, recordsPerKey, process.valueBytes());
    }

    int partitions() {
        return partitions;
    }

    Duration interval() {
        return interval;
    }

    Duration grace() {
        return grace;
    }

    String heap() {
        return process.heap();
    }

    Map<String, String> settings() {
        return process.settings();
    }

    private ParameterException unusable(String message) {
        return new ParameterException(command.commandLine(), message);
    }
}
