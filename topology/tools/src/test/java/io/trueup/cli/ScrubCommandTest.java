package io.trueup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.replica.Scrub;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScrubCommandTest {

    private static final String PLAIN = "name=eu\nbootstrap.servers=127.0.0.1:1\nfeed.topic=f\nwrites.topic=w\n"
            + "repairs.topic=r\ndead.letter.topic=d\njdbc.url=jdbc:sqlite:never.db\nwrites.format=plain\n";

    @TempDir
    private Path directory;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void shouldRefuseUnusableOptions() throws Exception {
        Path file = directory.resolve("replica.properties");
        Files.writeString(file, PLAIN);

        assertThat(Invocation.of("scrub").exitCode()).isEqualTo(2);
        assertThat(Invocation.of("scrub", "-c", "missing").exitCode()).isEqualTo(2);
        Invocation slow = Invocation.of("scrub", "-c", file.toString(), "--rate", "0");
        assertThat(slow.exitCode()).isEqualTo(2);
        assertThat(slow.err()).contains("--rate", "at least one row per second");
        Invocation plain = Invocation.of("scrub", "-c", file.toString());
        assertThat(plain.exitCode()).isEqualTo(2);
        assertThat(plain.err()).contains("writes.format=trueup").doesNotContain("\tat ");
    }

    @Test
    void shouldExplainItself() {
        assertThat(Invocation.of("help", "scrub").out())
                .contains("--partition", "--rate", "ROWS_PER_SECOND", "Exit codes");
    }

    @Test
    void shouldReplaceTheProgressLineOnATerminalByTheSummary() {
        ScrubReport report = report(true);

        report.progress(3, 1_500, 12_000);
        report.scanned(new Scrub.Summary(3, 12_000, 2, 17, 12_018, Duration.ofMillis(1_230)));
        report.end(true);

        assertThat(err.toString())
                .contains("\r\u001b[Kpartition 3: 1 500 of 12 000 rows")
                .endsWith("\r\u001b[K");
        assertThat(out.toString().lines())
                .containsExactly(
                        "partition 3: 12 000 rows in 1.2 s, sent as offsets 17 to 12018; 2 damaged rows left out",
                        "Scanned 12 000 rows in 1 partition.");
    }

    @Test
    void shouldPrintNoProgressWhereThereIsNoTerminal() {
        ScrubReport report = report(false);

        report.progress(0, 5, 10);
        report.end(false);

        assertThat(err.toString()).isEmpty();
        assertThat(out.toString())
                .contains("Stopped after 0 rows in 0 partitions")
                .contains("not scanned");
    }

    private ScrubReport report(boolean terminal) {
        return new ScrubReport(new PrintWriter(out), new PrintWriter(err), terminal);
    }
}
