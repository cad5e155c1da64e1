package io.trueup.cli.bench;

import java.util.function.Consumer;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The form of the output of a benchmark. */
class OutputOptions {

    /** The form of the output. */
    enum Output {
        /** For people. */
        TEXT,
        /** For programs. */
        JSON
    }

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(
            names = "--output",
            paramLabel = "FORMAT",
            defaultValue = "text",
            description = "text, or json: one object. Default: ${DEFAULT-VALUE}.")
    private String output;

    Output output() {
        return switch (output) {
            case "text" -> Output.TEXT;
            case "json" -> Output.JSON;
            default -> throw unusable("--output: '" + output + "' is neither text nor json");
        };
    }

    /** Prints lines at once, but not where the output is for programs. */
    Consumer<String> progress() {
        return switch (output()) {
            case JSON -> line -> {};
            case TEXT ->
                line -> {
                    command.commandLine().getOut().println(line);
                    command.commandLine().getOut().flush();
                };
        };
    }

    ParameterException unusable(String message) {
        return new ParameterException(command.commandLine(), message);
    }
}
