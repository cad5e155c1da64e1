package io.trueup.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Checks that each part is measured and that the figures fit each other, not the figures: a process takes more than so few keys. */
class MemoryBenchIT {

    private static final int KEYS = 20_000;

    @Test
    void shouldMeasureEachPartWithAndWithoutKeys() throws Exception {
        JsonNode result = BenchRun.json(
                new MemoryBenchCommand(),
                "--keys=" + KEYS,
                "--partitions=2",
                "--records-per-key=2",
                "--value-bytes=10",
                "--interval=1s",
                "--heap=256m",
                "--runs=1",
                "--set=tree.segments=1024");

        assertThat(result.at("/machine/cores").asInt())
                .isEqualTo(Runtime.getRuntime().availableProcessors());
        assertThat(result.at("/settings/tree.segments").asText()).isEqualTo("1024");
        List<String> moments = new ArrayList<>();
        for (JsonNode moment : result.get("moments")) {
            moments.add(moment.get("moment").asText());
            Map<String, JsonNode> parts = new HashMap<>();
            for (JsonNode part : moment.get("parts")) {
                parts.put(part.get("part").asText(), part);
                double difference = part.get("bytesWithKeys").asDouble()
                        - part.get("bytesWithout").asDouble();
                assertThat(part.get("bytesPerKey").asDouble())
                        .as(part.toString())
                        .isCloseTo(difference / KEYS, within(1e-6))
                        .isBetween(part.get("min").asDouble(), part.get("max").asDouble());
                assertThat(part.get("method").asText()).isNotEmpty();
            }
            assertThat(parts.keySet()).contains("Java heap", "direct buffers", "state on disk");
            assertThat(parts.get("Java heap").get("bytesWithout").asLong()).isBetween(5L << 20, 256L << 20);
            assertThat(moment.get("heapBytesPerKeyByClass")).hasSize(8);
        }
        assertThat(moments).containsExactly("after writes", "after restart");
        assertThat(stored(result, 0))
                .as("bytes in memtables or in files, of a key hash, a digest and more for each key")
                .isGreaterThan(40.0 * KEYS);
        assertThat(stored(result, 1)).isGreaterThan(40.0 * KEYS);
    }

    private static double stored(JsonNode result, int moment) {
        double bytes = 0;
        for (JsonNode part : result.get("moments").get(moment).get("parts")) {
            String name = part.get("part").asText();
            if (name.equals("RocksDB memtables") || name.equals("state on disk")) {
                bytes += part.get("bytesWithKeys").asDouble()
                        - part.get("bytesWithout").asDouble();
            }
        }
        return bytes;
    }
}
