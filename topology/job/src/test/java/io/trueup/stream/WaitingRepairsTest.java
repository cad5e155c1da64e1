package io.trueup.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.config.TrueupConfig;
import io.trueup.reconcile.exchange.RoundMemory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Repairs that wait for the rate or for their values take up a bounded share of the memory of the process. */
class WaitingRepairsTest {

    private static final Instant START = Instant.ofEpochMilli(1_790_000_000_100L);
    private static final int LOST = 30;
    private static final long MAX_BYTES = 5_000;

    @TempDir
    Path directory;

    private final RoundMemory memory = new RoundMemory(Long.MAX_VALUE, MAX_BYTES);

    @Test
    void shouldLeaveRepairsForWhichThereIsNoRoomToLaterRounds() {
        SimulatedReplica eu = open("eu");
        SimulatedReplica us = open("us");
        for (int i = 0; i < LOST; i++) {
            eu.write("lost" + i, 1, START.toEpochMilli() - 60_000, "value");
        }
        us.write("other", 1, START.toEpochMilli() - 60_000, "value");

        Set<String> repaired = new TreeSet<>();
        long most = 0;
        for (int tick = 0; tick < 4_000 && repaired.size() < LOST; tick++) {
            for (SimulatedReplica replica : new SimulatedReplica[] {eu, us}) {
                replica.pass(Duration.ofMillis(100));
                most = Math.max(most, memory.waitingBytes());
            }
            eu.control().forEach(us::hear);
            us.control().forEach(eu::hear);
            most = Math.max(most, memory.waitingBytes());
            eu.repairsOf("us").forEach(repair -> {
                String key = new String(repair.key(), StandardCharsets.UTF_8);
                if (repaired.add(key)) {
                    us.write(key, 1, START.toEpochMilli() - 60_000, "value");
                }
            });
        }

        assertThat(repaired).hasSize(LOST);
        assertThat(most).isBetween(1L, MAX_BYTES);
        assertThat(eu.context().metrics().unsentRepairs.sum()).isPositive();
        eu.close();
        us.close();
        assertThat(memory.waitingBytes()).isZero();
    }

    private SimulatedReplica open(String name) {
        Map<String, String> settings = new HashMap<>(Map.of(
                "bootstrap.servers", "localhost:1",
                "dataset", "cities",
                "replicas", "eu,us",
                "hash.secret", "0123456789abcdef0123456789abcdef",
                "repair.flood.min.keys", "1000",
                "round.interval", "2s",
                "grace", "500ms",
                "state.dir", directory.resolve(name).toString()));
        return new SimulatedReplica(TrueupConfig.of(settings), name, START, memory);
    }
}
