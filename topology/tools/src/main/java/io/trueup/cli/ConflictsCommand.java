package io.trueup.cli;

import io.trueup.command.Commands;
import io.trueup.command.EntryView;
import io.trueup.command.StandingConflict;
import io.trueup.config.TrueupConfig;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
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
            "Lists the keys for which no entry wins: the sides that stand against each other, and who holds them.",
            "A conflict ends with a choice of a person, or with a new write that has seen all sides."
        },
        subcommands = ConflictsCommand.Choose.class,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:listed", "1:failed", "2:the configuration or an option cannot be used"})
final class ConflictsCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(
            names = {"-c", "--config"},
            paramLabel = "FILE",
            required = true,
            scope = ScopeType.INHERIT,
            defaultValue = "${env:TRUEUP_CONFIG}",
            description = "The configuration of the job, a properties file. Default: what TRUEUP_CONFIG names.")
    private Path file;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        try (Commands commands = new Commands(load())) {
            List<StandingConflict> conflicts = commands.conflicts();
            out.print(conflicts.isEmpty() ? "No conflicts.\n" : table(conflicts));
        }
        out.flush();
        return 0;
    }

    private TrueupConfig load() {
        return TrueupConfig.load(file, System.getenv());
    }

    private static TextTable table(List<StandingConflict> conflicts) {
        TextTable table = new TextTable("KEY", "PARTITION", "SINCE", "REPLICAS", "HOLD", "POSITION", "DIGEST");
        for (StandingConflict conflict : conflicts) {
            String key = KeyText.of(conflict.key());
            String partition = Integer.toString(conflict.partition());
            String since = Instant.ofEpochMilli(conflict.sinceMs()).toString();
            for (StandingConflict.Side side : conflict.sides()) {
                EntryView entry = side.entry();
                table.row(
                        key,
                        partition,
                        since,
                        String.join(",", side.replicas()),
                        (entry.deleted() ? "deleted, " : "") + entry.shownVersion(),
                        Instant.ofEpochMilli(entry.positionMs()).toString(),
                        entry.digest());
                key = "";
                partition = "";
                since = "";
            }
        }
        return table;
    }

    /** {@code trueup conflicts choose}. */
    @Command(
            name = "choose",
            mixinStandardHelpOptions = true,
            description = {
                "Settles a conflict: what one replica holds is to be what all hold.",
                "Nothing happens if that replica holds something else by now."
            },
            exitCodeListHeading = "%nExit codes:%n",
            exitCodeList = {
                "0:the reconcilers are told",
                "1:failed: for instance the key is in no conflict",
                "2:the configuration or an option cannot be used"
            })
    static final class Choose implements Callable<Integer> {

        @Spec
        private CommandSpec spec;

        @ParentCommand
        private ConflictsCommand conflicts;

        @Mixin
        private KeyArgument key;

        @Option(
                names = "--replica",
                paramLabel = "NAME",
                required = true,
                description = "The replica whose entry is to win.")
        private String replica;

        @Override
        public Integer call() {
            byte[] bytes = key.bytes();
            try (Commands commands = new Commands(conflicts.load())) {
                commands.choose(bytes, replica);
                PrintWriter out = spec.commandLine().getOut();
                out.println("Told the reconcilers: what " + replica + " holds for " + KeyText.of(bytes)
                        + " wins. The next rounds repair the others; `trueup conflicts` lists what still stands.");
                Hearing.warn(commands, out);
            }
            return 0;
        }
    }
}
