package io.trueup.demo.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.demo.cluster.EmittedRepair;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RepairMatchingTest {

    private static final Fault LOST = new Fault(FaultKind.LOST, "a", "eu");
    private static final Fault STALE = new Fault(FaultKind.STALE, "b", "us");

    @Test
    void shouldMatchRepairsWithFaultsByKeyAndReplica() {
        RepairMatching matching = match(List.of(happened(LOST), happened(STALE)), List.of(repair("b", "us", "STALE")));

        assertThat(matching.injected()).isEqualTo(Map.of("MISSING", 1L, "STALE", 1L));
        assertThat(matching.repaired()).isEqualTo(Map.of("STALE", 1L));
        assertThat(matching.unrepaired()).containsExactly(LOST);
        assertThat(matching.falseRepairs()).isEmpty();
    }

    @Test
    void shouldCountRepairOfAnotherReplicaOrKeyAsFalse() {
        EmittedRepair otherReplica = repair("a", "us", "MISSING");
        EmittedRepair otherKey = repair("c", "eu", "MISSING");

        RepairMatching matching = match(List.of(happened(LOST)), List.of(otherReplica, otherKey));

        assertThat(matching.falseRepairs()).containsExactly(otherReplica, otherKey);
        assertThat(matching.repaired()).isEmpty();
        assertThat(matching.unrepaired()).containsExactly(LOST);
    }

    @Test
    void shouldCountFaultThatIsRepairedTwiceOnce() {
        RepairMatching matching =
                match(List.of(happened(LOST)), List.of(repair("a", "eu", "MISSING"), repair("a", "eu", "STALE")));

        assertThat(matching.repaired()).isEqualTo(Map.of("MISSING", 1L));
        assertThat(matching.falseRepairs()).isEmpty();
    }

    @Test
    void shouldNotCountExplainedRepairAsFalse() {
        EmittedRepair explained = repair("c", "eu", "MISSING");
        EmittedRepair unexplained = repair("d", "us", "MISSING");

        RepairMatching matching = RepairMatching.of(
                List.of(happened(LOST)),
                List.of(explained, unexplained),
                List.of(),
                repair -> repair.target().equals("eu"));

        assertThat(matching.explained()).containsExactly(explained);
        assertThat(matching.falseRepairs()).containsExactly(unexplained);
    }

    @Test
    void shouldSummarizeOneKindAndCountAnOpenFaultAsMissedAlthoughARepairWasEmitted() {
        RepairMatching matching = RepairMatching.of(
                List.of(happened(LOST), happened(STALE)),
                List.of(repair("a", "eu", "MISSING"), repair("c", "us", "STALE")),
                List.of(LOST),
                repair -> false);

        assertThat(matching.result(FaultKind.LOST, null)).isEqualTo(new FaultResult(1, 1, 1, 0, 1, null));
        assertThat(matching.result(FaultKind.STALE, "note")).isEqualTo(new FaultResult(1, 0, 0, 1, 1, "note"));
        assertThat(matching.result(FaultKind.CORRUPT, null)).isEqualTo(new FaultResult(0, 0, 0, 0, 0, null));
    }

    private static RepairMatching match(List<Injection> injections, List<EmittedRepair> repairs) {
        return RepairMatching.of(injections, repairs, List.of(), repair -> false);
    }

    private static Injection happened(Fault fault) {
        return new Injection(fault, new byte[0], 0);
    }

    private static EmittedRepair repair(String key, String target, String reason) {
        return new EmittedRepair(key + target + reason, key, target, "ap", reason, 1, 0, false, false, 0, 0, 0);
    }
}
