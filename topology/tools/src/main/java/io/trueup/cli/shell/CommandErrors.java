package io.trueup.cli.shell;

import java.util.function.BooleanSupplier;
import org.apache.kafka.common.config.ConfigException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.ParseResult;

/** Prints why a command failed: the message of the exception, or the stack trace if the user asked for it. */
public final class CommandErrors implements IExecutionExceptionHandler {

    private final BooleanSupplier verbose;

    /** @param verbose whether to print stack traces; asked when a command fails */
    public CommandErrors(BooleanSupplier verbose) {
        this.verbose = verbose;
    }

    @Override
    public int handleExecutionException(Exception failure, CommandLine command, ParseResult arguments) {
        if (verbose.getAsBoolean()) {
            failure.printStackTrace(command.getErr());
        } else {
            command.getErr().println("trueup: " + message(failure));
        }
        command.getErr().flush();
        return failure instanceof ConfigException ? ExitCodes.UNUSABLE : ExitCodes.FAILED;
    }

    private static String message(Exception failure) {
        if (failure.getMessage() == null) {
            return failure.getClass().getSimpleName() + "; -v prints the stack trace";
        }
        return failure.getMessage();
    }
}
