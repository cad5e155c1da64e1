package io.trueup.cli;

import io.trueup.cli.shell.ExitCodes;
import io.trueup.cli.shell.Formats;
import io.trueup.cli.shell.JobConfigOption;
import io.trueup.cli.shell.KeyArgument;
import io.trueup.cli.shell.PositiveDurationConverter;
import io.trueup.cli.shell.TextTable;
import io.trueup.command.Commands;
import io.trueup.command.EntryView;
import io.trueup.command.ProbeResult;
import io.trueup.config.TrueupConfig;
import io.trueup.failure.KeyFormat;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code trueup probe}. */
@Command(
        name = "probe",
        mixinStandardHelpOptions = true,
        description = {
            "Compares one key at once, without waiting for a round, and repairs it if the replicas differ.",
            "Prints what each replica held one grace period ago, and the repairs that followed."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            ExitCodes.OK + ":all replicas answered and hold the same",
            ExitCodes.NO + ":replicas differ",
            ExitCodes.FAILED_LINE + "; or a replica did not answer, and those that did hold the same"
        })
final class ProbeCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private JobConfigOption config;

    @Mixin
    private KeyArgument key;

    @Option(
            names = "--partition",
            paramLabel = "N",
            description = "The partition of the key. Default: the one that Kafka's default partitioner chooses.")
    private Integer partition;

    @Option(
            names = "--wait",
            paramLabel = "DURATION",
            defaultValue = "10s",
            converter = PositiveDurationConverter.class,
            description = "How long to wait for answers and repairs. Default: ${DEFAULT-VALUE}.")
    private Duration wait;

    @Override
    public Integer call() {
        byte[] bytes = key.bytes();
        TrueupConfig job = config.load();
        try (Commands commands = new Commands(job)) {
            int asked = partition == null ? commands.partitionOf(bytes) : partition;
            ProbeResult result = commands.probe(bytes, asked, wait);
            print(bytes, result, commands);
            if (!result.agree()) {
                return ExitCodes.NO;
            }
            return result.silent().isEmpty() ? ExitCodes.OK : ExitCodes.FAILED;
        }
    }

    private void print(byte[] bytes, ProbeResult result, Commands commands) {
        PrintWriter out = spec.commandLine().getOut();
        out.println(KeyFormat.of(bytes) + ", partition " + result.partition() + ", as of "
                + Formats.time(result.cutMs()) + ":");
        if (!result.answers().isEmpty()) {
            out.print(table(result));
        }
        if (!result.silent().isEmpty()) {
            out.println("No answer from " + String.join(", ", result.silent())
                    + ": are their reconcilers running, with the same settings, hash.secret and control.secrets?");
            ControlTopicCheck.warn(commands, out);
        }
        out.println(verdict(result));
        out.flush();
    }

    private static TextTable table(ProbeResult result) {
        TextTable table = new TextTable("REPLICA", "HOLDS", "POSITION", "DIGEST");
        result.answers()
                .forEach((replica, held) -> table.row(
                        replica,
                        held.map(ProbeCommand::holds).orElse("nothing"),
                        position(held, result.cutMs()),
                        held.map(EntryView::digest).orElse("")));
        return table;
    }

    private static String holds(EntryView entry) {
        if (entry.isUnread()) {
            return Formats.UNREAD;
        }
        return (entry.deleted() ? "deleted, version " : "version ") + entry.shownVersion();
    }

    private static String position(Optional<EntryView> held, long cutMs) {
        return held.map(entry -> Formats.time(entry.positionMs())
                        + (entry.positionMs() > cutMs ? " (within grace: not compared yet)" : ""))
                .orElse("");
    }

    private String verdict(ProbeResult result) {
        if (!result.repairs().isEmpty()) {
            return "Repairs sent: "
                    + result.repairs().stream()
                            .map(repair -> repair.target() + " := "
                                    + (repair.deleted() ? "deleted, version " : "version ") + repair.version())
                            .collect(Collectors.joining("; "));
        }
        if (result.answers().size() < 2) {
            return "Nothing to compare.";
        }
        return result.agree()
                ? "All replicas that answered hold the same."
                : "They differ, and no repair was sent within " + wait.toSeconds()
                        + " s. Possible reasons: a write within grace, a replica that lags, a repair already under way,"
                        + " a conflict (`trueup conflicts`), the flood guard, paused repairs, mode=observe.";
    }
}
