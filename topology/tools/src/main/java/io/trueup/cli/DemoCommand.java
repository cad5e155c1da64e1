package io.trueup.cli;

import io.trueup.cli.shell.ExitCodes;
import io.trueup.cli.shell.OptionFile;
import io.trueup.demo.Demo;
import io.trueup.demo.DemoOptions;
import io.trueup.demo.fault.FaultKind;
import io.trueup.demo.feed.BadInputException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code trueup demo}. */
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Runs a Kafka broker, several replicas and the job on this machine, injects faults into the replicas while"
                    + " writes continue, and shows how the replicas become equal again. Leaves nothing behind but a report.",
            ""
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            ExitCodes.OK + ":all faults were repaired, nothing else was repaired, all tables are equal",
            ExitCodes.NO + ":one of these conditions does not hold, or did not hold in time",
            ExitCodes.FAILED + ":could not run: an option or the input file cannot be used",
            ExitCodes.INTERRUPTED_LINE
        })
final class DemoCommand implements Callable<Integer> {

    private static final int DEFAULT_KEYS = 20_000;
    private static final int DEFAULT_REPLICAS = 3;
    private static final int DEFAULT_REPLICAS_OF_MEMBERSHIP = 5;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--keys",
            paramLabel = "N",
            description =
                    "Keys to load: the records are repeated under new keys until this number is reached. Default: 20000,"
                            + " or with --input each record once.")
    private Integer keys;

    @Option(names = "--replicas", paramLabel = "N", description = "Replicas, 2 to 9. Default: 3, with membership 5.")
    private Integer replicas;

    @Option(
            names = "--partitions",
            paramLabel = "N",
            defaultValue = "8",
            description = "Partitions of every topic. Default: 8.")
    private int partitions;

    @Option(
            names = "--faults",
            paramLabel = "KINDS",
            defaultValue = "all",
            description =
                    "Faults to inject, separated by commas: some of lost, stale, corrupt, undeleted, outage, conflict,"
                            + " ttl, expired-tombstones, scrub, probe; or empty-replica, membership or wrong-partitioner alone;"
                            + " or all, which means the first five; or none. Default: all; with 2 replicas all but"
                            + " corrupt.")
    private String faults;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "Decides which fault hits which key of which replica. Default: 1.")
    private long seed;

    @Option(
            names = "--input",
            paramLabel = "FILE",
            description = "Records to load: CSV with a header line, JSON lines or a JSON array. Default: a sample of"
                    + " GeoNames places.")
    private Path input;

    @Option(names = "--key", paramLabel = "FIELD", description = "The field of --input that is the key.")
    private String key;

    @Option(
            names = "--report",
            paramLabel = "FILE",
            description =
                    "Writes a report: as a page with pictures if the name ends in .html, otherwise as JSON. The page is"
                            + " written in any case; without a name, trueup-demo.html among temporary files.")
    private Path report;

    @Option(names = "--stay", description = "Keeps everything running at the end, until Ctrl-C, to look around.")
    private boolean stay;

    @Option(
            names = "--rate",
            paramLabel = "N",
            defaultValue = "200",
            description = "Writes per second while faults happen. Default: 200.")
    private int rate;

    @Option(
            names = "--outage",
            paramLabel = "SECONDS",
            defaultValue = "6",
            description =
                    "How long a replica is down in an outage. After more than 15 s the writes it missed are repaired. Default:"
                            + " 6.")
    private int outage;

    @Option(
            names = "--interval",
            paramLabel = "SECONDS",
            description = "Time between two rounds, 0.5 to 60. Default: 2.5, with probe 15.")
    private Double interval;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            defaultValue = "600",
            description = "Gives up after this many seconds, with exit code 1. Default: 600.")
    private int timeout;

    @Override
    public Integer call() {
        if (report != null) {
            new OptionFile(spec, "--report", report).checkWritable();
        }
        DemoOptions options;
        try {
            options = options();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
        try {
            return Demo.run(options);
        } catch (BadInputException e) {
            throw new ParameterException(spec.commandLine(), "--input: " + e.getMessage(), e);
        }
    }

    private DemoOptions options() {
        Set<FaultKind> kinds = FaultKind.parse(faults);
        int count = replicas != null
                ? replicas
                : kinds.contains(FaultKind.MEMBERSHIP) ? DEFAULT_REPLICAS_OF_MEMBERSHIP : DEFAULT_REPLICAS;
        if (count == 2 && faults.trim().equalsIgnoreCase("all")) {
            kinds.remove(FaultKind.CORRUPT);
        }
        int number = keys != null ? keys : input == null ? DEFAULT_KEYS : 0;
        return new DemoOptions(
                number,
                count,
                partitions,
                kinds,
                seed,
                input,
                key,
                report,
                stay,
                rate,
                new DemoOptions.Times(
                        Duration.ofSeconds(outage),
                        interval == null ? null : Duration.ofMillis(Math.round(interval * 1_000)),
                        Duration.ofSeconds(timeout)));
    }
}
