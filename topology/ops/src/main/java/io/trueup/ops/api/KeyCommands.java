package io.trueup.ops.api;

import io.trueup.failure.KeyFormat;
import io.trueup.failure.ShellWords;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The commands that show in a terminal what is known of a key. */
public final class KeyCommands {

    private static final String OPTION = "-";

    private KeyCommands() {}

    /**
     * Lines for a POSIX shell. FILE stands for the configuration of the job, and KEYS for any file. A key that begins like an option is
     * written in hexadecimal.
     *
     * @param isByPartitioner whether the key lies in the partition that the default partitioner gives it
     * @param side a replica that holds a side of the open conflict of the key; empty if there is none
     */
    public static List<String> of(byte[] key, int partition, boolean isByPartitioner, Optional<String> side) {
        String text = KeyFormat.of(key);
        String word = ShellWords.quoted(text.startsWith(OPTION) ? KeyFormat.HEX_PREFIX + KeyFormat.hex(key) : text);
        String where = isByPartitioner ? "" : " --partition " + partition;
        List<String> commands = new ArrayList<>(List.of(
                "trueup history --key " + word + where + " --writes -c FILE",
                "trueup repairs --key " + word + where + " -c FILE",
                "trueup probe " + word + where + " -c FILE",
                "printf '%s\\n' " + word + " > KEYS && trueup audit --keys-from KEYS --partitions " + partition
                        + " -c FILE"));
        side.ifPresent(
                replica -> commands.add("trueup conflicts choose " + word + " --replica " + replica + " -c FILE"));
        return commands;
    }
}
