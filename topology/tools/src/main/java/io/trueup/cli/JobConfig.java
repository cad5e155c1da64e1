package io.trueup.cli;

import io.trueup.config.TrueupConfig;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The configuration of the job that a command is about. */
final class JobConfig {

    @Option(
            names = {"-c", "--config"},
            paramLabel = "FILE",
            required = true,
            defaultValue = "${env:TRUEUP_CONFIG}",
            description = "The configuration of the job, a properties file. Default: what TRUEUP_CONFIG names.")
    private Path file;

    TrueupConfig load() {
        return TrueupConfig.load(file, System.getenv());
    }
}
