package io.trueup.failure;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.OutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShellWordsTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "products.writes.eu",
                "retention.ms=604800000",
                "User:CN=trueup,OU=a b",
                "it's",
                "'",
                "",
                "$HOME `id` \"x\" \\ * ? [a] {b} ~ # ! & | ; < > ( )",
                "two\nlines",
                "für 三"
            })
    void shouldSurviveAShell(String word) throws Exception {
        Process shell = new ProcessBuilder("sh").start();
        try (OutputStream script = shell.getOutputStream()) {
            script.write(("printf %s " + ShellWords.quoted(word)).getBytes(UTF_8));
        }

        assertThat(new String(shell.getInputStream().readAllBytes(), UTF_8)).isEqualTo(word);
        assertThat(shell.waitFor()).isZero();
    }

    @Test
    void shouldQuoteOnlyWhatNeedsIt() {
        assertThat(ShellWords.quoted("User:trueup")).isEqualTo("User:trueup");
        assertThat(ShellWords.quoted("my group")).isEqualTo("'my group'");
    }
}
