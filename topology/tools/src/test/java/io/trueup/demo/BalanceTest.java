package io.trueup.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BalanceTest {

    private static final Fault LOST = new Fault(FaultKind.LOST, "a", "eu");
    private static final Fault STALE = new Fault(FaultKind.STALE, "b", "us");

    @Test
    void shouldMatchRepairsWithFaultsByKeyAndReplica() {
        Balance balance = balance(List.of(happened(LOST), happened(STALE)), List.of(repair("b", "us", "STALE")));

        assertThat(balance.injected()).isEqualTo(Map.of("MISSING", 1L, "STALE", 1L));
        assertThat(balance.repaired()).isEqualTo(Map.of("STALE", 1L));
        assertThat(balance.unrepaired()).containsExactly(LOST);
        assertThat(balance.falseRepairs()).isEmpty();
    }

    @Test
    void shouldCallRepairOfAnotherReplicaOrKeyFalse() {
        SeenRepair otherReplica = repair("a", "us", "MISSING");
        SeenRepair otherKey = repair("c", "eu", "MISSING");

        Balance balance = balance(List.of(happened(LOST)), List.of(otherReplica, otherKey));

        assertThat(balance.falseRepairs()).containsExactly(otherReplica, otherKey);
        assertThat(balance.repaired()).isEmpty();
        assertThat(balance.unrepaired()).containsExactly(LOST);
    }

    @Test
    void shouldCountFaultThatIsRepairedTwiceOnce() {
        Balance balance =
                balance(List.of(happened(LOST)), List.of(repair("a", "eu", "MISSING"), repair("a", "eu", "STALE")));

        assertThat(balance.repaired()).isEqualTo(Map.of("MISSING", 1L));
        assertThat(balance.falseRepairs()).isEmpty();
    }

    @Test
    void shouldTakeRepairsThatSomethingElseExplainsForRight() {
        SeenRepair because = repair("c", "eu", "MISSING");
        SeenRepair falsely = repair("d", "us", "MISSING");

        Balance balance = Balance.of(
                List.of(happened(LOST)),
                List.of(because, falsely),
                List.of(),
                repair -> repair.target().equals("eu"));

        assertThat(balance.explained()).containsExactly(because);
        assertThat(balance.falseRepairs()).containsExactly(falsely);
    }

    @Test
    void shouldSayWhatCameOfOneKindAndCallAFaultMissedThatStillStandsThoughARepairWasSent() {
        Balance balance = Balance.of(
                List.of(happened(LOST), happened(STALE)),
                List.of(repair("a", "eu", "MISSING"), repair("c", "us", "STALE")),
                List.of(LOST),
                repair -> false);

        assertThat(balance.account(FaultKind.LOST, null)).isEqualTo(new Account(1, 1, 1, 0, 1, null));
        assertThat(balance.account(FaultKind.STALE, "note")).isEqualTo(new Account(1, 0, 0, 1, 1, "note"));
        assertThat(balance.account(FaultKind.CORRUPT, null)).isEqualTo(new Account(0, 0, 0, 0, 0, null));
    }

    private static Balance balance(List<Injection> injections, List<SeenRepair> repairs) {
        return Balance.of(injections, repairs, List.of(), repair -> false);
    }

    private static Injection happened(Fault fault) {
        return new Injection(fault, new byte[0], 0);
    }

    private static SeenRepair repair(String key, String target, String reason) {
        return new SeenRepair(key + target + reason, key, target, "ap", reason, 1, 0, false, false, 0, 0, 0);
    }
}
