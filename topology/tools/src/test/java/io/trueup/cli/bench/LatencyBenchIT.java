package io.trueup.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Checks that every loss is repaired and verified and that the figures fit each other, not the figures. */
class LatencyBenchIT {

    private static final int ROUNDS = 3;
    private static final int LOSSES = 5;

    @ParameterizedTest
    @CsvSource({"trueup, exactly_once_v2", "plain, at_least_once"})
    void shouldMeasureEveryLoss(String format, String guarantee) throws Exception {
        JsonNode result = BenchRun.json(
                new LatencyBenchCommand(),
                "--rounds=" + ROUNDS,
                "--losses=" + LOSSES,
                "--keys=2000",
                "--partitions=2",
                "--interval=1s",
                "--format=" + format,
                "--guarantee=" + guarantee);

        assertThat(result.at("/machine/cores").asInt())
                .isEqualTo(Runtime.getRuntime().availableProcessors());
        assertThat(result.get("guarantees")).hasSize(1);
        JsonNode table = result.get("guarantees").get(0);
        assertThat(table.get("guarantee").asText()).isEqualTo(guarantee);
        int planted = table.get("planted").asInt();
        assertThat(planted).isEqualTo(ROUNDS * LOSSES);
        assertThat(table.get("repaired").asInt()).isEqualTo(planted);
        assertThat(table.get("inFirstRound").asInt()).isBetween(0, planted);
        assertThat(table.get("answered").asInt()).isEqualTo(planted);
        assertThat(table.get("verified").asInt()).isEqualTo(planted);
        assertThat(table.get("needless").asInt()).isZero();
        Map<String, JsonNode> spans = new HashMap<>();
        for (JsonNode span : table.get("spans")) {
            spans.put(span.get("span").asText(), span);
            assertThat(span.get("count").asInt()).isEqualTo(planted);
            assertThat(span.get("medianMs").asDouble())
                    .isLessThanOrEqualTo(span.get("p90Ms").asDouble());
            assertThat(span.get("p90Ms").asDouble())
                    .isLessThanOrEqualTo(span.get("maxMs").asDouble());
        }
        assertThat(spans).hasSize(5);
        int graceMs = result.get("graceMs").asInt();
        assertThat(spans.get("cut to repair").get("maxMs").asDouble())
                .isEqualTo(spans.get("due to repair").get("maxMs").asDouble() + graceMs);
    }
}
