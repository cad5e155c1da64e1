package io.trueup.cli.bench;

import io.trueup.bench.Guarantee;
import java.util.List;
import java.util.function.Consumer;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options that benchmarks of the job share. */
final class BenchOptions {

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
            names = "--guarantee",
            paramLabel = "NAME",
            split = ",",
            description = "Processing guarantee: at_least_once or exactly_once_v2. Default: both, one after the other.")
    private List<String> guarantees = Guarantee.labels();

    @Option(
            names = "--output",
            paramLabel = "FORMAT",
            defaultValue = "text",
            description = "text, or json: one object. Default: ${DEFAULT-VALUE}.")
    private String output;

    List<Guarantee> guarantees() {
        return guarantees.stream()
                .distinct()
                .map(label -> Guarantee.of(label)
                        .orElseThrow(() -> unusable(
                                "--guarantee: '" + label + "' is not one of " + String.join(", ", Guarantee.labels()))))
                .toList();
    }

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
