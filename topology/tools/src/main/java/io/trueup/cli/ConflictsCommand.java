package io.trueup.cli;

import io.trueup.cli.shell.ExitCodes;
import io.trueup.cli.shell.Formats;
import io.trueup.cli.shell.KeyArgument;
import io.trueup.cli.shell.OptionFile;
import io.trueup.cli.shell.TextTable;
import io.trueup.command.Commands;
import io.trueup.command.ConflictsTopicReader;
import io.trueup.command.EntryView;
import io.trueup.command.OpenConflict;
import io.trueup.config.TrueupConfig;
import io.trueup.failure.KeyFormat;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** {@code trueup conflicts}. */
@Command(
        name = "conflicts",
        mixinStandardHelpOptions = true,
        description = {
            "Lists the keys for which only a person can decide: the conflicting entries, and the replicas that hold them.",
            "Reasons: NO_WINNER, no rule decides; NOT_SEEN, the first replica would win, but has not proved that it has seen"
                    + " the other entries, which may be newer; RETURNED, a replica that left the partition and returned"
                    + " holds an entry that may be deleted; REBUILT, the state of a replica that holds nothing was lost, and"
                    + " may have contained a delete; UNREAD, a write event cannot be read, so nobody knows what its replica"
                    + " holds: see the dead-letter topic.",
            "A replica that is not heard is listed with what it held when it was last compared.",
            "A conflict ends when a person chooses an entry, or with a new write that has seen all entries."
        },
        subcommands = ConflictsCommand.Choose.class,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {ExitCodes.OK + ":listed", ExitCodes.FAILED_LINE + ", or some reports could not be read"})
final class ConflictsCommand implements Callable<Integer> {

    private static final int MAX_NAMED = 5;

    @Spec
    private CommandSpec spec;

    @Option(
            names = {"-c", "--config"},
            paramLabel = "FILE",
            required = true,
            scope = ScopeType.INHERIT,
            defaultValue = "${env:TRUEUP_CONFIG}",
            description =
                    "The configuration of the job, a properties file. Default: the file that" + " TRUEUP_CONFIG names.")
    private Path file;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        try (Commands commands = new Commands(load())) {
            ConflictsTopicReader read = commands.readConflicts();
            List<OpenConflict> conflicts = read.conflicts();
            boolean whole = read.unreadable().isEmpty();
            if (!conflicts.isEmpty()) {
                out.print(table(conflicts));
            } else if (whole) {
                out.print("No conflicts.\n");
            }
            out.flush();
            return whole ? ExitCodes.OK : unreadable(read.unreadable());
        }
    }

    private int unreadable(List<String> records) {
        PrintWriter err = spec.commandLine().getErr();
        err.println("PARTIAL: there may be other conflicts. Reports that could not be read: " + records.size());
        records.stream().limit(MAX_NAMED).forEach(record -> err.println("  " + record));
        err.flush();
        return ExitCodes.FAILED;
    }

    private TrueupConfig load() {
        new OptionFile(spec, "--config", file).checkReadable();
        return TrueupConfig.load(file, System.getenv());
    }

    private static TextTable table(List<OpenConflict> conflicts) {
        TextTable table =
                new TextTable("KEY", "PARTITION", "SINCE", "REASON", "REPLICAS", "HOLD", "POSITION", "DIGEST");
        for (OpenConflict conflict : conflicts) {
            String key = KeyFormat.of(conflict.key());
            String partition = Integer.toString(conflict.partition());
            String since = Formats.time(conflict.sinceMs());
            String reason = conflict.reason();
            for (OpenConflict.Side side : conflict.sides()) {
                EntryView entry = side.entry();
                table.row(
                        key,
                        partition,
                        since,
                        reason,
                        String.join(",", side.replicas()),
                        held(entry),
                        entry.isAbsence() ? "" : Formats.time(entry.positionMs()),
                        entry.digest());
                key = "";
                partition = "";
                since = "";
                reason = "";
            }
        }
        return table;
    }

    private static String held(EntryView entry) {
        if (entry.isUnread()) {
            return Formats.UNREAD;
        }
        return entry.isAbsence() ? "nothing" : (entry.deleted() ? "deleted, " : "") + entry.shownVersion();
    }

    /** {@code trueup conflicts choose}. */
    @Command(
            name = "choose",
            mixinStandardHelpOptions = true,
            description = {
                "Settles a conflict: what one replica holds wins, even if it holds nothing, and the other replicas are"
                        + " repaired.",
                "Has no effect if that replica holds something else by then."
            },
            exitCodeListHeading = "%nExit codes:%n",
            exitCodeList = {
                ExitCodes.OK + ":the choice is sent to the reconcilers",
                ExitCodes.FAILED_LINE + "; or the key is in no conflict"
            })
    static final class Choose implements Callable<Integer> {

        @Spec
        private CommandSpec spec;

        @ParentCommand
        private ConflictsCommand conflicts;

        @Mixin
        private KeyArgument key;

        @Option(names = "--replica", paramLabel = "NAME", required = true, description = "The replica that wins.")
        private String replica;

        @Override
        public Integer call() {
            byte[] bytes = key.bytes();
            try (Commands commands = new Commands(conflicts.load())) {
                commands.choose(bytes, replica);
                PrintWriter out = spec.commandLine().getOut();
                out.println("Sent to the reconcilers: what " + replica + " holds for " + KeyFormat.of(bytes)
                        + " wins. The next rounds repair the other replicas; `trueup conflicts` lists the conflicts that"
                        + " remain.");
                ControlTopicCheck.warn(commands, out);
            }
            return ExitCodes.OK;
        }
    }
}
