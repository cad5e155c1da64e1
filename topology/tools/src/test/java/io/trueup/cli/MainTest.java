package io.trueup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {

    @TempDir
    Path directory;

    @Test
    void shouldPrintItsVersion() {
        Invocation trueup = Invocation.of("--version");

        assertThat(trueup.exitCode()).isZero();
        assertThat(trueup.out()).startsWith("trueup ").contains("Kafka 4.", "Java ");
    }

    @Test
    void shouldPrintItsVersionAsTheOptionDoes() {
        assertThat(Invocation.of("version").out())
                .isEqualTo(Invocation.of("--version").out());
    }

    @Test
    void shouldCompleteCommandsAndOptionsInAShell() throws Exception {
        Invocation completion = Invocation.of("completion");
        assertThat(completion.exitCode()).isZero();
        Path script = Files.writeString(directory.resolve("completion.bash"), completion.out());

        assertThat(completed(script, "trueup", "sta")).containsExactly("status");
        assertThat(completed(script, "trueup", "status", "--out")).containsExactly("--output");
    }

    /** What bash proposes for the last of the words. */
    private static List<String> completed(Path script, String... words) throws Exception {
        String line = String.join(" ", words);
        String commands = "compopt() { :; }; . '" + script + "'; COMP_LINE='" + line + "'; COMP_POINT=" + line.length()
                + "; COMP_WORDS=("
                + line + "); COMP_CWORD=" + (words.length - 1)
                + "; _complete_trueup; printf '%s\\n' \"${COMPREPLY[@]}\"";
        Process bash = new ProcessBuilder("bash", "-c", commands)
                .redirectErrorStream(true)
                .start();
        String out = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(bash.waitFor()).as(out).isZero();
        return out.lines().map(String::strip).toList();
    }

    @Test
    void shouldExplainItself() {
        assertThat(Invocation.of("--help").out()).contains("run", "replica", "config", "help");
        assertThat(Invocation.of("help", "run").out()).contains("TRUEUP_CONFIG", "Exit codes");
        assertThat(Invocation.of("run", "--help").exitCode()).isZero();
        assertThat(Invocation.of("help", "config").out()).contains("--config", "Exit codes");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "walk", "run", "run -c", "config -c", "config --colour"})
    void shouldRefuseAnUnusableCommandLine(String arguments) {
        Invocation trueup = Invocation.of(arguments.isEmpty() ? new String[0] : arguments.split(" ", -1));

        assertThat(trueup.exitCode()).isEqualTo(2);
        assertThat(trueup.err()).startsWith("trueup: ").endsWith(" --help`.\n").hasLineCount(1);
        assertThat(trueup.out()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "run",
                "config",
                "replica",
                "scrub",
                "conflicts",
                "history",
                "repairs",
                "audit",
                "repair --plan plan.jsonl",
                "probe key",
                "approve" + " --target eu",
                "pause",
                "resume --replica eu",
                "complete --replica eu",
                "reset --replica eu"
            })
    void shouldNameTheOptionOfAConfigurationThatCannotBeRead(String command) {
        List<String> arguments = new ArrayList<>(List.of(command.split(" ", -1)));
        arguments.addAll(List.of("-c", "no-such-file"));

        Invocation trueup = Invocation.of(arguments.toArray(String[]::new));

        assertThat(trueup.exitCode()).isEqualTo(2);
        assertThat(trueup.err())
                .startsWith("trueup: --config: no-such-file does not exist; name a file that does. See `trueup ")
                .hasLineCount(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "approve --target eu --for 0s",
                "probe key --wait 0s",
                "history --patience 0ms",
                "audit --patience 0s",
                "repair --plan plan.jsonl --wait 0s"
            })
    void shouldRefuseNoTimeAtAll(String command) {
        List<String> arguments = new ArrayList<>(List.of(command.split(" ", -1)));
        arguments.addAll(List.of("-c", "no-such-file"));

        Invocation trueup = Invocation.of(arguments.toArray(String[]::new));

        assertThat(trueup.exitCode()).isEqualTo(2);
        assertThat(trueup.err()).contains("is no time at all; write more").hasLineCount(1);
    }

    @Test
    void shouldNameTheCommandWhoseHelpSaysMore() {
        assertThat(Invocation.of("conflicts", "choose", "key", "-c", "file").err())
                .isEqualTo(
                        "trueup: Missing required option: '--replica=NAME'. See `trueup conflicts choose --help`.\n");
        assertThat(Invocation.of("adit").err()).endsWith("'adit'. Did you mean audit? See `trueup --help`.\n");
    }
}
