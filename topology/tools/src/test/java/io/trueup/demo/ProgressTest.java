package io.trueup.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.demo.cluster.EmittedRepair;
import io.trueup.demo.cluster.JobOutput.ControlTraffic;
import io.trueup.demo.cluster.JobOutput.RoundCounts;
import io.trueup.demo.cluster.JobOutput.Snapshot;
import io.trueup.demo.cluster.JobOutput.Totals;
import io.trueup.demo.fault.Fault;
import io.trueup.demo.fault.FaultKind;
import io.trueup.demo.fault.Injection;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ProgressTest {

    @Test
    void shouldShowReplicasInATable() {
        Progress progress = new Progress(
                12_340,
                5,
                List.of(
                        new Progress.Line("eu", 100_061, 3, 2, 1, ""),
                        new Progress.Line("us", 99_999, 0, 0, 0, "down")),
                seen());

        assertThat(progress.panel())
                .containsExactly(
                        "",
                        "   12.3 s       round   2: 3 of 4 trees equal ·      12 segments compared ·   2.3 kB of control messages",
                        "",
                        "   replica          keys   faults   repairs   unequal",
                        "   eu            100 061        3         2         1",
                        "   us             99 999        0         0         0   down",
                        "");
        assertThat(progress.line())
                .isEqualTo(
                        "    12.3 s  round   2: 3 of 4 trees equal ·      12 segments compared ·   2.3 kB of control messages"
                                + " · 3 of 5 faults injected, 1 unequal · repairs: eu 2, us 0 (down)");
    }

    @Test
    void shouldCountPerReplica() {
        Fault fault = new Fault(FaultKind.LOST, "a", "us");

        List<Progress.Line> lines = Progress.lines(
                List.of("eu", "us"),
                List.of(new Injection(fault, new byte[0], 0)),
                List.of(fault),
                seen(),
                Map.of("us", "down"));

        assertThat(lines)
                .containsExactly(new Progress.Line("eu", 7, 0, 1, 0, ""), new Progress.Line("us", 0, 1, 0, 1, "down"));
    }

    private static Snapshot seen() {
        return new Snapshot(
                4,
                List.of(new EmittedRepair("id", "k", "eu", "us", "STALE", 1, 0, false, false, 0, 0, 0)),
                0,
                new ControlTraffic(Map.of(), 2_345),
                List.of(new RoundCounts(8, 0, 4, 3, 1, 0, 0, 0), new RoundCounts(9, 0, 1, 1, 0, 0, 0, 0)),
                Map.of("eu", 7L),
                new Totals(12, 0, 0, 0, 0),
                Map.of());
    }
}
