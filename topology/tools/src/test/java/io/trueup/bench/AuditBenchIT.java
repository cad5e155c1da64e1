package io.trueup.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Checks the output of the benchmark, not its figures: it reads too little for that, on a machine that does other things, too. */
class AuditBenchIT {

    @Test
    void shouldPrintEachRunTheMediansTheirRatioAndTheMemory() {
        StringWriter out = new StringWriter();

        AuditBench.Figures figures =
                new AuditBench(new AuditBench.Load(20_000, 8_000, 2, 100, "trueup", 2, 3), new PrintWriter(out)).run();

        List<String> lines = out.toString().lines().toList();
        assertThat(lines).hasSize(8);
        assertThat(lines.get(0))
                .isEqualTo("2 topics of 20,000 write events (trueup) each over 8,000 keys, 2 partitions, values of 100"
                        + " bytes");
        assertThat(lines.get(1))
                .contains("2 threads each")
                .contains("plain with Kafka's settings, tuned with the audit's");
        assertThat(lines.subList(3, 6)).allMatch(line -> line.matches(" +[123]( +[0-9,]+){3}( +[0-9]+\\.[0-9]{2}){2}"));
        assertThat(lines.get(6)).matches("median( +[0-9,]+){3}( +[0-9]+\\.[0-9]{2}){2}");
        assertThat(lines.get(7))
                .isEqualTo(String.format(
                        "The audit reads at %.0f %% of the plain consumer's rate, at %.0f %% of the tuned one's; its tables take"
                                + " %.1f bytes per key and replica.",
                        100 * figures.ratio(), 100 * figures.ratioToTuned(), figures.tableBytesPerKey()));
        assertThat(figures.ratio()).isEqualTo(figures.audit() / figures.plain());
        assertThat(figures.ratioToTuned()).isEqualTo(figures.audit() / figures.tuned());
        assertThat(figures.audit()).isPositive();
        assertThat(figures.tableBytesPerKey()).isBetween(35.0, 64.0);
    }
}
