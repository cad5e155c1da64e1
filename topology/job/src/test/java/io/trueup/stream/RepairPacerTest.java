package io.trueup.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.Repair;
import io.trueup.reconcile.rule.Divergence;
import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RepairPacerTest {

    private static final long START_MS = 1_000_000;

    private final List<String> passed = new ArrayList<>();

    @Test
    void shouldLetAFewPassAtOnce() {
        RepairPacer pacer = pacer(10);

        add(pacer, 3, START_MS);

        assertThat(passed).containsExactly("r0", "r1", "r2");
    }

    @Test
    void shouldSpreadManyOverTimeInTheirOrder() {
        RepairPacer pacer = pacer(10);
        add(pacer, 25, START_MS);
        assertThat(passed).hasSize(10);

        pacer.release(START_MS + 99);
        assertThat(passed).hasSize(10);
        pacer.release(START_MS + 100);
        assertThat(passed).hasSize(11).endsWith("r10");
        for (long nowMs = START_MS + 150; nowMs <= START_MS + 1_500; nowMs += 50) {
            pacer.release(nowMs);
        }

        assertThat(passed).hasSize(25).endsWith("r23", "r24");
    }

    @Test
    void shouldNotMakeUpForAPauseByMoreThanASecond() {
        RepairPacer pacer = pacer(10);
        pacer.release(START_MS + 3_600_000);

        add(pacer, 100, START_MS + 3_600_000);

        assertThat(passed).hasSize(10);
    }

    @Test
    void shouldLetLessThanOnePerSecondPass() {
        RepairPacer pacer = pacer(0.25);
        add(pacer, 3, START_MS);
        assertThat(passed).hasSize(1);

        for (long nowMs = START_MS; nowMs < START_MS + 4_000; nowMs += 50) {
            pacer.release(nowMs);
        }
        assertThat(passed).hasSize(1);
        pacer.release(START_MS + 4_000);

        assertThat(passed).hasSize(2);
    }

    @Test
    void shouldDropWaitingRepairs() {
        RepairPacer pacer = pacer(1);
        add(pacer, 5, START_MS);

        pacer.clear();
        pacer.release(START_MS + 60_000);

        assertThat(passed).hasSize(1);
    }

    private RepairPacer pacer(double perSecond) {
        return new RepairPacer(perSecond, START_MS, repair -> passed.add(repair.id()));
    }

    private static void add(RepairPacer pacer, int repairs, long nowMs) {
        for (int i = 0; i < repairs; i++) {
            pacer.add(repair("r" + i), nowMs);
        }
    }

    private static Repair repair(String id) {
        return new Repair(
                id,
                new byte[] {1},
                Hash128.ZERO,
                "us",
                "eu",
                Divergence.MISSING,
                new Repair.Winner(1, null, 1, false, Entry.NEVER, 0),
                new Repair.Condition(false, null),
                1,
                1,
                Long.MAX_VALUE);
    }
}
