package io.trueup.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Checks that each restart does what it is to measure, not the figures. */
class RestartBenchIT {

    private static final int KEYS = 3_000;
    private static final int RECORDS_PER_KEY = 2;

    @Test
    void shouldRestartWithEveryStateThatIsLeft() throws Exception {
        JsonNode result = BenchRun.json(
                new RestartBenchCommand(),
                "--keys=" + KEYS,
                "--records-per-key=" + RECORDS_PER_KEY,
                "--partitions=2",
                "--value-bytes=10",
                "--interval=1s",
                "--heap=256m",
                "--runs=1",
                "--set=tree.segments=1024",
                "--guarantee=exactly_once_v2");

        assertThat(result.at("/settings/tree.segments").asText()).isEqualTo("1024");
        assertThat(result.get("guarantees")).hasSize(1);
        Map<String, JsonNode> restarts = new LinkedHashMap<>();
        for (JsonNode restart : result.get("guarantees").get(0).get("restarts")) {
            restarts.put(restart.get("restart").asText(), restart);
            JsonNode run = restart.get("runs").get(0);
            assertThat(run.get("runningMs").asDouble()).isPositive();
            assertThat(run.get("treesMs").asDouble())
                    .isGreaterThanOrEqualTo(run.get("runningMs").asDouble());
            assertThat(run.get("comparedMs").asDouble())
                    .isGreaterThanOrEqualTo(run.get("treesMs").asDouble())
                    .isEqualTo(restart.get("comparedMs").asDouble());
        }
        assertThat(restarts.keySet())
                .containsExactly(
                        "clean, without keys", "clean", "killed", "state directory lost", "changelog lost, too");
        assertThat(restarts.get("clean, without keys").get("msPerMillionKeys").isNull())
                .isTrue();
        double perMillion = restarts.get("clean").get("msPerMillionKeys").asDouble();
        assertThat(perMillion)
                .isEqualTo((restarts.get("clean").get("comparedMs").asDouble()
                                - restarts.get("clean, without keys")
                                        .get("comparedMs")
                                        .asDouble())
                        * 1e6
                        / KEYS);
        assertThat(count(restarts, "clean", "restored"))
                .as("no more than notes")
                .isLessThan(100);
        assertThat(count(restarts, "clean", "read")).isZero();
        assertThat(count(restarts, "state directory lost", "restored")).isGreaterThanOrEqualTo(KEYS);
        assertThat(count(restarts, "state directory lost", "read")).isZero();
        assertThat(count(restarts, "changelog lost, too", "restored")).isLessThan(100);
        assertThat(count(restarts, "changelog lost, too", "read"))
                .as("all records once, and the up to 3 000 before the kill")
                .isBetween(KEYS * RECORDS_PER_KEY + 1, KEYS * RECORDS_PER_KEY + 3_000);
    }

    private static int count(Map<String, JsonNode> restarts, String restart, String counted) {
        return restarts.get(restart).get("runs").get(0).get(counted).asInt();
    }
}
