package io.trueup.demo.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScreenTest {

    private final ByteArrayOutputStream written = new ByteArrayOutputStream();

    @Test
    void shouldRedrawProgressInPlaceOnATerminal() {
        Screen screen = screen(true);

        screen.progress(List.of("one", "two"), "line");
        screen.progress(List.of("three"), "line");
        screen.print("end");

        assertThat(text()).isEqualTo("one\ntwo\n\u001b[2A\u001b[Jthree\n\u001b[1A\u001b[Jend\n");
    }

    @Test
    void shouldPrintPlainLinesFromTimeToTimeElsewhere() {
        Screen screen = screen(false);

        screen.progress(List.of("one", "two"), "first");
        screen.progress(List.of("one", "two"), "too soon");
        screen.print("end");

        assertThat(text()).isEqualTo("first\nend\n");
    }

    @Test
    void shouldFormatFiguresForPeople() {
        assertThat(Figures.bytes(999)).isEqualTo("999 B");
        assertThat(Figures.bytes(12_345)).isEqualTo("12.3 kB");
        assertThat(Figures.bytes(12_345_678)).isEqualTo("12.3 MB");
        assertThat(Figures.number(1_234_567)).isEqualTo("1 234 567");
    }

    private Screen screen(boolean terminal) {
        return new Screen(new PrintStream(written, true, StandardCharsets.UTF_8), terminal);
    }

    private String text() {
        return written.toString(StandardCharsets.UTF_8);
    }
}
