package io.trueup.stream;

import static io.trueup.stream.SimulatedReplica.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.avro.SingleObjectCodec;
import io.trueup.config.TrueupConfig;
import io.trueup.reconcile.exchange.RoundMemory;
import io.trueup.schema.WriteEvent;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a running replica shows of the memory that its rounds and repairs take up. */
class MemoryUseTest {

    private static final Instant START = Instant.ofEpochMilli(1_790_000_000_100L);
    private static final Duration TICK = Duration.ofMillis(50);
    private static final int TICKS_PER_ROUND = 40;
    private static final int LOST = 100;

    @TempDir
    Path directory;

    private final RoundMemory memory = new RoundMemory(1 << 20, 1 << 20);
    private final List<SimulatedReplica> open = new ArrayList<>();
    private SimulatedReplica eu;
    private SimulatedReplica us;
    private long nowMs = START.toEpochMilli();
    private RoundMemory.Use most = memory.use();

    @BeforeEach
    void open() {
        eu = open("eu", memory);
        us = open("us", RoundMemory.unlimited());
    }

    @AfterEach
    void close() {
        open.forEach(SimulatedReplica::close);
    }

    @Test
    void shouldShowAttemptsAndRepairsThatWaitForTheRate() {
        for (int key = 0; key < LOST; key++) {
            eu.write("lost" + key, 1, nowMs - 60_000, "value");
        }
        for (int key = 0; key < 2 * LOST; key++) {
            eu.write("both" + key, 1, nowMs - 60_000, "value");
            us.write("both" + key, 1, nowMs - 60_000, "value");
        }
        passRounds(8);

        assertThat(most.heard()).isPositive();
        assertThat(most.attempts()).isGreaterThan(LOST * 50);
        assertThat(most.waiting()).isGreaterThan((LOST - 10) * 50);
        open.remove(eu);
        eu.close();
        assertThat(memory.use()).as("after the task has left").isEqualTo(new RoundMemory.Use(0, 0, 0, 0, 0));
    }

    @Test
    void shouldShowMessagesAboutCutsThatAreNotSealed() {
        passRounds(2);
        assertThat(most.early()).isZero();
        eu.unread = 1;
        passRounds(2);

        assertThat(memory.use().early()).isPositive();
        eu.unread = 0;
        passRounds(2);
        assertThat(memory.use().early()).isZero();
    }

    @Test
    void shouldShowWindowsInWhichEntriesExpire() {
        passRounds(1);
        WriteEvent event = SimulatedReplica.event(1, nowMs, "value");
        event.setExpiry(nowMs + 10_000);
        eu.write(bytes("passing"), SingleObjectCodec.of(WriteEvent.class).encode(eu.writesTopic(), event));
        passRounds(1);
        long held = memory.use().expiries();
        assertThat(held).isPositive();

        passRounds(8);
        assertThat(memory.use().expiries()).isLessThan(held);
    }

    private void passRounds(int rounds) {
        for (int tick = 0; tick < rounds * TICKS_PER_ROUND; tick++) {
            nowMs += TICK.toMillis();
            eu.pass(TICK);
            us.pass(TICK);
            eu.control().forEach(us::hear);
            us.control().forEach(eu::hear);
            RoundMemory.Use now = memory.use();
            most = new RoundMemory.Use(
                    Math.max(most.heard(), now.heard()),
                    Math.max(most.early(), now.early()),
                    Math.max(most.attempts(), now.attempts()),
                    Math.max(most.waiting(), now.waiting()),
                    Math.max(most.expiries(), now.expiries()));
        }
    }

    private SimulatedReplica open(String name, RoundMemory held) {
        Map<String, String> settings = new HashMap<>(Map.of(
                "bootstrap.servers", "localhost:1",
                "dataset", "cities",
                "replicas", "eu,us",
                "hash.secret", "0123456789abcdef0123456789abcdef",
                "repair.flood.min.keys", "1000",
                "repair.rate", "1",
                "round.interval", "2s",
                "grace", "500ms"));
        settings.put("state.dir", directory.resolve(name).toString());
        SimulatedReplica replica = new SimulatedReplica(TrueupConfig.of(settings), name, START, held);
        open.add(replica);
        return replica;
    }
}
