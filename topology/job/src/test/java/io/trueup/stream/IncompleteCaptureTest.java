package io.trueup.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.config.TrueupConfig;
import io.trueup.failure.OperatorException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A change event that does not say what the replica stores. */
class IncompleteCaptureTest {

    private static final Instant START = Instant.ofEpochMilli(1_790_000_000_100L);
    private static final String SOURCE = "\"source\":{\"ts_ms\":1790000000000}";
    private static final String TRUNCATED = "{\"op\":\"t\"," + SOURCE + "}";
    private static final String WITHOUT_A_COLUMN =
            "{\"op\":\"u\",\"after\":{\"id\":1,\"big\":\"__debezium_unavailable_value\"}," + SOURCE + "}";

    @TempDir
    private Path directory;

    @Test
    void shouldEndAJobThatRepairs() {
        try (SimulatedReplica us = replica("repair")) {
            assertThatThrownBy(() -> us.write(bytes("{\"id\":1}"), bytes(WITHOUT_A_COLUMN)))
                    .rootCause()
                    .hasMessageContaining("column big was not captured");
            assertThat(us.deadLetters()).isEmpty();
        }
    }

    @Test
    void shouldBeADeadLetterOfAJobThatObserves() {
        try (SimulatedReplica us = replica("observe")) {
            us.write(bytes("{\"id\":1}"), bytes(WITHOUT_A_COLUMN));

            assertThat(us.deadLetters()).hasSize(1);
        }
    }

    @Test
    void shouldEndAnyJobIfATableWasTruncated() {
        for (String mode : new String[] {"repair", "observe"}) {
            try (SimulatedReplica us = replica(mode)) {
                us.write(bytes("{\"id\":1}"), bytes("{\"op\":\"c\",\"after\":{\"id\":1}," + SOURCE + "}"));

                assertThatThrownBy(() -> us.write(null, bytes(TRUNCATED)))
                        .as(mode)
                        .hasRootCauseInstanceOf(io.trueup.source.IncompleteChangeException.class)
                        .cause()
                        .isInstanceOf(OperatorException.class)
                        .hasMessageContaining(us.writesTopic() + "-0@1: the table was truncated")
                        .hasMessageContaining("Nothing may be compared")
                        .hasMessageNotContaining("mode=observe");
            }
        }
    }

    private SimulatedReplica replica(String mode) {
        Map<String, String> settings = new HashMap<>(Map.of(
                "bootstrap.servers", "localhost:1",
                "dataset", "shop",
                "replicas", "eu,us",
                "hash.secret", "0123456789abcdef0123456789abcdef",
                "state.dir", directory.resolve(mode).toString(),
                "compare", "value",
                "value.canonical", "json",
                "mode", mode));
        settings.put("resolution", "primary:eu");
        settings.put("replica.us.writes.format", "debezium-json");
        return new SimulatedReplica(TrueupConfig.of(settings), "us", START, Duration.ZERO);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
