package io.trueup.cli;

import io.trueup.command.Commands;
import java.io.PrintWriter;

/** Warns where a command does not reach the replicas of the configuration, because they do not read its control topic. */
final class ControlTopicCheck {

    private ControlTopicCheck() {}

    static void warn(Commands commands, PrintWriter out) {
        if (!commands.heardByHosted()) {
            out.println(
                    "The replicas hosted with this configuration do not read its control.topic. Run the same command"
                            + " with the configuration of another process, too.");
        }
    }
}
