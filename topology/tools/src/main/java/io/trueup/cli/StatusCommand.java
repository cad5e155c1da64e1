package io.trueup.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.trueup.cli.shell.ExitCodes;
import io.trueup.cli.shell.Formats;
import io.trueup.cli.shell.JobConfigOption;
import io.trueup.cli.shell.PositiveDurationConverter;
import io.trueup.cli.shell.TextTable;
import io.trueup.command.Commands;
import io.trueup.ops.api.StatusJson;
import io.trueup.status.DatasetStatus;
import io.trueup.status.PartitionStatus;
import io.trueup.status.ReplicaStatus;
import io.trueup.status.State;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code trueup status}. */
@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Shows whether the replicas are equal, since when, what is done, and what needs a person: from the reports that the"
                    + " reconcilers write after each round. Equal is only what was compared.",
            "Reads only: it joins no group, commits nothing and writes nothing to Kafka.",
            ""
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            ExitCodes.OK + ":all replicas are equal",
            ExitCodes.NO + ":replicas differ, in one partition at least",
            ExitCodes.FAILED + ":neither is known: partitions were not compared of late, or the command could not run",
            ExitCodes.INTERRUPTED_LINE
        })
final class StatusCommand implements Callable<Integer> {

    private static final int MAX_PARTITIONS = 20;

    @Spec
    private CommandSpec spec;

    @Mixin
    private JobConfigOption config;

    @Option(
            names = "--last",
            paramLabel = "DURATION",
            defaultValue = "15m",
            converter = PositiveDurationConverter.class,
            description = "Read the reports of so long: since when replicas differ is known only as far back. Default:"
                    + " ${DEFAULT-VALUE}.")
    private Duration last;

    @Option(
            names = "--watch",
            arity = "0..1",
            fallbackValue = "10s",
            paramLabel = "DURATION",
            converter = PositiveDurationConverter.class,
            description =
                    "Print the status again each time so long has passed, until Ctrl-C. Without a value: 10s. If the brokers"
                            + " do not answer, it says so with the status that was read last, and tries again.")
    private Duration watch;

    @Option(names = "--output", paramLabel = "FORMAT", defaultValue = "text", description = "text or json.")
    private String output;

    @Override
    public Integer call() {
        if (!List.of("text", "json").contains(output)) {
            throw new ParameterException(spec.commandLine(), "--output: '" + output + "' is neither text nor json");
        }
        try (Commands commands = new Commands(config.load())) {
            if (watch == null) {
                DatasetStatus status = commands.status(last);
                print(status);
                return exitCode(status);
            }
            return new StatusWatch(() -> commands.status(last), this::print, this::print, System::currentTimeMillis)
                    .run(() -> Thread.sleep(watch.toMillis()))
                    .map(StatusCommand::exitCode)
                    .orElse(ExitCodes.FAILED);
        }
    }

    private static int exitCode(DatasetStatus status) {
        if (status.isDifferent()) {
            return ExitCodes.NO;
        }
        return status.state() == State.EQUAL ? ExitCodes.OK : ExitCodes.FAILED;
    }

    /** What was read last, and that it is no longer known to be true. */
    private void print(StatusWatch.Lost lost) {
        PrintWriter out = spec.commandLine().getOut();
        if (output.equals("json")) {
            ObjectNode json = JsonNodeFactory.instance.objectNode();
            json.put("dataset", lost.shown().dataset());
            json.put("time", Formats.time(lost.nowMs()));
            json.put("state", State.UNKNOWN.name());
            json.put("sentence", lost.sentence());
            json.put("error", lost.error());
            json.put("lostSince", Formats.time(lost.sinceMs()));
            json.set("shown", StatusJson.of(lost.shown()));
            out.println(json);
            out.flush();
        } else {
            out.println(lost.sentence());
            out.println("  * " + lost.error());
            out.println();
            out.println("At " + Formats.time(lost.shown().nowMs()) + ":");
            print(lost.shown());
        }
    }

