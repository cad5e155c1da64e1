package io.trueup.cli;

import io.trueup.cli.shell.ExitCodes;
import io.trueup.cli.shell.OptionFile;
import io.trueup.config.Reference;
import io.trueup.config.TrueupConfig;
import io.trueup.registry.ConfiguredCodecs;
import java.io.PrintWriter;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code trueup config}. */
@Command(
        name = "config",
        mixinStandardHelpOptions = true,
        description = "Prints the configuration reference as Markdown, or checks a configuration.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {ExitCodes.OK + ":printed", ExitCodes.FAILED + ":the configuration or an option cannot be used"})
final class ConfigCommand implements Runnable {

    @Spec
    private CommandSpec spec;

    @Option(
            names = {"-c", "--config"},
            paramLabel = "FILE",
            description =
                    "Check this file, and print all settings in effect. Environment variables replace its settings.")
    private Path file;

    @Override
    public void run() {
        PrintWriter out = spec.commandLine().getOut();
        if (file == null) {
            out.print(Reference.markdown());
        } else {
            new OptionFile(spec, "--config", file).checkReadable();
            TrueupConfig config = TrueupConfig.load(file, System.getenv());
            ConfiguredCodecs.open(config.registry()).close();
            config.shown().forEach((key, value) -> out.println(key + " = " + value));
        }
        out.flush();
    }
}
