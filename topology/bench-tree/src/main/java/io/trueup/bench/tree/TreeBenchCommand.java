package io.trueup.bench.tree;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command line of the benchmark: {@code topology/bench-tree/run}. */
@Command(
        name = "run",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Measures update, build and diff of Trueup's Merkle tree next to those of Apache Cassandra and Hazelcast, by JMH.",
            "The figures are valid only on a machine that does nothing else.",
            ""
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:measured", "2:could not run: it failed, or an option cannot be used"})
final class TreeBenchCommand implements Callable<Integer> {

    private static final int FAILED = 2;
    private static final int MAX_LEAVES = 1 << 20;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--keys",
            paramLabel = "N",
            defaultValue = "1000000",
            description = "Keys of each tree. Default: ${DEFAULT-VALUE}.")
    private int keys;

    @Option(
            names = "--leaves",
            paramLabel = "N",
            defaultValue = "32768",
            description = "Leaves of each tree, a power of two. Default: ${DEFAULT-VALUE}.")
    private int leaves;

    @Option(
            names = "--differences",
            paramLabel = "N",
            defaultValue = "100",
            description = "Keys whose values differ between the trees that are compared. Default: ${DEFAULT-VALUE}.")
    private int differences;

    @Option(
            names = "--updates",
            paramLabel = "N",
            defaultValue = "1000",
            description = "Changes after which a tree is made comparable again. Default: ${DEFAULT-VALUE}.")
    private int updates;

    @Option(
            names = "--forks",
            paramLabel = "N",
            defaultValue = "1",
            description = "JVMs for each measurement, one after the other; 0: all measurements in this JVM. Default:"
                    + " ${DEFAULT-VALUE}.")
    private int forks;

    @Option(
            names = "--warm-ups",
            paramLabel = "N",
            defaultValue = "3",
            description = "Runs of each JVM that do not count. Default: ${DEFAULT-VALUE}.")
    private int warmUps;

    @Option(
            names = "--runs",
            paramLabel = "N",
            defaultValue = "5",
            description = "Runs of each JVM that count; the medians are printed. Default: ${DEFAULT-VALUE}.")
    private int runs;

    @Option(
            names = "--run-ms",
            paramLabel = "MS",
            defaultValue = "2000",
            description = "Length of a run in milliseconds. Default: ${DEFAULT-VALUE}.")
    private long runMs;

    @Option(
            names = "--output",
            paramLabel = "FORMAT",
            defaultValue = "text",
            description = "text, or json: one object. Default: ${DEFAULT-VALUE}.")
    private String output;

    /** Runs the benchmark, and ends the JVM. */
    public static void main(String[] arguments) {
        System.exit(line().execute(arguments));
    }

    static CommandLine line() {
        return new CommandLine(new TreeBenchCommand()).setExecutionExceptionHandler((e, line, parsed) -> {
            line.getErr().println(e.getMessage());
            return FAILED;
        });
    }

    @Override
    public Integer call() {
        if (keys < 1 || updates < 1 || runs < 1 || runMs < 1) {
            throw unusable("Use numbers from 1 up; --differences, --forks and --warm-ups may be 0.");
        }
        if (forks < 0 || warmUps < 0) {
            throw unusable("--forks and --warm-ups: use numbers from 0 up.");
        }
        if (leaves < 2 || leaves > MAX_LEAVES || Integer.bitCount(leaves) != 1) {
            throw unusable("--leaves: " + leaves + " is no power of two from 2 to " + MAX_LEAVES);
        }
        if (differences < 0 || differences > keys) {
            throw unusable("--differences: " + differences + " does not lie between 0 and --keys = " + keys);
        }
        boolean json = switch (output) {
            case "text" -> false;
            case "json" -> true;
            default -> throw unusable("--output: '" + output + "' is neither text nor json");
        };
        TreeLoad load = new TreeLoad(keys, leaves, differences, updates, forks, warmUps, runs, runMs);
        TreeResult result = new TreeBench(load, json).run();
        if (json) {
            TreeOutput.json(result, spec.commandLine().getOut());
        } else {
            TreeOutput.text(result, spec.commandLine().getOut());
        }
        return 0;
    }

    private ParameterException unusable(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
