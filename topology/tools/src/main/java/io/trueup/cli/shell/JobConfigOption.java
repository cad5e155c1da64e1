package io.trueup.cli.shell;

import io.trueup.config.TrueupConfig;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

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

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    /**
     * Reads the file. Environment variables {@code TRUEUP_...} replace its settings.
     *
     * @throws io.trueup.config.InvalidConfigurationException if the configuration is invalid; it lists every problem
     */
    public TrueupConfig load() {
        new OptionFile(command, "--config", file).checkReadable();
        return TrueupConfig.load(file, System.getenv());
    }
}