    private void print(DatasetStatus status) {
        PrintWriter out = spec.commandLine().getOut();
        if (output.equals("json")) {
            out.println(StatusJson.of(status));
        } else {
            out.println(status.sentence());
            others(status, out);
            needs(status, out);
            out.println();
            out.print(replicas(status));
            partitions(status, out);
            if (watch != null) {
                out.println();
            }
        }
        out.flush();
    }

    /** The other states, and what is not compared, in a line. */
    private static void others(DatasetStatus status, PrintWriter out) {
        if (!status.chips().isEmpty()) {
            out.println("Besides: " + String.join(", ", status.chips()) + ".");
        }
    }

    private static String words(State state) {
        return state.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    private static void needs(DatasetStatus status, PrintWriter out) {
        for (DatasetStatus.Need need : status.needs()) {
            out.println("  * " + need.text() + (need.command().isEmpty() ? "" : " `" + need.command() + "`"));
        }
    }

    private static TextTable replicas(DatasetStatus status) {
        TextTable table = new TextTable("REPLICA", "PARTITIONS", "KEYS", "LAST REPORT", "DEAD LETTERS");
        for (ReplicaStatus replica : status.replicas()) {
            table.row(
                    replica.name(),
                    Integer.toString(replica.partitions()),
                    replica.keys().isPresent() ? Formats.number(replica.keys().getAsLong()) : "unknown",
                    ago(replica.reportedMs(), status.nowMs()),
                    replica.malformed() == 0 ? "" : Formats.number(replica.malformed()));
        }
        return table;
    }

    private static String ago(OptionalLong ms, long nowMs) {
        return ms.isEmpty()
                ? "none"
                : DatasetStatus.age(Duration.ofMillis(Math.max(0, nowMs - ms.getAsLong()))) + " ago";
    }

    /** The partitions that are not equal, the worst first. */
    private static void partitions(DatasetStatus status, PrintWriter out) {
        List<PartitionStatus> worst = status.partitions().stream()
                .filter(partition -> partition.state() != State.EQUAL)
                .sorted(Comparator.comparing(PartitionStatus::state).thenComparing(PartitionStatus::partition))
                .toList();
        if (worst.isEmpty()) {
            return;
        }
        TextTable table =
                new TextTable("PARTITION", "STATE", "EQUAL AT", "DIFFERENT", "SENT", "VERIFIED", "NOT HEARD", "NOTE");
        for (PartitionStatus partition : worst.stream().limit(MAX_PARTITIONS).toList()) {
            table.row(
                    Integer.toString(partition.partition()),
                    partition.states().stream().map(StatusCommand::words).collect(Collectors.joining(", ")),
                    partition.cuts().equalMs().isEmpty()
                            ? "unknown"
                            : Formats.time(partition.cuts().equalMs().getAsLong()),
                    counts(partition.differences().byKind()),
                    counts(partition.repairs().sent()),
                    partition.repairs().verified() == 0
                            ? ""
                            : Formats.number(partition.repairs().verified()),
                    notHeard(partition.owners()),
                    String.join("; ", partition.notes()));
        }
        out.println();
        out.print(table);
        if (worst.size() > MAX_PARTITIONS) {
            out.println("… and " + (worst.size() - MAX_PARTITIONS) + " more; --output json prints them.");
        }
    }

    private static String notHeard(PartitionStatus.Owners owners) {
        return names("silent", owners.silent())
                + names(
                        "lagging",
                        owners.lags().stream().map(PartitionStatus.Lag::replica).toList())
                + names("apart", owners.apart())
                + names("rebuilding", owners.rebuilding())
                + names("settings differ", owners.disagreeing());
    }

    private static String names(String what, Collection<String> names) {
        return names.isEmpty() ? "" : what + " " + String.join(",", names) + " ";
    }

    private static String counts(Map<String, Long> counts) {
        return counts.entrySet().stream()
                .map(count -> count.getKey() + " " + Formats.number(count.getValue()))
                .collect(Collectors.joining(", "));
    }
}
