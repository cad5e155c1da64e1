package io.trueup.cli.bench;

import io.trueup.bench.Guarantee;
import java.util.List;
import picocli.CommandLine.Option;

/** The options that benchmarks of the job share. */
final class BenchOptions extends OutputOptions {

    @Option(
            names = "--guarantee",
            paramLabel = "NAME",
            split = ",",
            description = "Processing guarantee: at_least_once or exactly_once_v2. Default: both, one after the other.")
    private List<String> guarantees = Guarantee.labels();

    List<Guarantee> guarantees() {
        return guarantees.stream()
                .distinct()
                .map(label -> Guarantee.of(label)
                        .orElseThrow(() -> unusable(
                                "--guarantee: '" + label + "' is not one of " + String.join(", ", Guarantee.labels()))))
                .toList();
    }
}
