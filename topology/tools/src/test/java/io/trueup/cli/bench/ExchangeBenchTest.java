package io.trueup.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class ExchangeBenchTest {

    @Test
    void shouldFindTheSameKeysWithAFractionOfTheBytes() throws Exception {
        JsonNode result = BenchRun.json(
                new ExchangeBenchCommand(),
                "--keys=20000",
                "--partitions=1",
                "--segments=256",
                "--differences=0,1,50",
                "--writes=2000");

        Map<String, JsonNode> rounds = new HashMap<>();
        for (JsonNode exchange : result.get("exchanges")) {
            assertThat(exchange.get("writeMedianNs").asDouble()).isPositive();
            for (JsonNode round : exchange.get("rounds")) {
                rounds.put(exchange.get("exchange").asText() + " " + round.get("differences"), round);
                assertThat(round.get("repairs").asInt())
                        .isEqualTo(round.get("differences").asInt());
                assertThat(round.get("rootBytes").asInt()).isPositive();
            }
        }
        assertThat(rounds).hasSize(6);
        assertThat(rounds.get("tree 0").get("bytes").asInt()).isZero();
        assertThat(rounds.get("sketch 0").get("bytes").asInt()).isZero();
        assertThat(rounds.get("sketch 1").get("hops").asInt()).isEqualTo(3);
        assertThat(rounds.get("sketch 1").get("bytes").asInt()).isLessThanOrEqualTo(1_024);
        assertThat(rounds.get("sketch 50").get("entries").asInt())
                .as("25 keys of both replicas, and 25 of one")
                .isEqualTo(75);
        assertThat(rounds.get("tree 50").get("bytes").asInt())
                .isGreaterThan(10 * rounds.get("sketch 50").get("bytes").asInt());
        assertThat(result.get("writeRatio").asDouble()).isPositive();
    }

    @Test
    void shouldSayWhichOptionCannotBeUsed() {
        CommandLine line = new CommandLine(new ExchangeBenchCommand());
        StringWriter err = new StringWriter();
        line.setErr(new PrintWriter(err));

        assertThat(line.execute("--segments=100")).isNotZero();
        assertThat(line.execute("--keys=10", "--differences=11")).isNotZero();

        assertThat(err.toString())
                .contains("--segments: 100 is no power of two from 2 to 1048576")
                .contains("--differences: 11 does not lie between 0 and --keys = 10");
    }
}
