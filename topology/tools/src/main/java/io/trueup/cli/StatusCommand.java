package io.trueup.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.trueup.cli.shell.ExitCodes;
import io.trueup.cli.shell.Formats;
import io.trueup.cli.shell.JobConfigOption;
import io.trueup.cli.shell.PositiveDurationConverter;
import io.trueup.cli.shell.TextTable;
import io.trueup.command.Commands;
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
import java.util.TreeSet;
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
            ExitCodes.NO + ":replicas differ",
            ExitCodes.FAILED + ":it is not known: partitions were not compared of late, or the command could not run",
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
            description = "Print the status again each time so long has passed, until Ctrl-C. Without a value: 10s.")
    private Duration watch;

    @Option(names = "--output", paramLabel = "FORMAT", defaultValue = "text", description = "text or json.")
    private String output;

    @Override
    public Integer call() throws InterruptedException {
        if (!List.of("text", "json").contains(output)) {
            throw new ParameterException(spec.commandLine(), "--output: '" + output + "' is neither text nor json");
        }
        try (Commands commands = new Commands(config.load())) {
            while (true) {
                DatasetStatus status = commands.status(last);
                print(status);
                if (watch == null) {
                    return exitCode(status.state());
                }
                Thread.sleep(watch.toMillis());
            }
        }
    }

    private static int exitCode(State state) {
        return state == State.EQUAL ? ExitCodes.OK : state.isDifferent() ? ExitCodes.NO : ExitCodes.FAILED;
    }

    private void print(DatasetStatus status) {
        PrintWriter out = spec.commandLine().getOut();
        if (output.equals("json")) {
            out.println(json(status));
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

    /** The states of other partitions, in a line. */
    private static void others(DatasetStatus status, PrintWriter out) {
        String others = new TreeSet<>(status.partitions().stream()
                        .map(PartitionStatus::state)
                        .filter(state -> state != status.state())
                        .toList())
                .stream()
                        .map(state -> count(status.in(state).size()) + " " + words(state))
                        .collect(Collectors.joining(", "));
        if (!others.isEmpty()) {
            out.println("Besides: " + others + ".");
        }
    }

    private static String count(int partitions) {
        return partitions + (partitions == 1 ? " partition" : " partitions");
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
                    Formats.number(replica.keys()),
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
                    words(partition.state()),
                    partition.cuts().equalMs().isEmpty()
                            ? "unknown"
                            : Formats.time(partition.cuts().equalMs().getAsLong()),
                    counts(partition.different()),
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
                + names("lagging", owners.lagging())
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

    private static ObjectNode json(DatasetStatus status) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("dataset", status.dataset());
        json.put("time", Formats.time(status.nowMs()));
        json.put("state", status.state().name());
        json.put("sentence", status.sentence());
        json.put("observing", status.observing());
        ArrayNode needs = json.putArray("needs");
        status.needs()
                .forEach(need -> needs.addObject().put("text", need.text()).put("command", need.command()));
        ArrayNode replicas = json.putArray("replicas");
        for (ReplicaStatus replica : status.replicas()) {
            ObjectNode one = replicas.addObject()
                    .put("replica", replica.name())
                    .put("partitions", replica.partitions())
                    .put("keys", replica.keys())
                    .put("malformed", replica.malformed());
            time(one, "reported", replica.reportedMs());
        }
        ArrayNode partitions = json.putArray("partitions");
        for (PartitionStatus partition : status.partitions()) {
            ObjectNode one = partitions
                    .addObject()
                    .put("partition", partition.partition())
                    .put("state", partition.state().name())
                    .put("keys", partition.entries());
            time(one, "equalAt", partition.cuts().equalMs());
            time(one, "differentSince", partition.cuts().differentSinceMs());
            time(one, "reported", partition.cuts().reportedMs());
            put(one.putObject("different"), partition.different());
            put(one.putObject("sent"), partition.repairs().sent());
            one.put("verified", partition.repairs().verified());
            one.put("failed", partition.repairs().failed());
            put(one.putObject("heldBack"), partition.repairs().heldBack());
            put(one.putObject("needsPerson"), partition.needsPerson());
            ArrayNode waits = one.putArray("waits");
            partition
                    .waits()
                    .forEach(wait -> waits.addObject()
                            .put("target", wait.target())
                            .put("reason", wait.reason())
                            .put("keys", wait.keys())
                            .put("since", Formats.time(wait.sinceMs())));
            names(one, "owners", partition.owners().all());
            names(one, "silent", partition.owners().silent());
            names(one, "lagging", partition.owners().lagging());
            names(one, "rebuilding", partition.owners().rebuilding());
            names(one, "disagreeing", partition.owners().disagreeing());
            names(one, "notes", partition.notes());
        }
        return json;
    }

    private static void time(ObjectNode json, String name, OptionalLong ms) {
        if (ms.isPresent()) {
            json.put(name, Formats.time(ms.getAsLong()));
        } else {
            json.putNull(name);
        }
    }

    private static void put(ObjectNode json, Map<String, Long> counts) {
        counts.forEach(json::put);
    }

    private static void names(ObjectNode json, String name, Collection<String> names) {
        ArrayNode array = json.putArray(name);
        names.forEach(array::add);
    }
}
