package io.trueup.cli;

import io.trueup.cli.audit.AuditCommand;
import io.trueup.cli.history.HistoryCommand;
import io.trueup.cli.history.RepairsCommand;
import io.trueup.cli.plan.RepairCommand;
import io.trueup.cli.shell.CommandErrors;
import io.trueup.cli.shell.ExitCodes;
import io.trueup.cli.shell.LogSettings;
import io.trueup.cli.topics.TopicsCommand;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** {@code trueup}: runs the command that its arguments name, and ends with the exit code of the command. */
@Command(
        name = "trueup",
        description = "Keeps the replicas of a Kafka-fed datastore equal.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        subcommands = {
            DemoCommand.class,
            AttachCommand.class,
            RunCommand.class,
            ReplicaCommand.class,
            ScrubCommand.class,
            StatusCommand.class,
            ConflictsCommand.class,
            ProbeCommand.class,
            ApproveCommand.class,
            PauseCommand.class,
            ResumeCommand.class,
            CompleteCommand.class,
            ResetCommand.class,
            AuditCommand.class,
            RepairCommand.class,
            HistoryCommand.class,
            RepairsCommand.class,
            BenchCommand.class,
            ConfigCommand.class,
            TopicsCommand.class,
            HelpCommand.class
        },
        synopsisSubcommandLabel = "COMMAND")
public final class Main {

    @Option(
            names = {"-v", "--verbose"},
            scope = ScopeType.INHERIT,
            description = "Print the stack traces of errors.")
    private boolean verbose;

    @Spec
    private CommandSpec spec;

    private Main() {}

    @Command(name = "version", description = "Print the version.")
    int version() {
        CommandLine command = spec.commandLine();
        command.printVersionHelp(command.getOut());
        return ExitCodes.OK;
    }

    public static void main(String[] arguments) {
        Optional<String> fault = LogSettings.fault(System.getenv(), System::getProperty);
        if (fault.isPresent()) {
            System.err.println("trueup: " + fault.get() + ".");
            System.exit(ExitCodes.FAILED);
        }
        int exitCode;
        try {
            exitCode = commandLine().execute(arguments);
        } catch (Throwable failure) { // Java would end with 1, which is an answer
            new CommandErrors(() -> true).print(failure, new PrintWriter(System.err, true, StandardCharsets.UTF_8));
            exitCode = ExitCodes.FAILED;
        }
        System.exit(exitCode);
    }

    /** Creates the command line with all commands. It prints UTF-8 in every locale. */
    static CommandLine commandLine() {
        Main main = new Main();
        CommandErrors errors = new CommandErrors(() -> main.verbose);
        CommandLine completion = new CommandLine(new GenerateCompletion());
        completion
                .getCommandSpec()
                .usageMessage()
                .description(
                        "Print a script for bash and zsh that completes commands and options.",
                        "source <(trueup completion)");
        return new CommandLine(main)
                .addSubcommand("completion", completion)
                .setOut(new PrintWriter(System.out, true, StandardCharsets.UTF_8))
                .setErr(new PrintWriter(System.err, true, StandardCharsets.UTF_8))
                .setExecutionExceptionHandler(errors)
                .setParameterExceptionHandler(errors);
    }
}
