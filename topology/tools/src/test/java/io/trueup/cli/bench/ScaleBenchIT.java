package io.trueup.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;

/** Checks that each size is measured, and what follows from the protocol: an idle round costs a root for each replica and partition. */
class ScaleBenchIT {

    private static final int REPLICAS = 3;

    @Test
    void shouldMeasureEachSizeAndCalculateFromTheSlopes() throws Exception {
        JsonNode result = BenchRun.json(
                new ScaleBenchCommand(),
                "--keys=0,3000",
                "--partitions=1,3",
                "--replicas=" + REPLICAS,
                "--value-bytes=10",
                "--interval=2s",
                "--grace=500ms",
                "--idle-rounds=2",
                "--heap=256m",
                "--for-keys=6000",
                "--for-partitions=6",
                "--set=tree.segments=64");

        JsonNode sizes = result.get("sizes");
        assertThat(sizes).extracting(size -> size.get("keys").asInt()).containsExactly(0, 0, 3_000);
        assertThat(sizes).extracting(size -> size.get("partitions").asInt()).containsExactly(1, 3, 1);
        assertThat(sizes).allSatisfy(size -> {
            int tasks = REPLICAS * size.get("partitions").asInt();
            assertThat(size.get("controlMessagesPerRound").asDouble())
                    .as("roots, of two rounds or of a part of a third one")
                    .isBetween(0.5 * tasks, 1.5 * tasks);
            assertThat(size.get("controlBytesPerRound").asDouble()).isPositive();
            assertThat(size.get("idleCores").asDouble()).isPositive();
            assertThat(size.get("heldBytes").asLong()).isBetween(5L << 20, 1L << 30);
            assertThat(size.get("comparedMs").asDouble()).isPositive();
            assertThat(size.get("stopMs").asDouble()).isPositive();
            assertThat(size.get("restartMs").asDouble()).isPositive();
        });
        double first = sizes.get(0).get("heldBytes").asDouble();
        double perKey = result.at("/perKeyOfAReplica/heldBytes").asDouble();
        double perPartition = result.at("/perPartitionOfAReplica/heldBytes").asDouble();
        assertThat(sizes.get(2).get("heldBytes").asDouble()).isCloseTo(first + perKey * REPLICAS * 3_000, within(1.0));
        assertThat(sizes.get(1).get("heldBytes").asDouble())
                .isCloseTo(first + perPartition * REPLICAS * 2, within(1.0));
        assertThat(result.at("/calculated/heldBytes").asDouble())
                .isCloseTo(first + perKey * REPLICAS * 6_000 + perPartition * REPLICAS * 5, within(1.0));
    }
}
