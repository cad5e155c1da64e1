package io.trueup.bench.tree;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Checks that everything is measured and that the figures fit each other, not the figures: the runs are too short for that. */
class TreeBenchCommandTest {

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void shouldMeasureEachTree() throws Exception {
        assertThat(run(
                        "--keys=500",
                        "--leaves=64",
                        "--differences=5",
                        "--updates=10",
                        "--forks=0",
                        "--warm-ups=0",
                        "--runs=2",
                        "--run-ms=20",
                        "--output=json"))
                .as(err.toString())
                .isZero();

        assertThat(out.toString().lines()).hasSize(1);
        JsonNode result = new ObjectMapper().readTree(out.toString());
        assertThat(result.at("/machine/cores").asInt())
                .isEqualTo(Runtime.getRuntime().availableProcessors());
        List<String> measured = new ArrayList<>();
        for (JsonNode figure : result.get("figures")) {
            measured.add(
                    figure.get("measured").asText() + " " + figure.get("tree").asText());
            assertThat(figure.get("runs").asInt()).isEqualTo(2);
            assertThat(figure.get("minNs").asDouble())
                    .isPositive()
                    .isLessThanOrEqualTo(figure.get("medianNs").asDouble());
            assertThat(figure.get("maxNs").asDouble())
                    .isGreaterThanOrEqualTo(figure.get("medianNs").asDouble());
            if (figure.get("tree").asText().equals("Trueup")) {
                assertThat(figure.get("ratioToTrueup").asDouble()).isEqualTo(1);
            } else {
                assertThat(figure.get("ratioToTrueup").asDouble()).isPositive().isNotEqualTo(1);
            }
        }
        assertThat(measured)
                .containsExactlyInAnyOrder(
                        "update Trueup",
                        "update Cassandra",
                        "update Hazelcast",
                        "updateAndComplete Trueup",
                        "updateAndComplete Hazelcast",
                        "build Trueup",
                        "build Cassandra",
                        "build Hazelcast",
                        "diff Trueup",
                        "diff Cassandra",
                        "diff Hazelcast");
    }

    @Test
    void shouldSayWhichOptionCannotBeUsed() {
        assertThat(run("--leaves=100")).isEqualTo(2);
        assertThat(run("--keys=10", "--differences=11")).isEqualTo(2);
        assertThat(run("--output=csv")).isEqualTo(2);

        assertThat(err.toString())
                .contains("--leaves: 100 is no power of two from 2 to 1048576")
                .contains("--differences: 11 does not lie between 0 and --keys = 10")
                .contains("--output: 'csv' is neither text nor json");
    }

    private int run(String... options) {
        return TreeBenchCommand.line()
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(options);
    }
}
