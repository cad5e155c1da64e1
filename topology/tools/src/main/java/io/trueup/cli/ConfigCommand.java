package io.trueup.cli;

import io.trueup.config.Reference;
import io.trueup.config.TrueupConfig;
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
        exitCodeList = {"0:printed", "2:the configuration or an option cannot be used"})
final class ConfigCommand implements Runnable {

    @Spec
    private CommandSpec spec;

    @Option(
            names = {"-c", "--config"},
            paramLabel = "FILE",
            description = "Check this file, with the environment over it, and print all settings in effect.")
    private Path file;

    @Override
    public void run() {
        PrintWriter out = spec.commandLine().getOut();
        if (file == null) {
            out.print(Reference.markdown());
        } else {
            TrueupConfig.load(file, System.getenv()).shown().forEach((key, value) -> out.println(key + " = " + value));
        }
        out.flush();
    }
}
