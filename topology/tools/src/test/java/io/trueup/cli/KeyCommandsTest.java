package io.trueup.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.failure.KeyFormat;
import io.trueup.ops.api.KeyCommands;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands that the web page shows for a key, as a shell passes them on to the command line. */
class KeyCommandsTest {

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"order-7", "it's <b>\"$HOME\"</b> \\ `id`", "--key", "hex:00ff", "two  blanks ", "%s\\n"})
    void shouldBeCommandsOfTheCommandLineThatNameTheKey(String text) throws Exception {
        byte[] key = text.equals("hex:00ff") ? new byte[] {0, (byte) 0xff} : text.getBytes(UTF_8);
        List<String> first = new ArrayList<>();

        for (boolean isByPartitioner : new boolean[] {true, false}) {
            for (String command : KeyCommands.of(key, 3, isByPartitioner, Optional.of("eu"))) {
                List<String> words = words(command);
                first.add(words.get(0));
                // fails if there is no such command or option
                Invocation.commandLine().parseArgs(words.toArray(String[]::new));
                String named = command.contains("KEYS")
                        ? Files.readString(directory.resolve("KEYS")).replaceFirst("\n$", "")
                        : words.get(words.indexOf(words.contains("--key") ? "--key" : last(words)) + 1);
                assertThat(KeyFormat.parse(named, false)).as(command).isEqualTo(key);
            }
        }
        assertThat(first).contains("history", "repairs", "probe", "audit", "conflicts");
    }

    /** The word before the key where the key is no value of an option. */
    private static String last(List<String> words) {
        return words.contains("choose") ? "choose" : "probe";
    }

    /** The arguments that a command gets from a shell. */
    private List<String> words(String command) throws Exception {
        Process shell = new ProcessBuilder("sh", "-c", "trueup() { printf '%s\\0' \"$@\"; }; " + command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .start();
        String out = new String(shell.getInputStream().readAllBytes(), UTF_8);
        assertThat(shell.waitFor()).as(out).isZero();
        return List.of(out.split("\0"));
    }
}
