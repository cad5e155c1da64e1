package io.trueup.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Checks that every peer reads everything and that the figures fit each other, not the figures: it reads too little for that. */
class IngestBenchIT {

    private static final int RECORDS = 3_000;
    private static final int RUNS = 2;

    @Test
    void shouldHaveAllPeersReadEverythingUnderBothGuarantees() throws Exception {
        JsonNode result = BenchRun.json(
                new IngestBenchCommand(),
                "--records=" + RECORDS,
                "--keys=1000",
                "--partitions=2",
                "--value-bytes=50",
                "--runs=" + RUNS,
                "--set=tree.segments=1024");

        assertThat(result.at("/settings/tree.segments").asText()).isEqualTo("1024");

        assertThat(result.at("/machine/cores").asInt())
                .isEqualTo(Runtime.getRuntime().availableProcessors());
        assertThat(result.get("keysWritten").asInt()).isBetween(900, 1_000);
        assertThat(result.get("recordsPerKey").asDouble())
                .isEqualTo((double) RECORDS / result.get("keysWritten").asInt());
        List<String> guarantees = new ArrayList<>();
        for (JsonNode table : result.get("guarantees")) {
            guarantees.add(table.get("guarantee").asText());
            JsonNode peers = table.get("peers");
            assertThat(peers).hasSize(5);
            for (JsonNode peer : peers) {
                check(peer, peers);
            }
        }
        assertThat(guarantees).containsExactly("at_least_once", "exactly_once_v2");
    }

    private static void check(JsonNode peer, JsonNode peers) {
        String name = peer.get("peer").asText();
        int expected = name.equals("KTable outer join") ? 2 * RECORDS : RECORDS;
        assertThat(peer.get("runs")).hasSize(RUNS).allSatisfy(run -> {
            assertThat(run.get("records").asInt()).as(name).isEqualTo(expected);
            assertThat(run.get("processedNanos").asLong()).isPositive();
            assertThat(run.get("committedNanos").asLong())
                    .isGreaterThanOrEqualTo(run.get("processedNanos").asLong());
        });
        double[] rates = rates(peer);
        assertThat(peer.get("recordsPerSecond").asDouble()).isCloseTo((rates[0] + rates[1]) / 2, within(1e-6));
        assertThat(peer.get("min").asDouble()).isEqualTo(Math.min(rates[0], rates[1]));
        assertThat(peer.get("max").asDouble()).isEqualTo(Math.max(rates[0], rates[1]));
        assertThat(peer.get("processedPerSecond").asDouble())
                .isGreaterThanOrEqualTo(peer.get("min").asDouble());
        assertThat(peer.get("ratioToEmptyJob").asDouble()).isCloseTo(ratio(rates, rates(peers.get(1))), within(1e-9));
        assertThat(peer.get("ratioToJoin").asDouble()).isCloseTo(ratio(rates, rates(peers.get(2))), within(1e-9));
    }

    private static double[] rates(JsonNode peer) {
        double[] rates = new double[RUNS];
        Arrays.setAll(
                rates,
                run -> peer.at("/runs/" + run + "/records").asLong()
                        * 1e9
                        / peer.at("/runs/" + run + "/committedNanos").asLong());
        return rates;
    }

    /** The median of two is their mean. */
    private static double ratio(double[] rates, double[] reference) {
        return (rates[0] / reference[0] + rates[1] / reference[1]) / 2;
    }
}
