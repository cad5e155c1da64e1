package io.trueup.cli;

import java.util.function.BooleanSupplier;
import org.apache.kafka.common.config.ConfigException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.ParseResult;

/** Tells a person why a command failed: in words, with the stack trace only on demand. */
final class Failures implements IExecutionExceptionHandler {

    /** Exit code of a command that failed. */
    static final int FAILED = 1;

    /** Exit code of a command line or a configuration that cannot be used. */
    static final int UNUSABLE = 2;

    private final BooleanSupplier verbose;

    Failures(BooleanSupplier verbose) {
        this.verbose = verbose;
    }

    @Override
    public int handleExecutionException(Exception failure, CommandLine command, ParseResult arguments) {
        if (verbose.getAsBoolean()) {
            failure.printStackTrace(command.getErr());
        } else {
            command.getErr().println("trueup: " + words(failure));
        }
        command.getErr().flush();
        return failure instanceof ConfigException ? UNUSABLE : FAILED;
    }

    private static String words(Exception failure) {
        if (failure.getMessage() == null) {
            return failure.getClass().getSimpleName() + "; -v prints the stack trace";
        }
        return failure.getMessage();
    }
}
