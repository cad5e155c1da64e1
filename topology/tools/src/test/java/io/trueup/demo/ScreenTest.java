package io.trueup.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.demo.Sightings.RoundState;
import io.trueup.demo.Sightings.Snapshot;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ScreenTest {

    private final ByteArrayOutputStream written = new ByteArrayOutputStream();

    @Test
    void shouldRedrawProgressInPlaceOnATerminal() {
        Screen screen = screen(true);

        screen.progress(List.of("one", "two"), "line");
        screen.progress(List.of("three"), "line");
        screen.say("end");

        assertThat(text()).isEqualTo("one\ntwo\n\u001b[2A\u001b[Jthree\n\u001b[1A\u001b[Jend\n");
    }

    @Test
    void shouldPrintPlainLinesFromTimeToTimeElsewhere() {
        Screen screen = screen(false);

        screen.progress(List.of("one", "two"), "first");
        screen.progress(List.of("one", "two"), "too soon");
        screen.say("end");

        assertThat(text()).isEqualTo("first\nend\n");
    }

    @Test
    void shouldShowReplicasInATable() {
        Progress progress = new Progress(
                12_340,
                5,
                List.of(
                        new Progress.Line("eu", 100_061, 3, 2, 1, ""),
                        new Progress.Line("us", 99_999, 0, 0, 0, "down")),
                seen());

        assertThat(progress.panel())
                .containsExactly(
                        "",
                        "   12.3 s       round 2: 3 of 4 trees equal · 12 segments compared · 2.3 kB of control messages",
                        "",
                        "   replica          keys   faults   repairs  still unequal",
                        "   eu            100 061        3         2              1",
                        "   us             99 999        0         0              0   down",
                        "");
        assertThat(progress.line())
                .isEqualTo("    12.3 s  round 2: 3 of 4 trees equal · 12 segments compared · 2.3 kB of control messages"
                        + " · 3 of 5 faults in, 1 still unequal, repairs: eu 2 us 0 (down)");
    }

    @Test
    void shouldCountPerReplica() {
        Fault fault = new Fault(FaultKind.LOST, "a", "us");
        Snapshot seen = seen();

        List<Progress.Line> lines = Progress.lines(
                List.of("eu", "us"),
                List.of(new Injection(fault, new byte[0], 0)),
                List.of(fault),
                seen,
                Map.of("us", "down"));

        assertThat(lines)
                .containsExactly(new Progress.Line("eu", 7, 0, 1, 0, ""), new Progress.Line("us", 0, 1, 0, 1, "down"));
    }

    @Test
    void shouldWriteSizesForPeople() {
        assertThat(Screen.bytes(999)).isEqualTo("999 B");
        assertThat(Screen.bytes(12_345)).isEqualTo("12.3 kB");
        assertThat(Screen.bytes(12_345_678)).isEqualTo("12.3 MB");
        assertThat(Screen.number(1_234_567)).isEqualTo("1 234 567");
    }

    private static Snapshot seen() {
        return new Snapshot(
                4,
                List.of(new SeenRepair("id", "k", "eu", "us", "STALE", 1, 0, false, false, 0, 0, 0)),
                0,
                Map.of(),
                2_345,
                List.of(new RoundState(8, 0, 4, 3, 1, 0, 0, 0), new RoundState(9, 0, 1, 1, 0, 0, 0, 0)),
                Map.of("eu", 7L),
                12,
                0,
                0,
                0,
                0,
                Map.of());
    }

    private Screen screen(boolean terminal) {
        return new Screen(new PrintStream(written, true, StandardCharsets.UTF_8), terminal);
    }

    private String text() {
        return written.toString(StandardCharsets.UTF_8);
    }
}
