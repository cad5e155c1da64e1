package io.trueup.cli.shell;

import io.trueup.failure.Causes;
import java.io.PrintWriter;
import java.util.function.BooleanSupplier;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Prints why a command failed, in one line: the message of the exception with its causes, or the stack trace if the user asked
 * for it.
 */
public final class CommandErrors implements IExecutionExceptionHandler, IParameterExceptionHandler {

    private static final String PREFIX = "trueup: ";

    private final BooleanSupplier verbose;

    /** @param verbose whether to print stack traces; asked when a command fails */
    public CommandErrors(BooleanSupplier verbose) {
        this.verbose = verbose;
    }

    @Override
    public int handleExecutionException(Exception failure, CommandLine command, ParseResult arguments) {
        print(failure, command.getErr());
        return ExitCodes.FAILED;
    }

    /** Prints why a command failed. */
    public void print(Throwable failure, PrintWriter err) {
        if (verbose.getAsBoolean()) {
            failure.printStackTrace(err);
        } else if (failure.getMessage() == null) {
            err.println(PREFIX + failure.getClass().getSimpleName() + "; -v prints the stack trace");
        } else {
            err.println(PREFIX + Causes.describe(failure));
        }
        err.flush();
    }

    /** A usage error is one line that ends with how to see the help: the whole help would hide it. */
    @Override
    public int handleParseException(ParameterException failure, String[] arguments) {
        CommandLine command = failure.getCommandLine();
        PrintWriter err = command.getErr();
        String name = command.getCommandSpec().qualifiedName();
        String message = failure.getMessage().strip();
        err.println(PREFIX + message + (message.matches("(?s).*[.?!]") ? " " : ". ") + suggestions(failure) + "See `"
                + name + " --help`.");
        if (verbose.getAsBoolean()) {
            failure.printStackTrace(err);
        }
        err.flush();
        return ExitCodes.FAILED;
    }

    private static String suggestions(ParameterException failure) {
        if (failure instanceof UnmatchedArgumentException unmatched
                && !unmatched.getSuggestions().isEmpty()) {
            return "Did you mean " + String.join(" or ", unmatched.getSuggestions()) + "? ";
        }
        return "";
    }
}
