package io.trueup.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import picocli.CommandLine;

/**
 * What one call of the command line printed and returned.
 *
 * @param exitCode the exit code of the command
 * @param out what it printed to standard output
 * @param err what it printed to standard error
 */
public record Invocation(int exitCode, String out, String err) {

    /** Runs a command line to its end. */
    public static Invocation of(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exitCode = commandLine()
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(arguments);
        return new Invocation(exitCode, out.toString(), err.toString());
    }

    /** The command line of Trueup, whose output a test may redirect. */
    public static CommandLine commandLine() {
        return Main.commandLine();
    }
}
