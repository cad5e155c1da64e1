package io.trueup.cli;

import io.trueup.command.Commands;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** The option that restricts a command to some partitions. */
final class PartitionsOption {

    @Option(
            names = "--partition",
            paramLabel = "N",
            description = "Only this partition. May be given several times. Default: all partitions.")
    private List<Integer> partitions = new ArrayList<>();

    /** The partitions given; empty for all. */
    List<Integer> selected() {
        return partitions;
    }

    /** Returns for example {@code all 12 partitions}. */
    String shown(Commands commands) {
        return partitions.isEmpty() ? "all " + commands.partitions() + " partitions" : "partitions " + partitions;
    }
}
