package io.trueup.cli.shell;

import io.trueup.config.TrueupConfig;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The option that names the configuration of the job. */
public final class JobConfigOption {

    @Option(
            names = {"-c", "--config"},
            paramLabel = "FILE",
            required = true,
            defaultValue = "${env:TRUEUP_CONFIG}",
            description =
                    "The configuration of the job, a properties file. Default: the file that TRUEUP_CONFIG names.")
    private Path file;

    /**
     * Reads the file. Environment variables {@code TRUEUP_...} replace its settings.
     *
     * @throws io.trueup.config.InvalidConfigurationException if the configuration is invalid; it lists every problem
     */
    public TrueupConfig load() {
        return TrueupConfig.load(file, System.getenv());
    }
}
