package io.trueup.cli.bench;

import java.util.Map;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How a process of a job is started, and the length of the values that it reads. */
final class ProcessOptions {

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(
            names = "--value-bytes",
            paramLabel = "N",
            defaultValue = "100",
            description = "Length of a value in bytes. Default: ${DEFAULT-VALUE}.")
    private int valueBytes;

    @Option(
            names = "--heap",
            paramLabel = "SIZE",
            defaultValue = "1g",
            description = "-Xmx of each process of a job, such as 1g or 512m. Default: ${DEFAULT-VALUE}.")
    private String heap;

    @Mixin
    private SettingOptions settings;

    int valueBytes() {
        if (valueBytes < 0) {
            throw unusable("--value-bytes: use a number from 0 up");
        }
        return valueBytes;
    }

    String heap() {
        if (!heap.matches("[1-9][0-9]*[kKmMgG]")) {
            throw unusable("--heap: '" + heap + "' is no size such as 1g or 512m");
        }
        return heap;
    }

    Map<String, String> settings() {
        return settings.settings();
    }

    private ParameterException unusable(String message) {
        return new ParameterException(command.commandLine(), message);
    }
}
