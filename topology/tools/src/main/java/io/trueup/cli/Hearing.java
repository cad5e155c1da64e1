package io.trueup.cli;

import io.trueup.command.Commands;
import java.io.PrintWriter;

/** Says where a command does not reach. */
final class Hearing {

    private Hearing() {}

    static void warn(Commands commands, PrintWriter out) {
        if (!commands.heardByHosted()) {
            out.println(
                    "The replicas hosted with this configuration do not read its control.topic: give the same command"
                            + " with the configuration of another process, too.");
        }
    }
}
